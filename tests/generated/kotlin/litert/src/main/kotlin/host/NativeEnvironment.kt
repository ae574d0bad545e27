package deploykit.host

import com.sun.jna.Memory
import com.sun.jna.Pointer

/** A `LiteRtEnvironment` with texts as [options], by tag; its start looks for accelerators and logs what it finds. */
class NativeEnvironment(options: Map<Int, String> = mapOf()) : AutoCloseable {
    private val texts: Map<Int, Memory> = options.mapValues { it.value.toMemory() }

    val pointer: Pointer = pointer("no environment") { liteRt.LiteRtCreateEnvironment(texts.size, optionArray(), it) }

    /** The bits of each accelerator that is there. */
    fun accelerators(): List<Int> {
        val count = count("the accelerators") { liteRt.LiteRtGetNumAccelerators(pointer, it) }
        return List(count) { index ->
            val accelerator = pointer("an accelerator") { liteRt.LiteRtGetAccelerator(pointer, index.toLong(), it) }
            number("an accelerator's hardware") { liteRt.LiteRtGetAcceleratorHardwareSupport(accelerator, it) }
        }
    }

    override fun close() = liteRt.LiteRtDestroyEnvironment(pointer)

    /** An array of `LiteRtEnvOption`: a tag, and a `LiteRtAny` that is a text. */
    private fun optionArray(): Memory? {
        if (texts.isEmpty()) return null
        val array = Memory(OPTION_SIZE * texts.size)
        texts.entries.forEachIndexed { index, (tag, text) ->
            val option = array.share(OPTION_SIZE * index)
            option.setInt(0, tag)
            option.setInt(8, ANY_STRING)
            option.setPointer(16, text)
        }
        return array
    }

    private fun String.toMemory(): Memory {
        val bytes = toByteArray()
        return Memory(bytes.size + 1L).apply { clear() }.apply { write(0, bytes, 0, bytes.size) }
    }

    private companion object {
        const val OPTION_SIZE = 24L
        const val ANY_STRING = 8
    }
}
