package com.google.ai.edge.litert

import android.content.res.AssetManager
import com.sun.jna.Pointer
import deploykit.host.CpuSettings
import deploykit.host.ModelSource
import deploykit.host.NativeModel
import deploykit.host.NativeSignature
import deploykit.host.NativeTensor
import deploykit.host.NativeType
import java.io.File
import java.io.IOException

/** A model made ready for accelerators; an empty name of a signature means the first. */
class CompiledModel
private constructor(
    private val native: NativeModel,
    private val env: Environment,
    private val envManaged: Boolean,
) : JniHandle(Pointer.nativeValue(native.pointer)) {

    data class CpuOptions(
        val numThreads: Int? = null,
        val xnnPackFlags: Int? = null,
        val xnnPackWeightCachePath: String? = null,
    )

    class Options(internal val accelerators: Set<Accelerator>) {
        constructor(vararg accelerators: Accelerator) : this(setOf(*accelerators))

        var cpuOptions: CpuOptions? = null

        companion object {
            @JvmStatic val CPU = Options(Accelerator.CPU)
        }
    }

    @Throws(LiteRtException::class)
    fun createInputBuffer(inputName: String, signature: String = ""): TensorBuffer =
        find(signature).let { TensorBuffer(native.createBuffer(it, input = true, it.input(inputName))) }

    @Throws(LiteRtException::class)
    fun createOutputBuffer(outputName: String, signature: String = ""): TensorBuffer =
        find(signature).let { TensorBuffer(native.createBuffer(it, input = false, it.output(outputName))) }

    @Throws(LiteRtException::class)
    @JvmOverloads
    fun createInputBuffers(signatureIndex: Int = 0): List<TensorBuffer> = inputBuffers(find(signatureIndex))

    @Throws(LiteRtException::class)
    fun createInputBuffers(signature: String): List<TensorBuffer> = inputBuffers(find(signature))

    @Throws(LiteRtException::class)
    @JvmOverloads
    fun createOutputBuffers(signatureIndex: Int = 0): List<TensorBuffer> = outputBuffers(find(signatureIndex))

    @Throws(LiteRtException::class)
    fun createOutputBuffers(signature: String): List<TensorBuffer> = outputBuffers(find(signature))

    @Throws(LiteRtException::class)
    @JvmOverloads
    fun run(inputs: List<TensorBuffer>, signatureIndex: Int = 0): List<TensorBuffer> =
        createOutputBuffers(signatureIndex).also { run(inputs, it, signatureIndex) }

    @Throws(LiteRtException::class)
    fun run(inputs: List<TensorBuffer>, signature: String): List<TensorBuffer> =
        createOutputBuffers(signature).also { run(inputs, it, signature) }

    @Throws(LiteRtException::class)
    @JvmOverloads
    fun run(inputs: List<TensorBuffer>, outputs: List<TensorBuffer>, signatureIndex: Int = 0) =
        run(find(signatureIndex), inputs, outputs)

    @Throws(LiteRtException::class)
    fun run(inputs: List<TensorBuffer>, outputs: List<TensorBuffer>, signature: String) =
        run(find(signature), inputs, outputs)

    @Throws(LiteRtException::class)
    fun run(inputs: Map<String, TensorBuffer>, outputs: Map<String, TensorBuffer>, signature: String = "") {
        val found = find(signature)
        fun Map<String, TensorBuffer>.inOrder(names: List<String>): List<TensorBuffer> =
            names.map { name -> get(name) ?: throw notFound("no buffer for $name") }
        run(found, inputs.inOrder(found.inputs.map { it.name }), outputs.inOrder(found.outputs.map { it.name }))
    }

    @Throws(LiteRtException::class)
    fun getInputTensorType(inputName: String, signature: String = ""): TensorType =
        find(signature).let { it.inputs[it.input(inputName)].type.toKotlin() }

    @Throws(LiteRtException::class)
    fun getOutputTensorType(outputName: String, signature: String = ""): TensorType =
        find(signature).let { it.outputs[it.output(outputName)].type.toKotlin() }

    override fun destroy() {
        native.close()
        if (envManaged) env.close()
    }

    private fun inputBuffers(signature: NativeSignature) =
        signature.inputs.indices.map { TensorBuffer(native.createBuffer(signature, input = true, it)) }

    private fun outputBuffers(signature: NativeSignature) =
        signature.outputs.indices.map { TensorBuffer(native.createBuffer(signature, input = false, it)) }

    private fun run(signature: NativeSignature, inputs: List<TensorBuffer>, outputs: List<TensorBuffer>) =
        native.run(signature, inputs.map { it.native }, outputs.map { it.native })

    private fun find(index: Int): NativeSignature {
        assertNotDestroyed()
        return native.signatures.getOrNull(index)
            ?: throw LiteRtException(Status.ErrorIndexOOB, "ErrorIndexOOB: no signature $index")
    }

    private fun find(key: String): NativeSignature {
        assertNotDestroyed()
        if (key.isEmpty()) return find(0)
        return native.signatures.find { it.key == key } ?: throw notFound("no signature $key")
    }

    private fun NativeSignature.input(name: String) = inputs.indexOf(name, "input")

    private fun NativeSignature.output(name: String) = outputs.indexOf(name, "output")

    private fun List<NativeTensor>.indexOf(name: String, kind: String): Int =
        indexOfFirst { it.name == name }.also { if (it < 0) throw notFound("no $kind $name") }

    companion object {
        @Throws(LiteRtException::class)
        @JvmOverloads
        @JvmStatic
        fun create(
            assetManager: AssetManager,
            assetName: String,
            options: Options = Options.CPU,
            optionalEnv: Environment? = null,
        ): CompiledModel {
            val bytes = try {
                assetManager.open(assetName).use { it.readBytes() }
            } catch (_: IOException) {
                throw notFound("Failed to open asset $assetName")
            }
            return create(ModelSource.of(bytes), options, optionalEnv)
        }

        @Throws(LiteRtException::class)
        @JvmOverloads
        @JvmStatic
        fun create(
            filePath: String,
            options: Options = Options.CPU,
            optionalEnv: Environment? = null,
        ): CompiledModel = create(ModelSource.of(File(filePath)), options, optionalEnv)

        private fun create(source: ModelSource, options: Options, optionalEnv: Environment?): CompiledModel {
            val environment = optionalEnv ?: Environment.create()
            try {
                val native = NativeModel(environment.native, source, bits(options.accelerators), settings(options))
                return CompiledModel(native, environment, optionalEnv == null)
            } catch (failure: LiteRtException) {
                if (optionalEnv == null) environment.close()
                throw failure
            }
        }

        /**
         * LiteRT's bits for [accelerators].
         *
         * As in Google's Kotlin, the NPU alone means the NPU with the CPU's help. Without an NPU such a model compiles
         * and runs on the CPU, on a phone as here, without an error: only [Environment.getAvailableAccelerators] tells.
         */
        private fun bits(accelerators: Set<Accelerator>): Int {
            val helped = if (accelerators == setOf(Accelerator.NPU)) accelerators + Accelerator.CPU else accelerators
            return helped.sumOf(Environment.BITS::getValue)
        }

        private fun settings(options: Options): CpuSettings =
            options.cpuOptions.let { CpuSettings(it?.numThreads, it?.xnnPackFlags, it?.xnnPackWeightCachePath) }

        private fun notFound(message: String) = LiteRtException(Status.ErrorNotFound, "ErrorNotFound: $message")

        private fun NativeType.toKotlin(): TensorType {
            val type = when (element) {
                NativeType.FLOAT32 -> TensorType.ElementType.FLOAT
                NativeType.INT32 -> TensorType.ElementType.INT
                NativeType.INT64 -> TensorType.ElementType.INT64
                NativeType.BOOL -> TensorType.ElementType.BOOLEAN
                NativeType.INT8 -> TensorType.ElementType.INT8
                else -> throw LiteRtException(Status.ErrorUnsupported, "ErrorUnsupported: elements of type $element")
            }
            return TensorType(type, TensorType.Layout(dimensions))
        }
    }
}
