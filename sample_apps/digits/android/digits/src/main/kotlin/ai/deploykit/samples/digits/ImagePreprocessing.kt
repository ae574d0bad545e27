package ai.deploykit.samples.digits

import kotlin.math.max
import kotlin.math.min

internal enum class ColorOrder(val channels: Int) { Rgb(3), Bgr(3), Gray(1) }

internal enum class Crop {
    /** Stretches the picture to the model's size. */
    None,

    /** Fits the shorter side and cuts out the middle. */
    Center,

    /** Fits the longer side and pads with black. */
    Letterbox,
}

/** What the model wants to see: the contract's picture input. Normalisation is part of the model. */
internal data class ImagePreprocessing(
    val width: Int,
    val height: Int,
    val color: ColorOrder,
    val resize: Resize,
    val crop: Crop,
    /** With [Crop.Center]: the share of the resized picture's side that is kept. */
    val cropFraction: Double,
) {
    val size: Int get() = width * height * color.channels
}

/**
 * Turns pictures into the model's input: float32, height × width × channels, 0 … 255.
 *
 * Executes the same steps as `deploykit/transforms.py`, which the model was checked with: upright, colour, resize
 * (horizontally, then vertically, rounded to a byte after each), crop. Tables and buffers are kept for the next picture
 * of the same size. Not thread-safe.
 */
internal class Preprocessor(private val wanted: ImagePreprocessing) {
    private var plan: Plan? = null

    /** Fills [into], and tells where the picture lies in it. */
    fun run(picture: Pixels, into: FloatArray): Placement {
        val known = plan
        val current =
            if (known != null && known.fits(picture)) known else Plan(wanted, picture.width, picture.height)
        plan = current
        current.run(picture, into)
        return current.placement
    }
}

/** Where an upright picture lies in the one that the model sees: along each axis, `seen = scale * own + shift`. */
internal class Placement(
    /** Of the upright picture. */
    val width: Int,
    val height: Int,
    val scaleX: Double,
    val scaleY: Double,
    val shiftX: Int,
    val shiftY: Int,
    /** Of the picture that the model sees. */
    val seenWidth: Int,
    val seenHeight: Int,
)

/** The tables and the buffer for pictures of one size. */
private class Plan(private val wanted: ImagePreprocessing, private val width: Int, private val height: Int) {
    private val channels = wanted.color.channels
    private val across: Side
    private val down: Side
    private val firstRow: Int
    private val shrunk: ByteArray
    private val row = ByteArray(width * channels)
    private val sums: IntArray
    val placement: Placement

    init {
        val (resizedWidth, resizedHeight) = resizedSize(wanted, width, height)
        across = Side.of(width, resizedWidth, wanted.width, wanted.resize)
        down = Side.of(height, resizedHeight, wanted.height, wanted.resize)
        firstRow = down.weights.first.min()
        val lastRow = down.weights.run { first.indices.maxOf { first[it] + used[it] } }
        shrunk = ByteArray((lastRow - firstRow) * across.count * channels)
        sums = IntArray(across.count * channels)
        placement = Placement(
            width = width,
            height = height,
            scaleX = resizedWidth.toDouble() / width,
            scaleY = resizedHeight.toDouble() / height,
            shiftX = across.offset - across.start,
            shiftY = down.offset - down.start,
            seenWidth = wanted.width,
            seenHeight = wanted.height,
        )
    }

    fun fits(picture: Pixels): Boolean = picture.width == width && picture.height == height

    fun run(picture: Pixels, into: FloatArray) {
        val rowSize = across.count * channels
        for (y in 0 until shrunk.size / rowSize) {
            readRow(picture, firstRow + y)
            resizeRow(y * rowSize)
        }
        if (rowSize * down.count < into.size) into.fill(0f)
        for (y in 0 until down.count) {
            val target = ((down.offset + y) * wanted.width + across.offset) * channels
            resizeColumn(y, rowSize, into, target)
        }
    }

