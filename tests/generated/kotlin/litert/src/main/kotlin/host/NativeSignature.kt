package deploykit.host

import com.sun.jna.Memory
import com.sun.jna.Pointer
import com.sun.jna.ptr.LongByReference
import com.sun.jna.ptr.PointerByReference

/** One input or output of a signature: its name there, and the tensor of the graph behind it. */
class NativeTensor internal constructor(val name: String, val pointer: Pointer) {
    val type: NativeType = NativeType.ofTensor(pointer)

    /** The tensor's own name and number in the graph. */
    val graphName: String get() = text("a tensor's name") { liteRt.LiteRtGetTensorName(pointer, it) }
    val graphIndex: Int get() = number("a tensor's index") { liteRt.LiteRtGetTensorIndex(pointer, it) }

    /** How a whole number stands for a real one; null if the tensor has no such scale, or one per channel. */
    val quantization: Quantization?
        get() {
            val id = number("a quantization") { liteRt.LiteRtGetQuantizationTypeId(pointer, it) }
            if (id != PER_TENSOR) return null
            val memory = Memory(16)
            check(liteRt.LiteRtGetPerTensorQuantization(pointer, memory), "a quantization")
            return Quantization(memory.getFloat(0), memory.getLong(8))
        }

    private companion object {
        const val PER_TENSOR = 1
    }
}

class Quantization(val scale: Float, val zeroPoint: Long)

/**
 * One of a model's signatures, read from the file.
 *
 * LiteRT's runtime counts inputs and outputs in the order of the graph ([inputs], [outputs]), whatever the order that
 * the signature lists them in.
 */
class NativeSignature internal constructor(internal val index: Int, private val pointer: Pointer) {
    /** "<placeholder signature>" if the file has none. */
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

    internal fun graph(): Pointer = pointer("a signature's graph") { liteRt.LiteRtGetSignatureSubgraph(pointer, it) }

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
