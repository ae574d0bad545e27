package deploykit.host

import com.sun.jna.Pointer
import com.sun.jna.ptr.LongByReference
import com.sun.jna.ptr.PointerByReference

/** One input or output of a signature: its name there, and the tensor of the graph behind it. */
class NativeTensor internal constructor(val name: String, val pointer: Pointer) {
    val type: NativeType = NativeType.ofTensor(pointer)

    /** The tensor's own name and number in the graph. */
    val graphName: String get() = text("a tensor's name") { liteRt.LiteRtGetTensorName(pointer, it) }
    val graphIndex: Int get() = number("a tensor's index") { liteRt.LiteRtGetTensorIndex(pointer, it) }
}

/**
 * One of a model's signatures, read from the file.
 *
 * LiteRT's runtime counts inputs and outputs in the order of the graph ([inputs], [outputs]), whatever the order that
 * the signature lists them in.
 */
class NativeSignature internal constructor(internal val index: Int, private val pointer: Pointer) {
    val key: String = text("a signature's key") { liteRt.LiteRtGetSignatureKey(pointer, it) }

    val inputs: List<NativeTensor> = tensors(
        liteRt::LiteRtGetNumSignatureInputs,
        liteRt::LiteRtGetSignatureInputName,
        liteRt::LiteRtGetSignatureInputTensor,
    )

    val outputs: List<NativeTensor> = tensors(
        liteRt::LiteRtGetNumSignatureOutputs,
        liteRt::LiteRtGetSignatureOutputName,
        liteRt::LiteRtGetSignatureOutputTensor,
    )

    private fun tensors(
        number: (Pointer, LongByReference) -> Int,
        name: (Pointer, Long, PointerByReference) -> Int,
        tensor: (Pointer, String, PointerByReference) -> Int,
    ): List<NativeTensor> =
        List(count("a signature's tensors") { number(pointer, it) }) { index ->
            val found = text("a signature's name") { name(pointer, index.toLong(), it) }
            NativeTensor(found, pointer("the tensor $found") { tensor(pointer, found, it) })
        }
}
