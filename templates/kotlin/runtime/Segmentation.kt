package deploykit.runtime

import android.graphics.Bitmap

/** Which label each pixel of a picture has. */
public class SegmentationMask internal constructor(
    /** Of the given picture after it was turned upright. */
    public val width: Int,
    public val height: Int,
    public val labels: List<String>,
    private val map: ClassMap,
    private val columns: IntArray,
    private val rows: IntArray,
) {
    /**
     * Position in [labels] of the pixel's label; `null` where the model did not see the picture: it was cropped, or the
     * picture has no such pixel.
     */
    public fun indexAt(x: Int, y: Int): Int? {
        if (x !in 0 until width || y !in 0 until height) return null
        return if (columns[x] < 0 || rows[y] < 0) null else map.at(columns[x], rows[y])
    }

    /** The pixel's label; `null` where the model did not see the picture. */
    public fun labelAt(x: Int, y: Int): String? = indexAt(x, y)?.let(labels::get)

    /** The share of the picture, from 0 to 1, that each label has, in the order of [labels]. */
    public val areas: List<Float> by lazy {
        val pixels = LongArray(labels.size)
        val across = counts(columns, map.width)
        val down = counts(rows, map.height)
        for (y in 0 until map.height) {
            for (x in 0 until map.width) pixels[map.at(x, y)] += across[x].toLong() * down[y]
        }
        pixels.map { (it.toDouble() / width / height).toFloat() }
    }

    /** The mask as a picture of its own size, to draw over the given one; [palette] gives each label's ARGB colour. */
    public fun toBitmap(palette: (index: Int) -> Int = ::colorOf): Bitmap {
        val colors = IntArray(labels.size, palette)
        val argb = IntArray(width * height)
        for (y in 0 until height) {
            if (rows[y] < 0) continue
            for (x in 0 until width) {
                if (columns[x] >= 0) argb[y * width + x] = colors[map.at(columns[x], rows[y])]
            }
        }
        return Bitmap.createBitmap(argb, width, height, Bitmap.Config.ARGB_8888)
    }

    public companion object {
        /** A half transparent colour for each label, unlike those of its neighbours; the first label is transparent. */
        public fun colorOf(index: Int): Int {
            if (index == 0) return 0
            // Each three bits of the index set one of red, green and blue, the highest first: PASCAL VOC's colours.
            var color = 0
            for (bit in 0 until 8) {
                val triple = index shr (3 * bit)
                for (channel in 0 until 3) {
                    color = color or ((triple shr channel and 1) shl (23 - 8 * channel - bit))
                }
            }
            return 0x80 shl 24 or color
        }
    }
}

/** The label of each pixel of the model's own, smaller map. */
internal class ClassMap(val width: Int, val height: Int, private val labels: IntArray) {
    fun at(x: Int, y: Int): Int = labels[y * width + x]
}

/** How a segmenter's output becomes a mask. */
internal class MaskReading(
    /** The axis of the labels' scores, of which the greatest counts; `null` where the output has labels itself. */
    private val axis: Int?,
) {
    fun read(outputs: List<Numbers>, placement: Placement, labels: List<String>): SegmentationMask {
        val map = classMap(outputs.first(), labels.size)
        return SegmentationMask(
            width = placement.width,
            height = placement.height,
            labels = labels,
            map = map,
            columns = sources(placement.width, placement.scaleX, placement.shiftX, placement.seenWidth, map.width),
            rows = sources(placement.height, placement.scaleY, placement.shiftY, placement.seenHeight, map.height),
        )
    }

    private fun classMap(output: Numbers, labelCount: Int): ClassMap {
        val (height, width) = output.shape.filterIndexed { place, _ -> place != axis }.takeLast(2)
        val found = IntArray(width * height)
        if (axis == null) {
            for (i in found.indices) found[i] = output.number(i).toInt()
        } else {
            val scores = (output as Floats).values
            // The scores of one pixel are `step` apart; pixels lie in blocks of that many.
            val step = output.shape.drop(axis + 1).fold(1, Int::times)
            val count = output.shape[axis]
            for (i in found.indices) {
                val first = i / step * step * count + i % step
                var best = 0
                for (label in 1 until count) {
                    if (scores[first + label * step] > scores[first + best * step]) best = label
                }
                found[i] = best
            }
        }
        if (found.any { it !in 0 until labelCount }) {
            throw ModelException.ModelCorrupt("the model gave a label that is none of its $labelCount")
        }
        return ClassMap(width, height, found)
    }

    /** For each pixel along one side of the picture, the pixel of the map that its middle lies in, or -1. */
    private fun sources(size: Int, scale: Double, shift: Int, seen: Int, mapped: Int): IntArray =
        IntArray(size) { pixel ->
            val source = Math.floor(((pixel + 0.5) * scale + shift) * mapped / seen).toInt()
            if (source in 0 until mapped) source else -1
        }
}

/** How many pixels of the picture's side have each pixel of the map's. */
private fun counts(sources: IntArray, size: Int): IntArray {
    val counts = IntArray(size)
    for (source in sources) if (source >= 0) counts[source]++
    return counts
}
