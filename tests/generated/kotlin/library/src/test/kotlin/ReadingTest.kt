package com.example.onnxruntime.pictures

import com.example.embedding.Embedding
import com.example.embedding.ModelException as EmbeddingException
import com.example.objectdetection.Box
import com.example.objectdetection.BoxReading
import com.example.objectdetection.Corners
import com.example.objectdetection.Floats as DetectorFloats
import com.example.objectdetection.Placement as DetectorPlacement
import com.example.segmentation.Ints as SegmenterInts
import com.example.segmentation.MaskReading
import com.example.segmentation.ModelException as SegmenterException
import com.example.segmentation.Placement as SegmenterPlacement
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

/** From outputs to answers, where no network is needed to see what is right. */
class ReadingTest {
    /** A picture of 100 × 50 in the middle of 200 × 200, twice as large. */
    private val letterboxed = DetectorPlacement(100, 50, 2.0, 2.0, shiftX = 0, shiftY = 50, seenWidth = 200, seenHeight = 200)

    @Test
    fun `boxes lie in the given picture and end at its edges`() {
        val reading = BoxReading(boxes = 0, scores = null, Corners.Xyxy, areFractions = true, overlap = 0.5f)
        // Columns are boxes here: 1 × numbers × boxes.
        val output = DetectorFloats(
            listOf(1, 6, 3),
            floatArrayOf(
                0.1f, 0.1f, -0.2f,
                0.3f, 0.31f, 0.2f,
                0.5f, 0.5f, 0.4f,
                0.6f, 0.6f, 0.9f,
                0.9f, 0.8f, 0.1f,
                0.2f, 0.1f, 0.7f,
            ),
        )
        val found = reading.read(listOf(output), letterboxed, listOf("a", "b"), minScore = 0.5f, maxResults = 9)
        // The second box is the first one over again.
        assertEquals(listOf("a" to 0.9f, "b" to 0.7f), found.map { it.label.name to it.label.score })
        val (left, top, right, bottom) = found[0].box
        assertEquals(listOf(10f, 5f, 50f, 35f), listOf(left, top, right, bottom).map { Math.round(it * 100) / 100f })
        assertEquals(0f, found[1].box.left)
        assertEquals(50f, found[1].box.bottom)
    }

    @Test
    fun `boxes that do not touch do not overlap`() {
        val box = Box(0f, 0f, 2f, 2f)
        assertEquals(0f, box.overlap(Box(2f, 0f, 4f, 2f)))
        assertEquals(1f, box.overlap(box))
        assertEquals(1f / 7, box.overlap(Box(1f, 1f, 3f, 3f)), 1e-6f)
        assertEquals(0f, Box(1f, 1f, 0f, 0f).area)
    }

    @Test
    fun `a mask knows nothing of what was cropped`() {
        val map = SegmenterInts(listOf(1, 1, 2), intArrayOf(1, 0))
        // Of a picture of 8 × 2 the middle 4 × 2 was seen.
        val seen = SegmenterPlacement(8, 2, 1.0, 1.0, shiftX = -2, shiftY = 0, seenWidth = 4, seenHeight = 2)
        val mask = MaskReading(axis = null).read(listOf(map), seen, listOf("sky", "sea"))
        assertEquals(listOf(null, null, 1, 1, 0, 0, null, null), (0 until 8).map { mask.indexAt(it, 1) })
        assertNull(mask.labelAt(0, 0))
        assertEquals("sea", mask.labelAt(2, 0))
        assertEquals(listOf(0.25f, 0.25f), mask.areas)
        assertNull(mask.indexAt(8, 0))
        assertNull(mask.labelAt(0, -1))
        val strange = SegmenterInts(listOf(1, 1, 2), intArrayOf(1, 2))
        assertThrows<SegmenterException.ModelCorrupt> {
            MaskReading(axis = null).read(listOf(strange), seen, listOf("sky", "sea"))
        }
    }

    @Test
    fun `vectors of other lengths cannot be compared`() {
        val vector = Embedding(floatArrayOf(3f, 4f))
        assertEquals(1f, vector.similarity(Embedding(floatArrayOf(6f, 8f))), 1e-6f)
        assertEquals(0f, vector.similarity(Embedding(floatArrayOf(0f, 0f))))
        assertThrows<EmbeddingException.InvalidInput> { vector.similarity(Embedding(FloatArray(3))) }
        assertTrue(vector == Embedding(floatArrayOf(3f, 4f)))
    }
}
