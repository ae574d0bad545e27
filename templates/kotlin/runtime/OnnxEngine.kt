package deploykit.runtime

import ai.onnxruntime.OnnxJavaType
import ai.onnxruntime.OnnxTensor
import ai.onnxruntime.OrtEnvironment
import ai.onnxruntime.OrtException
import ai.onnxruntime.OrtSession
import ai.onnxruntime.providers.NNAPIFlags
import java.nio.ByteBuffer
import java.util.EnumSet

internal const val ENGINE_NAME = "ONNX Runtime"

/** Opens [model] with ONNX Runtime and the execution provider of [accelerator]. */
internal fun openEngine(
    model: ModelAsset,
    contract: ModelContract,
    accelerator: Accelerator,
    options: ModelOptions,
): Engine = openEngine(model.map(), contract, accelerator, options)

/** Opens a model whose file is in a direct buffer. */
internal fun openEngine(
    model: ByteBuffer,
    contract: ModelContract,
    accelerator: Accelerator,
    options: ModelOptions,
): Engine =
    OrtSession.SessionOptions().use { settings ->
        settings.setIntraOpNumThreads(options.threads)
        when (accelerator) {
            Accelerator.Npu -> settings.addNnapi(EnumSet.of(NNAPIFlags.CPU_DISABLED))
            Accelerator.Gpu -> throw ModelException.UnsupportedDevice("ONNX Runtime has no GPU provider for Android")
            Accelerator.Cpu -> Unit
        }
        val session = OrtEnvironment.getEnvironment().createSession(model, settings)
        try {
            OnnxEngine(session, contract)
        } catch (failure: OrtException) {
            session.close()
            throw failure
        }
    }

/** Inputs and outputs lie in memory that is kept while sizes stay: ONNX Runtime reads and writes it in place. */
private class OnnxEngine(private val session: OrtSession, private val contract: ModelContract) : Engine {
    private var memory = OnnxMemory(contract, contract.defaultSizes)

    override fun run(inputs: List<Numbers>): List<Numbers> {
        val sizes = contract.sizesOf(inputs)
        if (sizes != memory.sizes) {
            val other = OnnxMemory(contract, sizes)
            memory.close()
            memory = other
        }
        memory.write(inputs)
        return session.run(memory.given, memory.asked, memory.made).use { memory.read(it) }
    }

    override fun close() {
        memory.close()
        session.close()
    }
}

/** Memory for calls of some sizes. */
private class OnnxMemory(private val contract: ModelContract, val sizes: Map<String, Int>) : AutoCloseable {
    private val inputs = contract.inputs.map { TensorMemory(it.at(sizes)) }
    private val outputs = contract.outputs.filterNot { it.isOpen }.associate { it.name to TensorMemory(it) }

    val given: Map<String, OnnxTensor> = inputs.associate { it.spec.name to tensor(it) }
    val made: Map<String, OnnxTensor> = outputs.mapValues { (_, memory) -> tensor(memory) }

    /** Outputs of sizes that only ONNX Runtime knows: it makes their memory. */
    val asked: Set<String> = contract.outputs.filter { it.isOpen }.mapTo(HashSet()) { it.name }

    fun write(numbers: List<Numbers>) {
        inputs.zip(numbers) { memory, given -> memory.write(given) }
    }

    fun read(results: OrtSession.Result): List<Numbers> =
        contract.outputs.map { spec ->
            outputs[spec.name]?.read() ?: (results[spec.name].get() as OnnxTensor).let { tensor ->
                TensorMemory(spec.of(tensor.info.shape.map { it.toInt() }), tensor.byteBuffer).read()
            }
        }

    override fun close() = (given.values + made.values).forEach { it.close() }

    private fun tensor(memory: TensorMemory): OnnxTensor {
        val type = when (memory.spec.type) {
            NumberType.Float32 -> OnnxJavaType.FLOAT
            NumberType.Int32 -> OnnxJavaType.INT32
            NumberType.Bool -> OnnxJavaType.BOOL
        }
        val shape = LongArray(memory.spec.shape.size) { memory.spec.shape[it].toLong() }
        return OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), memory.bytes, shape, type)
    }
}
