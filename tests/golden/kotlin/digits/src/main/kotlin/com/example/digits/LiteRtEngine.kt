package com.example.digits

import com.google.ai.edge.litert.Accelerator as LiteRtAccelerator
import com.google.ai.edge.litert.CompiledModel
import com.google.ai.edge.litert.LiteRtException
import com.google.ai.edge.litert.TensorBuffer

internal const val ENGINE_NAME = "LiteRT"

/** Opens [model] with LiteRT's `CompiledModel`, on [accelerator] and nothing else, so that a refusal is seen. */
internal fun openEngine(
    model: ModelAsset,
    contract: ModelContract,
    accelerator: Accelerator,
    options: ModelOptions,
): Engine {
    val compiled = CompiledModel.create(model.assets, model.path, compilation(accelerator, options))
    return try {
        LiteRtEngine(compiled, contract)
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

private class LiteRtEngine(private val compiled: CompiledModel, private val contract: ModelContract) : Engine {
    private val inputs = contract.inputs.associate { it.name to compiled.createInputBuffer(it.name) }
    private val outputs = contract.outputs.associate { it.name to compiled.createOutputBuffer(it.name) }

    override fun run(inputs: List<Numbers>): List<Numbers> {
        for ((spec, numbers) in contract.inputs.zip(inputs)) write(this.inputs.getValue(spec.name), numbers)
        compiled.run(this.inputs, outputs)
        return contract.outputs.map { read(outputs.getValue(it.name), it) }
    }

    override fun close() {
        (inputs.values + outputs.values).forEach { it.close() }
        compiled.close()
    }

    private fun write(buffer: TensorBuffer, numbers: Numbers) {
        when (numbers) {
            is Floats -> buffer.writeFloat(numbers.values)
            is Ints -> buffer.writeInt(numbers.values)
            is Bools -> buffer.writeBoolean(numbers.values)
        }
    }

    private fun read(buffer: TensorBuffer, spec: TensorSpec): Numbers =
        when (spec.type) {
            NumberType.Float32 -> Floats(spec.shape, buffer.readFloat())
            NumberType.Int32 -> Ints(spec.shape, buffer.readInt())
            NumberType.Bool -> Bools(spec.shape, buffer.readBoolean())
        }
}
