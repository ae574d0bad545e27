package deploykit.runtime

import android.graphics.Bitmap
import kotlin.math.max
import kotlin.math.min
import kotlin.math.roundToInt

internal enum class Layout { Nchw, Nhwc }

/** A part of a picture as large as the model's input; [overlap] pixels at each of its edges are its neighbours' too. */
internal class Tile(val width: Int, val height: Int, val overlap: Int)

/** How an output of the model becomes a picture. */
internal class PictureMaking(
    /** The values that stand for black and white. */
    private val black: Float,
    private val white: Float,
    private val layout: Layout,
    private val color: ColorOrder,
) {
    fun width(output: Numbers): Int = if (layout == Layout.Nchw) output.shape[3] else output.shape[2]

    fun height(output: Numbers): Int = if (layout == Layout.Nchw) output.shape[2] else output.shape[1]

    /** Copies a part of the output, [width] × [height] pixels from [left] and [top] on, to a place in [target]. */
    fun copy(output: Numbers, left: Int, top: Int, width: Int, height: Int, target: Pixels, toX: Int, toY: Int) {
        val values = (output as Floats).values
        val (across, down) = width(output) to height(output)
        val channels = values.size / (across * down)
        val alongPixel = if (layout == Layout.Nchw) 1 else channels
        val alongChannel = if (layout == Layout.Nchw) across * down else 1
        for (y in 0 until height) {
            for (x in 0 until width) {
                val first = ((top + y) * across + left + x) * alongPixel
                val a = level(values[first])
                val b = if (channels == 3) level(values[first + alongChannel]) else a
                val c = if (channels == 3) level(values[first + 2 * alongChannel]) else a
                val rgb = if (color == ColorOrder.Bgr) (c shl 16) or (b shl 8) or a else (a shl 16) or (b shl 8) or c
                target.argb[(toY + y) * target.width + toX + x] = OPAQUE or rgb
            }
        }
    }

    /** 0 to 255. */
    private fun level(value: Float): Int = ((value - black) / (white - black) * 255f + 0.5f).toInt().coerceIn(0, 255)

    private companion object {
        const val OPAQUE = 0xFF shl 24
    }
}

/** What the model makes of the picture that [read] gives, which is resized as a whole. */
internal suspend fun ModelSession.makePicture(making: PictureMaking, read: (reusable: IntArray) -> Pixels): Pixels =
    see(read) { outputs, placement ->
        val output = outputs.first()
        val (left, width) = with(placement) { part(width, scaleX, shiftX, seenWidth, making.width(output)) }
        val (top, height) = with(placement) { part(height, scaleY, shiftY, seenHeight, making.height(output)) }
        val made = blank(width.toLong(), height.toLong())
        making.copy(output, left, top, width, height, made, 0, 0)
        made
    }

/**
 * What the model makes of the picture that [read] gives, tile by tile.
 *
 * Of each tile the middle is kept; beyond the picture's edges its outermost pixels are repeated. [onProgress] gets the
 * share that is done, on the session's thread.
 */
internal suspend fun ModelSession.makePictureInTiles(
    making: PictureMaking,
    tile: Tile,
    onProgress: (Float) -> Unit,
    read: (reusable: IntArray) -> Pixels,
): Pixels =
    runMany { predict ->
        val picture = read(IntArray(0))
        val overlap = tile.overlap
        val (stepX, stepY) = tile.width - 2 * overlap to tile.height - 2 * overlap
        val cut = Pixels(IntArray(tile.width * tile.height), tile.width, tile.height)
        val (tilesX, tilesY) = (picture.width + stepX - 1) / stepX to (picture.height + stepY - 1) / stepY
        var made: Pixels? = null
        for (number in 0 until tilesX * tilesY) {
            val (x, y) = number % tilesX * stepX to number / tilesX * stepY
            picture.cut(x - overlap, y - overlap, cut)
            val output = predict(GivenPicture { cut }).first()
            val scale = making.width(output) / tile.width
            val result = made ?: blank(picture.width.times(scale.toLong()), picture.height.times(scale.toLong()))
            made = result
            val (width, height) = min(stepX, picture.width - x) * scale to min(stepY, picture.height - y) * scale
            making.copy(output, overlap * scale, overlap * scale, width, height, result, x * scale, y * scale)
            onProgress((number + 1f) / (tilesX * tilesY))
        }
        made ?: throw ModelException.InvalidInput("the picture has no pixels")
    }

/** The same as a bitmap of its own. */
internal fun Pixels.toBitmap(): Bitmap = Bitmap.createBitmap(argb, width, height, Bitmap.Config.ARGB_8888)

/** Copies what lies from [left] and [top] on into [target]; beyond the edges the outermost pixels are repeated. */
private fun Pixels.cut(left: Int, top: Int, target: Pixels) {
    for (y in 0 until target.height) {
        val row = first + (top + y).coerceIn(0, height - 1) * stepY
        for (x in 0 until target.width) {
            target.argb[y * target.width + x] = argb[row + (left + x).coerceIn(0, width - 1) * stepX]
        }
    }
}

/** Along one side of what the model made: where the picture begins, without what was padded, and how long it is. */
private fun part(size: Int, scale: Double, shift: Int, seen: Int, made: Int): Pair<Int, Int> {
    val growth = made.toDouble() / seen
    val start = (max(0, shift) * growth).roundToInt()
    val end = (min(seen.toDouble(), shift + size * scale) * growth).roundToInt()
    return start to end - start
}

private fun blank(width: Long, height: Long): Pixels {
    if (width < 1 || height < 1 || width * height > Int.MAX_VALUE / 8) {
        throw ModelException.InvalidInput("a picture of $width × $height pixels cannot be made")
    }
    return Pixels(IntArray((width * height).toInt()), width.toInt(), height.toInt())
}
