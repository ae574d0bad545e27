// The public API of com.google.ai.edge.litert:litert 2.1.6 for Android (Google's repository only), as declared in
// google-ai-edge/LiteRT at tag v2.1.6, litert/kotlin/src/main/kotlin/com/google/ai/edge/litert/{Common,Environment,
// LiteRtException,Model,TensorBuffer}.kt: the same names, parameters, defaults and exceptions, with bodies of our own.
// Declarations that no SDK of deploykit uses (GpuOptions, QualcommOptions, ModelProvider, buffer requirements...) are
// missing rather than empty, so that using one does not compile until it is implemented.
package com.google.ai.edge.litert

import java.util.concurrent.atomic.AtomicBoolean

enum class Accelerator(val value: Int) { NONE(0), CPU(1), GPU(2), NPU(3) }

/** What is released by [close], once. */
abstract class JniHandle internal constructor(internal val handle: Long) : AutoCloseable {
    private val destroyed = AtomicBoolean(false)

    protected fun assertNotDestroyed() = check(!destroyed.get()) { "The handle has been destroyed." }

    protected abstract fun destroy()

    final override fun close() {
        if (destroyed.compareAndSet(false, true)) destroy()
    }
}
