package deploykit.host

import com.sun.jna.Memory
import com.sun.jna.Native
import com.sun.jna.Pointer
import java.io.File
import java.nio.ByteBuffer

/** Where a model comes from; holds the bytes for as long as the model lives, because the runtime reads from them. */
class ModelSource private constructor(private val holder: Any, private val open: (Pointer) -> Pointer) {
    internal fun open(environment: NativeEnvironment): Pointer = open(environment.pointer)

    override fun toString(): String = holder.toString()

    companion object {
        fun of(file: File) = ModelSource(file) { environment ->
            pointer("cannot read $file") { liteRt.LiteRtCreateModelFromFile(environment, file.path, it) }
        }

        fun of(bytes: ByteArray): ModelSource {
            if (bytes.isEmpty()) return of(Memory(1), 0)
            return of(Memory(bytes.size.toLong()).apply { write(0, bytes, 0, bytes.size) }, bytes.size.toLong())
        }

        /** The whole of [buffer], which is direct. */
        fun of(buffer: ByteBuffer) = of(Native.getDirectBufferPointer(buffer), buffer.capacity().toLong(), buffer)

        private fun of(memory: Pointer, size: Long, holder: Any = memory) = ModelSource(holder) { environment ->
            pointer("not a model") { liteRt.LiteRtCreateModelFromBuffer(environment, memory, size, it) }
        }
    }
}
