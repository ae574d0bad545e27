package deploykit.runtime

import android.os.Build
import org.tensorflow.lite.Delegate
import org.tensorflow.lite.Interpreter
import org.tensorflow.lite.gpu.CompatibilityList
import org.tensorflow.lite.gpu.GpuDelegate
import org.tensorflow.lite.nnapi.NnApiDelegate

internal const val ENGINE_NAME = "TensorFlow Lite"

/** Opens [model] with TensorFlow Lite's `Interpreter` and the delegate of [accelerator]. */
internal fun openEngine(
    model: ModelAsset,
    contract: ModelContract,
    accelerator: Accelerator,
    options: ModelOptions,
): Engine {
    val delegate = delegateFor(accelerator)
    return try {
        val settings = Interpreter.Options().setNumThreads(options.threads)
        delegate?.let(settings::addDelegate)
        TfLiteEngine(Interpreter(model.map(), settings), delegate, contract)
    } catch (failure: RuntimeException) {
        delegate?.close()
        throw failure
    }
}

/** The delegate that hands the model to [accelerator]; the CPU needs none. */
private fun delegateFor(accelerator: Accelerator): Delegate? =
    when (accelerator) {
        Accelerator.Npu -> nnApiDelegate()
        Accelerator.Gpu -> gpuDelegate()
        Accelerator.Cpu -> null
    }

private fun nnApiDelegate(): Delegate {
    if (Build.VERSION.SDK_INT < Build.VERSION_CODES.O_MR1) {
        throw ModelException.UnsupportedDevice("NNAPI needs Android 8.1")
    }
    return NnApiDelegate(NnApiDelegate.Options().setUseNnapiCpu(false))
}

private fun gpuDelegate(): Delegate =
    CompatibilityList().use { known ->
        if (!known.isDelegateSupportedOnThisDevice) {
            throw ModelException.UnsupportedDevice("TensorFlow Lite does not support this device's GPU")
        }
        GpuDelegate(known.bestOptionsForThisDevice)
    }

private class TfLiteEngine(
    private val interpreter: Interpreter,
    private val delegate: Delegate?,
    private val contract: ModelContract,
) : Engine {
    private val inputs = contract.inputs.map { TensorMemory(it) }
    private val outputs = contract.outputs.map { TensorMemory(it) }
    private val given: Map<String, Any> = named(contract.inputs, inputs)
    private val made: Map<String, Any> = named(contract.outputs, outputs)

    override fun run(inputs: List<Numbers>): List<Numbers> {
        this.inputs.zip(inputs) { memory, numbers -> memory.write(numbers) }
        outputs.forEach { it.bytes.rewind() }
        interpreter.runSignature(given, made, SIGNATURE)
        return outputs.map { it.read() }
    }

    override fun close() {
        interpreter.close()
        delegate?.close()
    }

    private fun named(specs: List<TensorSpec>, memories: List<TensorMemory>): Map<String, Any> =
        specs.zip(memories) { spec, memory -> spec.name to memory.bytes }.toMap()

    private companion object {
        /** deploykit's files call their entry point this. */
        const val SIGNATURE = "serving_default"
    }
}
