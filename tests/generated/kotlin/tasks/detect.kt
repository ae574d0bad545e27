package com.example.ENGINE.detect

import deploykit.tests.bitmap
import deploykit.tests.casesOf
import deploykit.tests.device
import deploykit.tests.floats
import deploykit.tests.tell
import kotlin.math.abs
import kotlinx.coroutines.runBlocking
import org.json.JSONObject
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode

@RunWith(RobolectricTestRunner::class)
@Config(sdk = [35])
@GraphicsMode(GraphicsMode.Mode.NATIVE)
class AnswersTest {
    @Test
    fun `finds the boxes that Python finds`() = runBlocking {
        TestModel.load(device()).use { model ->
            assertTrue(model.selfTest().passed)
            assertEquals(Accelerator.Cpu, model.accelerator)
            var worst = 0f
            val cases = casesOf("detect")
            for (case in cases) {
                val array = case.getJSONArray("expected")
                val expected = List(array.length(), array::getJSONObject)
                val picture = bitmap(case.getString("file"))
                val found = model.detect(picture, Orientation.ofExif(case.getInt("orientation")))
                assertEquals("$case", expected.size, found.size)
                // Boxes of nearly one score may change places.
                for (box in found) {
                    val error = expected.minOf { distance(box, it) }
                    // So does Swift's test on the same cases: between the two there is less than a pixel then.
                    assertTrue("$case: $box", error < 0.5f)
                    worst = maxOf(worst, error)
                }
                assertTrue(found.size > 1 && found.zipWithNext().all { (a, b) -> a.label.score >= b.label.score })
                assertEquals(found.take(3), model.detect(picture, Orientation.ofExif(case.getInt("orientation")), maxResults = 3))
            }
            tell("ENGINE", "detect", 2 * cases.size, worst)
        }
    }

    /** Of the corners in pixels; infinite for another label or score. */
    private fun distance(found: Detection, expected: JSONObject): Float {
        val other = found.label.index != expected.getInt("index")
        if (other || abs(found.label.score - expected.getDouble("score").toFloat()) > 5e-3f) return Float.MAX_VALUE
        val (left, top, right, bottom) = expected.getJSONArray("box").floats().toList()
        val box = found.box
        return listOf(box.left - left, box.top - top, box.right - right, box.bottom - bottom).maxOf(::abs)
    }
}