    /** Row [y] of the upright picture as bytes in the model's colour order. */
    private fun readRow(picture: Pixels, y: Int) {
        var source = picture.first + y * picture.stepY
        for (x in 0 until width) {
            val argb = picture.argb[source]
            val red = argb shr 16 and 0xFF
            val green = argb shr 8 and 0xFF
            val blue = argb and 0xFF
            when (wanted.color) {
                ColorOrder.Rgb -> writePixel(x, red, green, blue)
                ColorOrder.Bgr -> writePixel(x, blue, green, red)
                // ITU-R 601-2 luma in integers, as Pillow computes it.
                ColorOrder.Gray -> row[x] = (19595 * red + 38470 * green + 7471 * blue + 0x8000 shr 16).toByte()
            }
            source += picture.stepX
        }
    }

    private fun writePixel(x: Int, a: Int, b: Int, c: Int) {
        row[3 * x] = a.toByte()
        row[3 * x + 1] = b.toByte()
        row[3 * x + 2] = c.toByte()
    }

    private fun resizeRow(target: Int) = if (channels == 1) resizeGrayRow(target) else resizeColorRow(target)

    private fun resizeGrayRow(target: Int) {
        val axis = across.weights
        for (x in 0 until across.count) {
            var sum = HALF
            val first = axis.first[x]
            val weights = x * axis.taps
            for (k in 0 until axis.used[x]) sum += (row[first + k].toInt() and 0xFF) * axis.weights[weights + k]
            shrunk[target + x] = toLevel(sum).toByte()
        }
    }

    /** All three colours of a pixel at once: its weight is read once. */
    private fun resizeColorRow(target: Int) {
        val axis = across.weights
        for (x in 0 until across.count) {
            var a = HALF
            var b = HALF
            var c = HALF
            var source = 3 * axis.first[x]
            val weights = x * axis.taps
            for (k in 0 until axis.used[x]) {
                val weight = axis.weights[weights + k]
                a += (row[source].toInt() and 0xFF) * weight
                b += (row[source + 1].toInt() and 0xFF) * weight
                c += (row[source + 2].toInt() and 0xFF) * weight
                source += 3
            }
            shrunk[target + 3 * x] = toLevel(a).toByte()
            shrunk[target + 3 * x + 1] = toLevel(b).toByte()
            shrunk[target + 3 * x + 2] = toLevel(c).toByte()
        }
    }

    /** Row by row, as they lie in memory. */
    private fun resizeColumn(y: Int, rowSize: Int, into: FloatArray, target: Int) {
        val axis = down.weights
        sums.fill(HALF)
        for (k in 0 until axis.used[y]) {
            val weight = axis.weights[y * axis.taps + k]
            val source = (axis.first[y] + k - firstRow) * rowSize
            for (x in 0 until rowSize) sums[x] += (shrunk[source + x].toInt() and 0xFF) * weight
        }
        for (x in 0 until rowSize) into[target + x] = toLevel(sums[x]).toFloat()
    }

    private fun toLevel(sum: Int): Int = (sum shr AxisWeights.BITS).coerceIn(0, 255)

    private companion object {
        const val HALF = 1 shl (AxisWeights.BITS - 1)
    }
}

/** One side of the resized picture: which pixels of it are wanted, and where they go. */
private class Side(val weights: AxisWeights, val start: Int, val offset: Int, val count: Int) {
    companion object {
        fun of(inSize: Int, resized: Int, wanted: Int, resize: Resize): Side {
            // Cutting rounds halves to even, as Python's round() does; padding puts the odd pixel below and right.
            val start = if (resized > wanted) Math.rint((resized - wanted) / 2.0).toInt() else 0
            val offset = if (resized < wanted) (wanted - resized) / 2 else 0
            val count = min(resized, wanted)
            return Side(AxisWeights.of(inSize, resized, start, count, resize), start, offset, count)
        }
    }
}

/** Width and height to which a picture is resized before it is cut or padded. */
private fun resizedSize(wanted: ImagePreprocessing, width: Int, height: Int): Pair<Int, Int> =
    when (wanted.crop) {
        Crop.None -> wanted.width to wanted.height
        Crop.Center -> {
            val short = (max(wanted.width, wanted.height) / wanted.cropFraction).toInt()
            if (width <= height) {
                short to (short.toLong() * height / width.toDouble()).toInt()
            } else {
                (short.toLong() * width / height.toDouble()).toInt() to short
            }
        }
        Crop.Letterbox -> {
            val ratio = min(wanted.width.toDouble() / width, wanted.height.toDouble() / height)
            max(1, Math.rint(width * ratio).toInt()) to max(1, Math.rint(height * ratio).toInt())
        }
    }
