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
    private val signatures = HashMap<Map<String, Int>, Signature>()

    override fun run(inputs: List<Numbers>): List<Numbers> =
        contract.sizesOf(inputs).let { sizes -> signatures.getOrPut(sizes) { Signature(sizes) } }.run(inputs)

    override fun close() {
        interpreter.close()
        delegate?.close()
    }

    /** The entry point for some sizes, with its memory. */
    private inner class Signature(sizes: Map<String, Int>) {
        private val name = contract.signature(sizes)
        private val inputs = contract.inputs.map { TensorMemory(it.at(sizes)) }
        private val outputs = contract.outputs.map { TensorMemory(if (it.isOpen) it.of(shapeOf(it)) else it) }
        private val given: Map<String, Any> = inputs.associate { it.spec.name to it.bytes }
        private val made: Map<String, Any> = outputs.associate { it.spec.name to it.bytes }

        fun run(inputs: List<Numbers>): List<Numbers> {
            this.inputs.zip(inputs) { memory, numbers -> memory.write(numbers) }
            outputs.forEach { it.bytes.rewind() }
            interpreter.runSignature(given, made, name)
            return outputs.map { it.read() }
        }

        private fun shapeOf(output: TensorSpec): List<Int> =
            interpreter.getOutputTensorFromSignature(output.name, name).shape().asList()
    }
}
