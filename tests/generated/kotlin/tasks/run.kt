package com.example.ENGINE.run

import deploykit.tests.casesOf
import deploykit.tests.device
import deploykit.tests.floats
import deploykit.tests.ints
import deploykit.tests.tell
import kotlin.math.abs
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
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
    fun `runs call after call as Python does`() = runBlocking {
        TestModel.load(device()).use { model ->
            assertTrue(model.selfTest().passed)
            assertEquals(Accelerator.Cpu, model.accelerator)
            var worst = 0f
            val calls = casesOf("run")
            // Twice: what the first round left behind is forgotten.
            repeat(2) {
                for (call in calls) {
                    val counts = call.getJSONArray("counts")
                    val inputs = TestModel.Inputs(
                        wordIds = IntTensor(call.getJSONArray("wordIds").ints(), 1, 6),
                        counts = BooleanTensor(BooleanArray(counts.length(), counts::getBoolean), 1, 6),
                    )
                    val made = model.run(inputs)
                    model.prewarm()
                    val expected = call.getJSONArray("scores").floats()
                    val error = expected.indices.maxOf { abs(expected[it] - made.scores.values[it]) }
                    assertTrue("$call", error < 1e-4f)
                    assertArrayEquals(call.getJSONArray("bestClass").ints(), made.bestClass.values)
                    assertTrue(made.scores.shape == listOf(1, 6, 3))
                    worst = maxOf(worst, error)
                }
                model.reset()
            }
            assertThrows(ModelException.InvalidInput::class.java) {
                val wrong = TestModel.Inputs(IntTensor(IntArray(5), 1, 5), BooleanTensor(BooleanArray(6), 1, 6))
                runBlocking { model.run(wrong) }
            }
            tell("ENGINE", "run", 2 * calls.size, worst)
        }
    }
}
