package com.example.ENGINE.process

import deploykit.tests.bitmap
import deploykit.tests.casesOf
import deploykit.tests.device
import deploykit.tests.tell
import kotlin.math.abs
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
    fun `makes the pictures that Python makes`() = runBlocking {
        TestModel.load(device()).use { model ->
            assertTrue(model.selfTest().passed)
            assertEquals(Accelerator.Cpu, model.accelerator)
            var worst = 0
            val cases = casesOf("process")
            for (case in cases) {
                val expected = bitmap(case.getString("expected"))
                val picture = bitmap(case.getString("file"))
                val progress = mutableListOf<Float>()
                val made = model.enlarge(picture, Orientation.ofExif(case.getInt("orientation")), progress::add)
                assertEquals(expected.width to expected.height, made.width to made.height)
                val error = (0 until made.height).maxOf { y ->
                    (0 until made.width).maxOf { x -> difference(made.getPixel(x, y), expected.getPixel(x, y)) }
                }
                // One more where the two decoders may differ.
                assertTrue("$case: off by $error", error <= if (case.getString("file").endsWith("jpg")) 4 else 1)
                assertTrue(progress.last() == 1f && progress == progress.sorted())
                worst = maxOf(worst, error)
            }
            tell("ENGINE", "process", cases.size, worst)
        }
    }

    /** Of the channels, in levels. */
    private fun difference(a: Int, b: Int): Int =
        listOf(24, 16, 8, 0).maxOf { abs((a shr it and 0xFF) - (b shr it and 0xFF)) }
}
