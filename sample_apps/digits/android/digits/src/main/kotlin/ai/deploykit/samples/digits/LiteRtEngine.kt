package ai.deploykit.samples.digits

import com.google.ai.edge.litert.Accelerator as LiteRtAccelerator
import com.google.ai.edge.litert.CompiledModel
import com.google.ai.edge.litert.LiteRtException

internal const val ENGINE_NAME = "LiteRT"

/** Opens [model] with LiteRT's `CompiledModel`, on [accelerator] and nothing else, so that a refusal is seen. */
internal fun openEngine(model: ModelAsset, accelerator: Accelerator, options: ModelOptions): Engine {
    val compiled = CompiledModel.create(model.assets, model.path, compilation(accelerator, options))
    return try {
        LiteRtEngine(compiled)
    } catch (failure: LiteRtException) {
        compiled.close()
        throw failure
    }
}

private fun compilation(accelerator: Accelerator, options: ModelOptions): CompiledModel.Options =
    when (accelerator) {
        Accelerator.Npu -> CompiledModel.Options(LiteRtAccelerator.NPU)
        Accelerator.Gpu -> CompiledModel.Options(LiteRtAccelerator.GPU)
        Accelerator.Cpu -> CompiledModel.Options(LiteRtAccelerator.CPU).apply {
            cpuOptions = CompiledModel.CpuOptions(numThreads = options.threads)
        }
    }

private class LiteRtEngine(private val compiled: CompiledModel) : Engine {
    private val inputs = compiled.createInputBuffers()
    private val outputs = compiled.createOutputBuffers()

    override fun run(input: FloatArray): FloatArray {
        inputs.single().writeFloat(input)
        compiled.run(inputs, outputs)
        return outputs.single().readFloat()
    }

    override fun close() {
        (inputs + outputs).forEach { it.close() }
        compiled.close()
    }
}
