package deploykit.host

import com.google.ai.edge.litert.LiteRtException
import com.google.ai.edge.litert.Status
import com.sun.jna.Pointer

/** A `LiteRtTensorBuffer` in the host's memory, with the type that it was made for. */
class NativeBuffer internal constructor(val pointer: Pointer, val type: NativeType) : AutoCloseable {
    /** The bytes that the tensor takes, without padding. */
    val size: Long
        get() = count("a buffer's size") { liteRt.LiteRtGetTensorBufferPackedSize(pointer, it) }.toLong()

    /** What [block] makes of the buffer's memory, of which it needs [bytes]. */
    fun <T> access(bytes: Long, write: Boolean, block: (Pointer) -> T): T {
        if (bytes > size) {
            throw LiteRtException(Status.ErrorRuntimeFailure, "ErrorRuntimeFailure: $bytes bytes for a buffer of $size")
        }
        val memory = pointer("locking a buffer") { liteRt.LiteRtLockTensorBuffer(pointer, it, if (write) 1 else 0) }
        try {
            return block(memory)
        } finally {
            check(liteRt.LiteRtUnlockTensorBuffer(pointer), "unlocking a buffer")
        }
    }

    override fun close() = liteRt.LiteRtDestroyTensorBuffer(pointer)
}
