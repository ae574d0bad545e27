package deploykit.host

import com.google.ai.edge.litert.LiteRtException
import com.google.ai.edge.litert.Status
import com.sun.jna.Library
import com.sun.jna.Native
import com.sun.jna.Pointer
import com.sun.jna.ptr.IntByReference
import com.sun.jna.ptr.LongByReference
import com.sun.jna.ptr.PointerByReference

/**
 * The part of LiteRT's C API (google-ai-edge/LiteRT, litert/c) that is used here, by its own names.
 *
 * Handles are pointers, `size_t` is a Long, `bool` is a Byte; functions give a status, [check] makes it an exception.
 */
@Suppress("FunctionName")
internal interface LibLiteRt : Library {
    fun LiteRtCreateEnvironment(count: Int, options: Pointer?, environment: PointerByReference): Int

    fun LiteRtDestroyEnvironment(environment: Pointer)

    fun LiteRtGetNumAccelerators(environment: Pointer, count: LongByReference): Int

    fun LiteRtGetAccelerator(environment: Pointer, index: Long, accelerator: PointerByReference): Int

    fun LiteRtGetAcceleratorHardwareSupport(accelerator: Pointer, bits: IntByReference): Int

    fun LiteRtCreateModelFromFile(environment: Pointer, path: String, model: PointerByReference): Int

    fun LiteRtCreateModelFromBuffer(environment: Pointer, bytes: Pointer, size: Long, model: PointerByReference): Int

    fun LiteRtDestroyModel(model: Pointer)

    fun LiteRtGetNumModelSignatures(model: Pointer, count: LongByReference): Int

    fun LiteRtGetModelSignature(model: Pointer, index: Long, signature: PointerByReference): Int

    fun LiteRtGetMainModelSubgraphIndex(model: Pointer, index: LongByReference): Int

    fun LiteRtGetModelSubgraph(model: Pointer, index: Long, subgraph: PointerByReference): Int

    fun LiteRtGetSignatureKey(signature: Pointer, key: PointerByReference): Int

    fun LiteRtGetNumSignatureInputs(signature: Pointer, count: LongByReference): Int

    fun LiteRtGetNumSignatureOutputs(signature: Pointer, count: LongByReference): Int

    fun LiteRtGetSignatureInputName(signature: Pointer, index: Long, name: PointerByReference): Int

    fun LiteRtGetSignatureOutputName(signature: Pointer, index: Long, name: PointerByReference): Int

    fun LiteRtGetSignatureInputTensor(signature: Pointer, name: String, tensor: PointerByReference): Int

    fun LiteRtGetSignatureOutputTensor(signature: Pointer, name: String, tensor: PointerByReference): Int

    fun LiteRtGetSignatureSubgraph(signature: Pointer, subgraph: PointerByReference): Int

    fun LiteRtGetTensorName(tensor: Pointer, name: PointerByReference): Int

    fun LiteRtGetTensorIndex(tensor: Pointer, index: IntByReference): Int

    fun LiteRtGetRankedTensorType(tensor: Pointer, type: Pointer): Int

    fun LiteRtGetQuantizationTypeId(tensor: Pointer, id: IntByReference): Int

    fun LiteRtGetPerTensorQuantization(tensor: Pointer, quantization: Pointer): Int

    fun LiteRtCreateOptions(options: PointerByReference): Int

    fun LiteRtSetOptionsHardwareAccelerators(options: Pointer, bits: Int): Int

    fun LiteRtCreateOpaqueOptions(id: String, payload: Pointer, destructor: Pointer, made: PointerByReference): Int

    fun LiteRtAddOpaqueOptions(options: Pointer, opaque: Pointer): Int

    fun LiteRtDestroyOptions(options: Pointer)

    fun LiteRtCreateCompiledModel(environment: Pointer, model: Pointer, options: Pointer, made: PointerByReference): Int

    fun LiteRtDestroyCompiledModel(compiled: Pointer)

    fun LiteRtGetCompiledModelInputBufferRequirements(
        compiled: Pointer,
        signature: Long,
        index: Long,
        requirements: PointerByReference,
    ): Int

    fun LiteRtGetCompiledModelOutputBufferRequirements(
        compiled: Pointer,
        signature: Long,
        index: Long,
        requirements: PointerByReference,
    ): Int

    fun LiteRtGetCompiledModelInputTensorLayout(compiled: Pointer, signature: Long, index: Long, layout: Pointer): Int

    fun LiteRtGetCompiledModelOutputTensorLayouts(
        compiled: Pointer,
        signature: Long,
        count: Long,
        layouts: Pointer,
        update: Byte,
    ): Int

    fun LiteRtCompiledModelResizeInputTensor(
        compiled: Pointer,
        signature: Long,
        index: Long,
        dimensions: IntArray,
        rank: Long,
    ): Int

    fun LiteRtCompiledModelResizeInputTensorNonStrict(
        compiled: Pointer,
        signature: Long,
        index: Long,
        dimensions: IntArray,
        rank: Long,
    ): Int

    fun LiteRtRunCompiledModel(
        compiled: Pointer,
        signature: Long,
        inputCount: Long,
        inputs: Array<Pointer>,
        outputCount: Long,
        outputs: Array<Pointer>,
    ): Int

    fun LiteRtCreateManagedTensorBufferFromRequirements(
        environment: Pointer,
        type: Pointer,
        requirements: Pointer,
        buffer: PointerByReference,
    ): Int

    fun LiteRtGetTensorBufferPackedSize(buffer: Pointer, size: LongByReference): Int

    fun LiteRtLockTensorBuffer(buffer: Pointer, memory: PointerByReference, mode: Int): Int

    fun LiteRtUnlockTensorBuffer(buffer: Pointer): Int

    fun LiteRtDestroyTensorBuffer(buffer: Pointer)
}

internal val liteRt: LibLiteRt by lazy {
    val path = checkNotNull(System.getProperty("litert.library")) { "-Dlitert.library= must say where libLiteRt.so is" }
    Native.load(path, LibLiteRt::class.java)
}

/** Throws what Google's API throws if [status] is not Ok. */
internal fun check(status: Int, action: String) {
    if (status == Status.Ok.code) return
    val name = Status.entries.find { it.code == status }?.name ?: "status $status"
    throw LiteRtException(Status.entries.find { it.code == status } ?: Status.ErrorUnknown, "$name: $action")
}

/** What [call] leaves in the pointer that it is given. */
internal fun pointer(action: String, call: (PointerByReference) -> Int): Pointer =
    PointerByReference().also { check(call(it), action) }.value

internal fun text(action: String, call: (PointerByReference) -> Int): String =
    pointer(action, call).getString(0, "UTF-8")

internal fun count(action: String, call: (LongByReference) -> Int): Int =
    LongByReference().also { check(call(it), action) }.value.toInt()

internal fun number(action: String, call: (IntByReference) -> Int): Int =
    IntByReference().also { check(call(it), action) }.value
