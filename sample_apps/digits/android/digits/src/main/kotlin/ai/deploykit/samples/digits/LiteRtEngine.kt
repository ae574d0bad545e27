package ai.deploykit.samples.digits

import android.content.Context
import com.google.ai.edge.litert.Accelerator as LiteRtAccelerator
import com.google.ai.edge.litert.BuiltinNpuAcceleratorProvider
import com.google.ai.edge.litert.CompiledModel
import com.google.ai.edge.litert.Environment
import com.google.ai.edge.litert.LiteRtException
import com.google.ai.edge.litert.TensorBuffer
import java.io.File

internal const val ENGINE_NAME = "LiteRT"

/**
 * Opens [model] with LiteRT's `CompiledModel`, on [accelerator] and nothing else, so that a refusal is seen.
 *
 * Where LiteRT finds no NPU it runs a model that was to run there on the CPU, without a word: so it is asked first.
 */
internal fun openEngine(
    model: ModelAsset,
    contract: ModelContract,
    accelerator: Accelerator,
    options: ModelOptions,
): Engine {
    val environment = surroundings(model.context)
    return try {
        val found = environment.getAvailableAccelerators()
        if (accelerator.ofLiteRt !in found) throw ModelException.UnsupportedDevice("LiteRT has $found on this device")
        val compiled = CompiledModel.create(model.assets, model.path, compilation(accelerator, options), environment)
        LiteRtEngine(environment, compiled, contract)
    } catch (failure: LiteRtException) {
        environment.close()
        throw failure
    } catch (failure: ModelException) {
        environment.close()
        throw failure
    }
}

/** An NPU's libraries come with the app, if at all; but LiteRT believes that any folder that it is given has them. */
private fun surroundings(context: Context): Environment {
    val libraries = File(context.applicationInfo.nativeLibraryDir.orEmpty()).list().orEmpty()
    val hasNpu = libraries.any { it.startsWith("libLiteRtDispatch") }
    return if (hasNpu) Environment.create(BuiltinNpuAcceleratorProvider(context)) else Environment.create()
}

private val Accelerator.ofLiteRt: LiteRtAccelerator
    get() = when (this) {
        Accelerator.Npu -> LiteRtAccelerator.NPU
        Accelerator.Gpu -> LiteRtAccelerator.GPU
        Accelerator.Cpu -> LiteRtAccelerator.CPU
    }

private fun compilation(accelerator: Accelerator, options: ModelOptions): CompiledModel.Options =
    CompiledModel.Options(accelerator.ofLiteRt).apply {
        if (accelerator == Accelerator.Cpu) cpuOptions = CompiledModel.CpuOptions(numThreads = options.threads)
    }

private class LiteRtEngine(
    private val environment: Environment,
    private val compiled: CompiledModel,
    private val contract: ModelContract,
) : Engine {
    private val signatures = HashMap<Map<String, Int>, Signature>()

    override fun run(inputs: List<Numbers>): List<Numbers> =
        contract.sizesOf(inputs).let { sizes -> signatures.getOrPut(sizes) { Signature(sizes) } }.run(inputs)

    override fun close() {
        signatures.values.forEach { it.close() }
        compiled.close()
        environment.close()
    }

    /** The entry point for some sizes, with its buffers. */
    private inner class Signature(sizes: Map<String, Int>) : AutoCloseable {
        private val name = contract.signature(sizes)
        private val inputs = contract.inputs.associate { it.name to compiled.createInputBuffer(it.name, name) }
        private val outputs = contract.outputs.associate { it.name to compiled.createOutputBuffer(it.name, name) }
        private val shapes = contract.outputs.map { if (it.isOpen) shapeOf(it) else it.shape }

        fun run(inputs: List<Numbers>): List<Numbers> {
            for ((spec, numbers) in contract.inputs.zip(inputs)) write(this.inputs.getValue(spec.name), numbers)
            compiled.run(this.inputs, outputs, name)
            return contract.outputs.zip(shapes) { spec, shape -> read(outputs.getValue(spec.name), spec.type, shape) }
        }

        override fun close() = (inputs.values + outputs.values).forEach { it.close() }

        private fun shapeOf(output: TensorSpec): List<Int> =
            checkNotNull(compiled.getOutputTensorType(output.name, name).layout).dimensions
    }

    private fun write(buffer: TensorBuffer, numbers: Numbers) {
        when (numbers) {
            is Floats -> buffer.writeFloat(numbers.values)
            is Ints -> buffer.writeInt(numbers.values)
            is Bools -> buffer.writeBoolean(numbers.values)
        }
    }

    private fun read(buffer: TensorBuffer, type: NumberType, shape: List<Int>): Numbers =
        when (type) {
            NumberType.Float32 -> Floats(shape, buffer.readFloat())
            NumberType.Int32 -> Ints(shape, buffer.readInt())
            NumberType.Bool -> Bools(shape, buffer.readBoolean())
        }
}
