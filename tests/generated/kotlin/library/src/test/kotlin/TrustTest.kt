package com.example.onnxruntime.pictures

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** What counts as right when an accelerator is checked. */
class TrustTest {
    private val expected = Expected(step = 2, values = floatArrayOf(1f, -2f, 3f))

    @Test
    fun `every second number counts where every second is known`() {
        val difference = Difference(floats(1f, 99f, -2f, 99f, 3f), expected)
        assertEquals(0f, difference.maxError)
        assertNull(difference.snrDb)
        assertTrue(difference.passes(30f))
    }

    @Test
    fun `zeros, noise and NaN fail`() {
        val zeros = Difference(floats(0f, 0f, 0f, 0f, 0f), expected)
        assertEquals(0f, zeros.snrDb)
        assertFalse(zeros.passes(3f))
        assertFalse(Difference(floats(1f, 0f, -2f, 0f, 3.3f), expected).passes(30f))
        val broken = Difference(floats(1f, 0f, Float.NaN, 0f, 3f), expected)
        assertEquals(Float.POSITIVE_INFINITY, broken.maxError)
        assertFalse(broken.passes(3f))
    }

    @Test
    fun `an error of three per cent passes at 30 dB`() {
        assertTrue(Difference(floats(1.02f, 0f, -2.05f, 0f, 3.05f), expected).passes(30f))
    }

    @Test
    fun `where nothing is expected nothing may come`() {
        val nothing = Expected(step = 1, values = floatArrayOf(0f, 0f))
        assertTrue(Difference(floats(0f, 1e-4f), nothing).passes(30f))
        assertFalse(Difference(floats(0f, 0.5f), nothing).passes(30f))
    }

    @Test
    fun `zeros hide no other output's decibels`() {
        val zeros = Difference(floats(0f, 1e-4f), Expected(step = 1, values = floatArrayOf(0f, 0f)))
        assertNull(zeros.snrDb)
        val other = Difference(floats(1.02f, 0f, -2.05f, 0f, 3.05f), expected)
        val result = TestResult(listOf(zeros, other), 30f)
        assertTrue(result.passed)
        assertEquals(other.snrDb, result.snrDb)
    }

    @Test
    fun `nine of ten integers have to be equal`() {
        val labels = Expected(step = 1, values = FloatArray(10) { it.toFloat() })
        val one = IntArray(10) { it }.apply { this[3] = 7 }
        val two = one.copyOf().apply { this[4] = 7 }
        assertTrue(Difference(Ints(listOf(10), one), labels).passes(30f))
        assertFalse(Difference(Ints(listOf(10), two), labels).passes(30f))
    }

    private fun floats(vararg values: Float) = Floats(listOf(values.size), values)
}
