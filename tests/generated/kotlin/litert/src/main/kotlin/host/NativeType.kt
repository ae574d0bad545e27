package deploykit.host

import com.sun.jna.Memory
import com.sun.jna.Pointer

/** An element type, by LiteRT's number, and dimensions. */
class NativeType(val element: Int, val dimensions: IntArray) {
    val elements: Int get() = dimensions.fold(1, Int::times)

    internal fun with(layout: Pointer) = NativeType(element, dimensions(layout))

    /** As a `LiteRtRankedTensorType` without strides. */
    internal fun toMemory() = Memory(SIZE).apply {
        clear()
        setInt(0, element)
        setInt(LAYOUT, dimensions.size)
        write(LAYOUT + DIMENSIONS, dimensions, 0, dimensions.size)
    }

    companion object {
        const val FLOAT32 = 1
        const val INT32 = 2
        const val UINT8 = 3
        const val INT64 = 4
        const val BOOL = 6
        const val INT16 = 7
        const val INT8 = 9

        /** `LiteRtRankedTensorType`: the element type, then a `LiteRtLayout`. */
        private const val SIZE = 72L
        private const val LAYOUT = 4L

        /** `LiteRtLayout`: the rank in 7 bits, whether there are strides, 8 dimensions, 8 strides. */
        internal const val LAYOUT_SIZE = 68L
        private const val RANK_BITS = 0x7F
        private const val DIMENSIONS = 4L

        internal fun ofTensor(tensor: Pointer): NativeType {
            val memory = Memory(SIZE)
            check(liteRt.LiteRtGetRankedTensorType(tensor, memory), "the type of a tensor")
            return NativeType(memory.getInt(0), dimensions(memory.share(LAYOUT)))
        }

        private fun dimensions(layout: Pointer): IntArray =
            layout.getIntArray(DIMENSIONS, layout.getInt(0) and RANK_BITS)
    }
}
