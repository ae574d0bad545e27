package deploykit.runtime

import android.os.Build
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.FloatBuffer
import org.tensorflow.lite.Delegate
import org.tensorflow.lite.Interpreter
import org.tensorflow.lite.gpu.CompatibilityList
import org.tensorflow.lite.gpu.GpuDelegate
import org.tensorflow.lite.nnapi.NnApiDelegate

internal const val ENGINE_NAME = "TensorFlow Lite"

/** Opens [model] with TensorFlow Lite's `Interpreter` and the delegate of [accelerator]. */
internal fun openEngine(model: ModelAsset, accelerator: Accelerator, options: ModelOptions): Engine {
    val delegate = delegateFor(accelerator)
    return try {
        val settings = Interpreter.Options().setNumThreads(options.threads)
        delegate?.let(settings::addDelegate)
        TfLiteEngine(Interpreter(model.map(), settings), delegate)
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

private class TfLiteEngine(private val interpreter: Interpreter, private val delegate: Delegate?) : Engine {
    private val input = floats(interpreter.getInputTensor(0).numBytes())
    private val output = floats(interpreter.getOutputTensor(0).numBytes())

    override fun run(input: FloatArray): FloatArray {
        this.input.rewind()
        this.input.put(input).rewind()
        output.rewind()
        interpreter.run(this.input, output)
        output.rewind()
        return FloatArray(output.remaining()).also(output::get)
    }

    override fun close() {
        interpreter.close()
        delegate?.close()
    }

    private fun floats(bytes: Int): FloatBuffer =
        ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder()).asFloatBuffer()
}
