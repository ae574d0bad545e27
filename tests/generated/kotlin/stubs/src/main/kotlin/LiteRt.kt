// Signatures of com.google.ai.edge.litert:litert 2.1 (Google's repository only), as in google-ai-edge/LiteRT,
// litert/kotlin/src/main/kotlin/com/google/ai/edge/litert/{Common,Model,TensorBuffer,LiteRtException}.kt.
package com.google.ai.edge.litert

import android.content.res.AssetManager

private fun stub(): Nothing = throw UnsupportedOperationException("a stub for compiling")

enum class Accelerator { NONE, CPU, GPU, NPU }

enum class Status { Ok }

class LiteRtException(status: Status, message: String) : Exception("$status: $message")

class Environment private constructor() : AutoCloseable {
    override fun close(): Unit = stub()
}

class TensorBuffer internal constructor() : AutoCloseable {
    fun writeFloat(data: FloatArray): Unit = stub()

    fun readFloat(): FloatArray = stub()

    override fun close(): Unit = stub()
}

class CompiledModel private constructor() : AutoCloseable {
    data class CpuOptions(
        val numThreads: Int? = null,
        val xnnPackFlags: Int? = null,
        val xnnPackWeightCachePath: String? = null,
    )

    class Options(internal vararg val accelerators: Accelerator) {
        var cpuOptions: CpuOptions? = null
    }

    fun createInputBuffers(signatureIndex: Int = 0): List<TensorBuffer> = stub()

    fun createOutputBuffers(signatureIndex: Int = 0): List<TensorBuffer> = stub()

    fun run(inputs: List<TensorBuffer>, outputs: List<TensorBuffer>, signatureIndex: Int = 0): Unit = stub()

    override fun close(): Unit = stub()

    companion object {
        fun create(
            assetManager: AssetManager,
            assetName: String,
            options: Options = Options(Accelerator.CPU),
            optionalEnv: Environment? = null,
        ): CompiledModel = stub()
    }
}
