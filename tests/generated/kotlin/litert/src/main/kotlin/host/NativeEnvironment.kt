package deploykit.host

import com.sun.jna.Pointer

/** A `LiteRtEnvironment`; its start looks for accelerators and logs what it finds. */
class NativeEnvironment : AutoCloseable {
    val pointer: Pointer = pointer("no environment") { liteRt.LiteRtCreateEnvironment(0, null, it) }

    /** The bits of each accelerator that is there. */
    fun accelerators(): List<Int> {
        val count = count("the accelerators") { liteRt.LiteRtGetNumAccelerators(pointer, it) }
        return List(count) { index ->
            val accelerator = pointer("an accelerator") { liteRt.LiteRtGetAccelerator(pointer, index.toLong(), it) }
            number("an accelerator's hardware") { liteRt.LiteRtGetAcceleratorHardwareSupport(accelerator, it) }
        }
    }

    override fun close() = liteRt.LiteRtDestroyEnvironment(pointer)
}
