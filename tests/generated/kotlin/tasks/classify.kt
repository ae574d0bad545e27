package com.example.ENGINE.classify

import android.net.Uri
import deploykit.tests.bitmap
import deploykit.tests.cases
import deploykit.tests.casesOf
import deploykit.tests.device
import deploykit.tests.floats
import deploykit.tests.tell
import kotlin.math.abs
import kotlinx.coroutines.runBlocking
import org.json.JSONObject
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
    fun `sorts pictures as Python does`() = runBlocking {
        TestModel.load(device()).use { model ->
            assertEquals(Accelerator.Cpu, model.accelerator)
            var worst = 0f
            val all = casesOf("classify")
            for (case in all) {
                val expected = case.getJSONArray("expected").floats()
                val picture = bitmap(case.getString("file"))
                val result = model.classify(picture, Orientation.ofExif(case.getInt("orientation")))
                val scores = result.labels.sortedBy { it.index }.map { it.score }
                val error = scores.indices.maxOf { abs(scores[it] - expected[it]) }
                assertTrue("$case: $scores", error < 2e-3f)
                assertEquals(model.info.labels[expected.indices.maxBy { expected[it] }], result.best.name)
                worst = maxOf(worst, error)
            }
            assertEquals("sec\"ond$", model.info.labels[1])
            tell("ENGINE", "classify", all.size, worst)
        }
    }

    @Test
    fun `reads picture files and turns them upright`() = runBlocking {
        TestModel.load(device()).use { model ->
            val picture = bitmap("photo.jpg")
            val file = Uri.fromFile(cases.resolve("photo.jpg"))
            assertEquals(model.classify(picture, Orientation.LeftMirrored), model.classify(file))
            val text = cases.resolve("text.txt").apply { writeText("no picture") }
            for (unusable in listOf(cases.resolve("print.jpg"), text, cases.resolve("none.png"))) {
                val failure = assertThrows(ModelException.InvalidInput::class.java) {
                    runBlocking { model.classify(Uri.fromFile(unusable)) }
                }
                assertTrue("${failure.message}", unusable.name in failure.message.orEmpty())
            }
        }
    }

    @Test
    fun `passes its own tests on the CPU and tells it`() = runBlocking {
        TestModel.load(device()).use { model ->
            model.prewarm()
            val report = model.selfTest()
            assertTrue(report.toJson(), report.passed)
            cases.resolve("selftest-ENGINE.json").writeText(report.toJson())
            val rows = JSONObject(report.toJson()).getJSONArray("rows")
            val others = List(rows.length(), rows::getJSONObject).filter { it.getString("accelerator") != "cpu" }
            assertTrue(others.isNotEmpty() && others.all { it.getString("error").isNotEmpty() })
        }
        assertEquals(LoadState.Ready(Accelerator.Cpu), TestModel.loadState.value)
    }
}
