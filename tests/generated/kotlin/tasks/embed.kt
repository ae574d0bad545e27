package com.example.ENGINE.embed

import deploykit.tests.bitmap
import deploykit.tests.casesOf
import deploykit.tests.device
import deploykit.tests.floats
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
    fun `tells pictures apart as Python does`() = runBlocking {
        TestModel.load(device()).use { model ->
            assertTrue(model.selfTest().passed)
            assertEquals(Accelerator.Cpu, model.accelerator)
            var worst = 0f
            val cases = casesOf("embed")
            val index = EmbeddingIndex<Int>()
            for ((number, case) in cases.withIndex()) {
                val expected = case.getJSONArray("expected").floats()
                val picture = bitmap(case.getString("file"))
                val embedding = model.embed(picture, Orientation.ofExif(case.getInt("orientation")))
                val vector = embedding.toFloatArray()
                val error = vector.indices.maxOf { abs(vector[it] - expected[it]) }
                assertTrue("$case", error < 2e-3f)
                assertEquals(1f, embedding.similarity(Embedding(expected)), 1e-4f)
                worst = maxOf(worst, error)
                index.add(number, embedding)
            }
            for ((number, case) in cases.withIndex()) {
                val expected = Embedding(case.getJSONArray("expected").floats())
                assertEquals(number, index.nearest(expected).single().first)
            }
            tell("ENGINE", "embed", cases.size, worst)
        }
    }
}
