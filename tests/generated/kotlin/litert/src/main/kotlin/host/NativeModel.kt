package deploykit.host

import com.google.ai.edge.litert.LiteRtException
import com.sun.jna.Memory
import com.sun.jna.Pointer

/** [source] compiled for the accelerators of [bits]; closes neither its buffers nor its environment. */
class NativeModel(
    private val environment: NativeEnvironment,
    private val source: ModelSource,
    bits: Int,
    cpu: CpuSettings,
) : AutoCloseable {
    private val model: Pointer = source.open(environment)

    val pointer: Pointer = try {
        compile(bits, cpu)
    } catch (failure: LiteRtException) {
        liteRt.LiteRtDestroyModel(model)
        throw failure
    }

    val signatures: List<NativeSignature> =
        List(count("a model's signatures") { liteRt.LiteRtGetNumModelSignatures(model, it) }) { index ->
            NativeSignature(index, pointer("a signature") { liteRt.LiteRtGetModelSignature(model, index.toLong(), it) })
        }

    /** The signature of the main graph, which an interpreter runs that is told of none; null if none leads there. */
    val mainSignature: NativeSignature? by lazy {
        val index = count("the main graph") { liteRt.LiteRtGetMainModelSubgraphIndex(model, it) }
        val main = pointer("the main graph") { liteRt.LiteRtGetModelSubgraph(model, index.toLong(), it) }
        signatures.find { it.graph() == main }
    }

    /** A buffer for input or output [index] of [signature], with the shape that the tensor has now. */
    fun createBuffer(signature: NativeSignature, input: Boolean, index: Int): NativeBuffer {
        val type = currentType(signature, input, index)
        val requirements = pointer("a buffer's requirements") {
            val ask = if (input) {
                liteRt::LiteRtGetCompiledModelInputBufferRequirements
            } else {
                liteRt::LiteRtGetCompiledModelOutputBufferRequirements
            }
            ask(pointer, signature.index.toLong(), index.toLong(), it)
        }
        val memory = type.toMemory()
        val made = pointer("a buffer") {
            liteRt.LiteRtCreateManagedTensorBufferFromRequirements(environment.pointer, memory, requirements, it)
        }
        return NativeBuffer(made, type)
    }

    /** Gives input [index] other dimensions; [strict] allows that only where the file leaves them open. */
    fun resize(signature: NativeSignature, index: Int, dimensions: IntArray, strict: Boolean) {
        val resize = if (strict) {
            liteRt::LiteRtCompiledModelResizeInputTensor
        } else {
            liteRt::LiteRtCompiledModelResizeInputTensorNonStrict
        }
        check(
            resize(pointer, signature.index.toLong(), index.toLong(), dimensions, dimensions.size.toLong()),
            "resizing ${signature.inputs[index].name} to ${dimensions.toList()}",
        )
    }

    fun run(signature: NativeSignature, inputs: List<NativeBuffer>, outputs: List<NativeBuffer>) =
        check(
            liteRt.LiteRtRunCompiledModel(
                pointer,
                signature.index.toLong(),
                inputs.size.toLong(),
                inputs.map { it.pointer }.toTypedArray(),
                outputs.size.toLong(),
                outputs.map { it.pointer }.toTypedArray(),
            ),
            "running ${signature.key}",
        )

    override fun close() {
        liteRt.LiteRtDestroyCompiledModel(pointer)
        liteRt.LiteRtDestroyModel(model)
    }

    private fun compile(bits: Int, cpu: CpuSettings): Pointer {
        val options = pointer("no options") { liteRt.LiteRtCreateOptions(it) }
        try {
            check(liteRt.LiteRtSetOptionsHardwareAccelerators(options, bits), "the accelerators")
            cpu.addTo(options)
            return pointer("cannot compile $source for accelerators $bits") {
                liteRt.LiteRtCreateCompiledModel(environment.pointer, model, options, it)
            }
        } finally {
            liteRt.LiteRtDestroyOptions(options)
        }
    }

    /** The type in the file, with the dimensions that resizing or running gave it. */
    private fun currentType(signature: NativeSignature, input: Boolean, index: Int): NativeType {
        val tensors = if (input) signature.inputs else signature.outputs
        val layouts = Memory(NativeType.LAYOUT_SIZE * tensors.size)
        val number = signature.index.toLong()
        val status = if (input) {
            liteRt.LiteRtGetCompiledModelInputTensorLayout(pointer, number, index.toLong(), layouts)
        } else {
            liteRt.LiteRtGetCompiledModelOutputTensorLayouts(pointer, number, tensors.size.toLong(), layouts, 1)
        }
        check(status, "the shape of ${tensors[index].name}")
        return tensors[index].type.with(layouts.share(if (input) 0 else NativeType.LAYOUT_SIZE * index))
    }
}
