package com.example.ENGINE.segment

import deploykit.tests.bitmap
import deploykit.tests.casesOf
import deploykit.tests.device
import deploykit.tests.tell
import kotlinx.coroutines.runBlocking
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
    fun `gives pixels the labels that Python gives them`() = runBlocking {
        TestModel.load(device()).use { model ->
            assertTrue(model.selfTest().passed)
            assertEquals(Accelerator.Cpu, model.accelerator)
            var worst = 1.0
            val cases = casesOf("segment")
            for (case in cases) {
                val expected = case.getJSONArray("expected")
                val picture = bitmap(case.getString("file"))
                val mask = model.segment(picture, Orientation.ofExif(case.getInt("orientation")))
                assertEquals(expected.length(), mask.height)
                assertEquals(expected.getJSONArray(0).length(), mask.width)
                val pixels = (0 until mask.height).flatMap { y -> (0 until mask.width).map { x -> x to y } }
                val equal = pixels.count { (x, y) -> mask.indexAt(x, y) == expected.getJSONArray(y).getInt(x) }
                // So does Swift's test on the same cases: of the two more than 99.5 % are equal then.
                assertTrue("$case", equal.toDouble() / pixels.size > 0.9975)
                worst = minOf(worst, equal.toDouble() / pixels.size)
                val (x, y) = pixels.last()
                val drawn = mask.toBitmap { index -> 0xFF shl 24 or index }
                assertEquals(mask.indexAt(x, y), drawn.getPixel(x, y) and 0xFF)
                assertEquals(mask.labelAt(x, y), model.info.labels[drawn.getPixel(x, y) and 0xFF])
                val counted = pixels.count { (x, y) -> mask.indexAt(x, y) == 1 }
                assertEquals(counted.toFloat() / pixels.size, mask.areas[1], 1e-6f)
                assertEquals(1f, mask.areas.sum(), 1e-5f)
            }
            tell("ENGINE", "segment", cases.size, worst)
        }
    }
}
