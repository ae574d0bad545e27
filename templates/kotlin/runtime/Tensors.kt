package deploykit.runtime

/** Real numbers in C order: the last index changes first. */
public class FloatTensor(
    public val values: FloatArray,
    /** The size of each dimension. */
    public val shape: List<Int>,
) {
    public constructor(values: FloatArray, vararg shape: Int) : this(values, shape.asList())

    init {
        checkSize(values.size, shape)
    }

    internal fun toNumbers(): Numbers = Floats(shape, values)

    internal companion object {
        fun of(numbers: Numbers) = FloatTensor((numbers as Floats).values.copyOf(), numbers.shape)
    }
}

/** Integers in C order. */
public class IntTensor(
    public val values: IntArray,
    /** The size of each dimension. */
    public val shape: List<Int>,
) {
    public constructor(values: IntArray, vararg shape: Int) : this(values, shape.asList())

    init {
        checkSize(values.size, shape)
    }

    internal fun toNumbers(): Numbers = Ints(shape, values)

    internal companion object {
        fun of(numbers: Numbers) = IntTensor((numbers as Ints).values.copyOf(), numbers.shape)
    }
}

/** What is true or false, in C order. */
public class BooleanTensor(
    public val values: BooleanArray,
    /** The size of each dimension. */
    public val shape: List<Int>,
) {
    public constructor(values: BooleanArray, vararg shape: Int) : this(values, shape.asList())

    init {
        checkSize(values.size, shape)
    }

    internal fun toNumbers(): Numbers = Bools(shape, values)

    internal companion object {
        fun of(numbers: Numbers) = BooleanTensor((numbers as Bools).values.copyOf(), numbers.shape)
    }
}

private fun checkSize(size: Int, shape: List<Int>) {
    if (size.toLong() != shape.fold(1L, Long::times)) {
        throw ModelException.InvalidInput("$size numbers are no tensor of ${shape.joinToString(" × ")}")
    }
}
