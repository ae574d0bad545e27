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

/** Inputs and outputs lie in memory that is made once: ONNX Runtime reads and writes it in place. */
private class OnnxEngine(private val session: OrtSession, contract: ModelContract) : Engine {
    private val inputs = contract.inputs.map { TensorMemory(it) }
    private val outputs = contract.outputs.map { TensorMemory(it) }
    private val given = tensors(contract.inputs, inputs)
    private val made = tensors(contract.outputs, outputs)

    override fun run(inputs: List<Numbers>): List<Numbers> {
        this.inputs.zip(inputs) { memory, numbers -> memory.write(numbers) }
        session.run(given, emptySet(), made).close()
        return outputs.map { it.read() }
    }

    override fun close() {
        (given.values + made.values).forEach { it.close() }
        session.close()
    }

    private fun tensors(specs: List<TensorSpec>, memories: List<TensorMemory>): Map<String, OnnxTensor> =
        specs.zip(memories) { spec, memory -> spec.name to tensor(spec, memory) }.toMap()

    private fun tensor(spec: TensorSpec, memory: TensorMemory): OnnxTensor {
        val type = when (spec.type) {
            NumberType.Float32 -> OnnxJavaType.FLOAT
            NumberType.Int32 -> OnnxJavaType.INT32
            NumberType.Bool -> OnnxJavaType.BOOL
        }
        val shape = LongArray(spec.shape.size) { spec.shape[it].toLong() }
        return OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), memory.bytes, shape, type)
    }
}
