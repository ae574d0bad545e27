package ai.deploykit.samples.digits

import java.nio.ByteBuffer
import java.nio.ByteOrder

/** Numbers that models take and give. */
internal enum class NumberType(val bytes: Int) { Float32(4), Int32(4), Bool(1) }

/** A tensor at the model's border: its shape, and its numbers in C order. */
internal sealed class Numbers(val shape: List<Int>) {
    abstract val size: Int

    /** For comparisons: what is true is 1. */
    abstract fun number(index: Int): Float

    /** Copies the numbers into [other], which has the same type and size. */
    fun copyTo(other: Numbers) {
        when (this) {
            is Floats -> values.copyInto((other as Floats).values)
            is Ints -> values.copyInto((other as Ints).values)
            is Bools -> values.copyInto((other as Bools).values)
        }
    }
}

internal class Floats(shape: List<Int>, val values: FloatArray) : Numbers(shape) {
    override val size: Int get() = values.size

    override fun number(index: Int): Float = values[index]
}

internal class Ints(shape: List<Int>, val values: IntArray) : Numbers(shape) {
    override val size: Int get() = values.size

    override fun number(index: Int): Float = values[index].toFloat()
}

internal class Bools(shape: List<Int>, val values: BooleanArray) : Numbers(shape) {
    override val size: Int get() = values.size

    override fun number(index: Int): Float = if (values[index]) 1f else 0f
}

/** One tensor at the model's border, as the contract names it. */
internal class TensorSpec(
    val name: String,
    val type: NumberType,
    /** [OPEN] for a size that is known at run time only. */
    val shape: List<Int>,
    /** How a picture becomes this input, if it is one. */
    val picture: ImagePreprocessing? = null,
    /** Of an input: the output that the next call is given here. The first call is given zeros. */
    val state: String? = null,
    /** Of an input: the names of its open sizes, by axis. */
    val open: Map<Int, String> = emptyMap(),
) {
    val isOpen: Boolean = OPEN in shape

    /** How many numbers it has, unless it [isOpen]. */
    val size: Int = shape.fold(1, Int::times)

    /** The same input with [sizes] in place of the open ones. */
    fun at(sizes: Map<String, Int>): TensorSpec =
        if (isOpen) of(shape.mapIndexed { axis, size -> open[axis]?.let(sizes::getValue) ?: size }) else this

    /** The same tensor with a shape that is known. */
    fun of(shape: List<Int>): TensorSpec = TensorSpec(name, type, shape, picture, state)

    /** Whether [other] is a shape of this tensor's; of open sizes nothing is said. */
    fun fits(other: List<Int>): Boolean =
        shape.size == other.size && shape.zip(other).all { (wanted, given) -> wanted == OPEN || wanted == given }

    fun zeros(): Numbers =
        when (type) {
            NumberType.Float32 -> Floats(shape, FloatArray(size))
            NumberType.Int32 -> Ints(shape, IntArray(size))
            NumberType.Bool -> Bools(shape, BooleanArray(size))
        }

    /** The tensor in [file], as it lies in memory: little-endian, one byte for what is true or false. */
    fun read(file: ByteArray): Numbers {
        if (file.size != size * type.bytes) {
            throw ModelException.ModelCorrupt("$name takes ${size * type.bytes} bytes, and the file has ${file.size}")
        }
        return TensorMemory(this, ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN)).read()
    }

    companion object {
        fun picture(name: String, picture: ImagePreprocessing): TensorSpec {
            val shape = listOf(1, picture.height, picture.width, picture.color.channels)
            return TensorSpec(name, NumberType.Float32, shape, picture)
        }
    }
}

/** Native memory for one tensor, and the numbers that are read from it; made once, filled again and again. */
internal class TensorMemory(
    val spec: TensorSpec,
    val bytes: ByteBuffer = ByteBuffer.allocateDirect(spec.size * spec.type.bytes).order(ByteOrder.nativeOrder()),
) {
    private val numbers = spec.zeros()

    fun write(from: Numbers) {
        bytes.rewind()
        when (from) {
            is Floats -> bytes.asFloatBuffer().put(from.values)
            is Ints -> bytes.asIntBuffer().put(from.values)
            is Bools -> from.values.forEach { bytes.put(if (it) 1 else 0) }
        }
        bytes.rewind()
    }

    /** What the memory holds, until the next call. */
    fun read(): Numbers {
        bytes.rewind()
        when (numbers) {
            is Floats -> bytes.asFloatBuffer().get(numbers.values)
            is Ints -> bytes.asIntBuffer().get(numbers.values)
            is Bools -> numbers.values.indices.forEach { numbers.values[it] = bytes.get(it) != 0.toByte() }
        }
        return numbers
    }
}
