package com.example.ENGINE.sizes

import deploykit.tests.casesOf
import deploykit.tests.device
import deploykit.tests.floats
import deploykit.tests.ints
import deploykit.tests.tell
import kotlin.math.abs
import kotlinx.coroutines.runBlocking
import org.json.JSONObject
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
    private var worst = 0f

    @Test
    fun `answers at every size as Python does, and refuses others`() = runBlocking {
        TestModel.load(device()).use { model ->
            val report = model.selfTest()
            assertTrue(report.passed)
            assertEquals(3, report.rows.count { it.accelerator == Accelerator.Cpu })
            val (allowed, others) = casesOf("sizes").partition {
                it.getInt("words") in TestModel.Sizes.words && it.getInt("frames") in TestModel.Sizes.frames
            }
            // Twice: there and back, so that every size follows another one.
            for (call in allowed + allowed.reversed()) compare(call, model.run(inputs(call)))
            for (call in others) {
                val refused = assertThrows(ModelException.InvalidInput::class.java) {
                    runBlocking { model.run(inputs(call)) }
                }
                assertTrue(refused.message, Regex("(words|frames) is \\d+ in .*, and has to be").containsMatchIn(refused.message!!))
            }
            assertTrue("$others", others.size >= 3)
            val unlike = TestModel.Inputs(IntTensor(IntArray(3), 1, 3), BooleanTensor(BooleanArray(8), 1, 8), silence)
            val refused = assertThrows(ModelException.InvalidInput::class.java) { runBlocking { model.run(unlike) } }
            assertEquals("words is 8 in counts, and 3 in an input before it", refused.message)
            // What was refused left nothing behind.
            compare(allowed.first(), model.run(inputs(allowed.first())))
            tell("ENGINE", "sizes", 2 * allowed.size + 1, worst)
        }
    }

    private val silence = FloatTensor(FloatArray(16), 1, 4, 4)

    private fun inputs(call: JSONObject): TestModel.Inputs {
        val words = call.getInt("words")
        val counts = call.getJSONArray("counts")
        return TestModel.Inputs(
            wordIds = IntTensor(call.getJSONArray("word_ids").ints(), 1, words),
            counts = BooleanTensor(BooleanArray(words, counts::getBoolean), 1, words),
            sound = FloatTensor(call.getJSONArray("sound").floats(), 1, call.getInt("frames"), 4),
        )
    }

    private fun compare(call: JSONObject, made: TestModel.Outputs) {
        for ((name, tensor) in mapOf("match" to made.match, "pairs" to made.pairs, "gist" to made.gist)) {
            val expected = call.getJSONObject(name)
            assertEquals(name, expected.getJSONArray("shape").ints().asList(), tensor.shape)
            val values = expected.getJSONArray("values").floats()
            val error = values.indices.maxOf { abs(values[it] - tensor.values[it]) }
            assertTrue("$name of $call is off by $error", error < 1e-4f)
            worst = maxOf(worst, error)
        }
        val expected = call.getJSONObject("best_class")
        assertEquals(expected.getJSONArray("shape").ints().asList(), made.bestClass.shape)
        assertArrayEquals(expected.getJSONArray("values").ints(), made.bestClass.values)
    }
}
