package deploykit.runtime

import kotlin.math.max
import kotlin.math.min

/** A rectangle in a picture's own pixels. */
public data class Box(val left: Float, val top: Float, val right: Float, val bottom: Float) {
    public val width: Float get() = right - left
    public val height: Float get() = bottom - top
    public val area: Float get() = max(0f, width) * max(0f, height)

    /** Intersection over union: 1 for the same box, 0 for boxes that do not touch. */
    public fun overlap(other: Box): Float {
        val shared = max(0f, min(right, other.right) - max(left, other.left)) *
            max(0f, min(bottom, other.bottom) - max(top, other.top))
        return if (shared > 0f) shared / (area + other.area - shared) else 0f
    }
}

/** Something that was found in a picture. */
public data class Detection(
    /** In pixels of the given picture after it was turned upright. */
    val box: Box,
    val label: ScoredLabel,
)

/** What the four numbers of a box are. */
internal enum class Corners { Xyxy, Xywh, Cxcywh }

/** How a detector's outputs become detections. */
internal class BoxReading(
    /** Positions of the outputs; [scores] is `null` where a box's scores stand behind its four numbers. */
    private val boxes: Int,
    private val scores: Int?,
    private val corners: Corners,
    /** Whether boxes are shares of the picture's width and height, and not its pixels. */
    private val areFractions: Boolean,
    /** Of two boxes of one label that overlap by more, the one with the lower score goes. */
    private val overlap: Float,
) {
    /** At most [maxResults] detections with [minScore] at least, best first. */
    fun read(
        outputs: List<Numbers>,
        placement: Placement,
        labels: List<String>,
        minScore: Float,
        maxResults: Int,
    ): List<Detection> {
        val rows = Rows(outputs[boxes], if (scores == null) 4 + labels.size else 4)
        val scoreRows = if (scores == null) rows else Rows(outputs[scores], labels.size)
        val firstScore = if (scores == null) 4 else 0
        val candidates = mutableListOf<Candidate>()
        for (row in 0 until rows.count) {
            for (label in labels.indices) {
                val score = scoreRows.at(row, firstScore + label)
                if (score >= minScore) candidates += Candidate(seenBox(rows, row, placement), label, score)
            }
        }
        candidates.sortByDescending { it.score }
        return suppressed(candidates, maxResults).map { found ->
            Detection(ownBox(found.box, placement), ScoredLabel(found.label, labels[found.label], found.score))
        }
    }

    /** The box in pixels of the picture that the model saw. */
    private fun seenBox(rows: Rows, row: Int, placement: Placement): Box {
        val x = if (areFractions) placement.seenWidth.toFloat() else 1f
        val y = if (areFractions) placement.seenHeight.toFloat() else 1f
        val (a, b) = rows.at(row, 0) * x to rows.at(row, 1) * y
        val (c, d) = rows.at(row, 2) * x to rows.at(row, 3) * y
        return when (corners) {
            Corners.Xyxy -> Box(a, b, c, d)
            Corners.Xywh -> Box(a, b, a + c, b + d)
            Corners.Cxcywh -> Box(a - c / 2, b - d / 2, a + c / 2, b + d / 2)
        }
    }

    /** Non-maximum suppression, label by label. */
    private fun suppressed(candidates: List<Candidate>, count: Int): List<Candidate> {
        val kept = mutableListOf<Candidate>()
        for (candidate in candidates) {
            if (kept.size == count) break
            if (kept.none { it.label == candidate.label && it.box.overlap(candidate.box) > overlap }) kept += candidate
        }
        return kept
    }

    /** The box in the given picture, without what lies beyond its edges. */
    private fun ownBox(box: Box, placement: Placement): Box {
        fun x(seen: Float) = ((seen - placement.shiftX) / placement.scaleX).coerceIn(0.0, placement.width.toDouble())
        fun y(seen: Float) = ((seen - placement.shiftY) / placement.scaleY).coerceIn(0.0, placement.height.toDouble())
        return Box(x(box.left).toFloat(), y(box.top).toFloat(), x(box.right).toFloat(), y(box.bottom).toFloat())
    }

    private class Candidate(val box: Box, val label: Int, val score: Float)
}

/** The numbers of each box, of an output that is 1 × boxes × numbers or 1 × numbers × boxes. */
private class Rows(output: Numbers, wide: Int) {
    private val values = (output as Floats).values
    val count = values.size / wide
    private val isWideLast = output.shape.last() == wide
    private val alongRow = if (isWideLast) wide else 1
    private val alongNumber = if (isWideLast) 1 else count

    fun at(row: Int, number: Int): Float = values[row * alongRow + number * alongNumber]
}
