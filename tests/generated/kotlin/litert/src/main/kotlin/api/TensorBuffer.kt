package com.google.ai.edge.litert

import com.sun.jna.Pointer
import deploykit.host.NativeBuffer

/**
 * Memory of one input or output.
 *
 * As in Google's, types are not checked: an array is copied byte for byte and may be shorter than the memory, not
 * longer, and a read gives as many elements as the tensor has. Unlike Google's, a read beyond the memory is refused.
 */
class TensorBuffer internal constructor(internal val native: NativeBuffer) :
    JniHandle(Pointer.nativeValue(native.pointer)) {

    @Throws(LiteRtException::class)
    fun writeInt(data: IntArray) = write(4L * data.size) { it.write(0, data, 0, data.size) }

    @Throws(LiteRtException::class)
    fun writeFloat(data: FloatArray) = write(4L * data.size) { it.write(0, data, 0, data.size) }

    @Throws(LiteRtException::class)
    fun writeInt8(data: ByteArray) = write(data.size.toLong()) { it.write(0, data, 0, data.size) }

    @Throws(LiteRtException::class)
    fun writeBoolean(data: BooleanArray) =
        writeInt8(ByteArray(data.size) { if (data[it]) 1 else 0 })

    @Throws(LiteRtException::class)
    fun writeLong(data: LongArray) = write(8L * data.size) { it.write(0, data, 0, data.size) }

    @Throws(LiteRtException::class)
    fun readInt(): IntArray = read(4) { memory, count -> memory.getIntArray(0, count) }

    @Throws(LiteRtException::class)
    fun readFloat(): FloatArray = read(4) { memory, count -> memory.getFloatArray(0, count) }

    @Throws(LiteRtException::class)
    fun readInt8(): ByteArray = read(1) { memory, count -> memory.getByteArray(0, count) }

    @Throws(LiteRtException::class)
    fun readBoolean(): BooleanArray = readInt8().let { bytes -> BooleanArray(bytes.size) { bytes[it].toInt() != 0 } }

    @Throws(LiteRtException::class)
    fun readLong(): LongArray = read(8) { memory, count -> memory.getLongArray(0, count) }

    override fun destroy() = native.close()

    private fun write(bytes: Long, copy: (Pointer) -> Unit) {
        assertNotDestroyed()
        native.access(bytes, write = true, copy)
    }

    private fun <T> read(elementSize: Int, copy: (Pointer, Int) -> T): T {
        assertNotDestroyed()
        val count = native.type.elements
        return native.access(elementSize.toLong() * count, write = false) { copy(it, count) }
    }
}
