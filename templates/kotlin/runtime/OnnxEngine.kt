package deploykit.runtime

import ai.onnxruntime.OnnxTensor
import ai.onnxruntime.OrtEnvironment
import ai.onnxruntime.OrtException
import ai.onnxruntime.OrtSession
import ai.onnxruntime.TensorInfo
import ai.onnxruntime.providers.NNAPIFlags
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.FloatBuffer
import java.util.EnumSet

internal const val ENGINE_NAME = "ONNX Runtime"

/** Opens [model] with ONNX Runtime and the execution provider of [accelerator]. */
internal fun openEngine(model: ModelAsset, accelerator: Accelerator, options: ModelOptions): Engine =
    openEngine(model.map(), accelerator, options)

/** Opens a model whose file is in a direct buffer. */
internal fun openEngine(model: ByteBuffer, accelerator: Accelerator, options: ModelOptions): Engine =
    OrtSession.SessionOptions().use { settings ->
        settings.setIntraOpNumThreads(options.threads)
        when (accelerator) {
            Accelerator.Npu -> settings.addNnapi(EnumSet.of(NNAPIFlags.CPU_DISABLED))
            Accelerator.Gpu -> throw ModelException.UnsupportedDevice("ONNX Runtime has no GPU provider for Android")
            Accelerator.Cpu -> Unit
        }
        val session = OrtEnvironment.getEnvironment().createSession(model, settings)
        try {
            OnnxEngine(session)
        } catch (failure: OrtException) {
            session.close()
            throw failure
        }
    }

private class OnnxEngine(private val session: OrtSession) : Engine {
    private val buffer: FloatBuffer
    private val inputs: Map<String, OnnxTensor>

    init {
        val (name, node) = session.inputInfo.entries.single()
        val info = node.info as? TensorInfo ?: throw ModelException.ModelCorrupt("$name is not a tensor")
        val bytes = info.shape.fold(Float.SIZE_BYTES) { product, side -> product * side.toInt() }
        buffer = ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder()).asFloatBuffer()
        inputs = mapOf(name to OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), buffer, info.shape))
    }

    override fun run(input: FloatArray): FloatArray {
        buffer.rewind()
        buffer.put(input).rewind()
        return session.run(inputs).use { results ->
            val scores = results.single().value as? OnnxTensor
                ?: throw ModelException.ModelCorrupt("the model's output is not a tensor")
            scores.floatBuffer.let { floats -> FloatArray(floats.remaining()).also(floats::get) }
        }
    }

    override fun close() {
        inputs.values.forEach { it.close() }
        session.close()
    }
}
