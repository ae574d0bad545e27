package com.example.digits

import kotlin.math.abs
import kotlin.math.log10
import kotlin.math.max

/** Inputs of the model's own, and what the trained model makes of them. */
internal class TestCase(val name: String, private val given: List<Given>, private val expected: List<Expected>) {
    /** Runs the model on them and compares. */
    fun check(predictor: Predictor, requiredSnrDb: Float): TestResult {
        predictor.reset()
        val outputs = predictor.predict(given).outputs
        return TestResult(outputs.zip(expected, ::Difference), requiredSnrDb)
    }
}

/** What the trained model gives in one output: every [step]-th number. */
internal class Expected(val step: Int, val values: FloatArray)

/** How far an output is from what is expected. */
internal class Difference(actual: Numbers, expected: Expected) {
    val maxError: Float

    /** `null` if the two agree exactly, for integers, of which only equal ones are right, and for zeros. */
    val snrDb: Float?
    private val isInteger = actual !is Floats
    private val equalShare: Float
    private val hasSignal: Boolean

    init {
        var worst = 0f
        var signal = 0.0
        var noise = 0.0
        var equal = 0
        for ((place, wanted) in expected.values.withIndex()) {
            val error = abs(actual.number(place * expected.step) - wanted)
            worst = if (error.isNaN()) Float.POSITIVE_INFINITY else max(worst, error)
            signal += wanted.toDouble() * wanted
            noise += error.toDouble() * error
            if (error == 0f) equal++
        }
        maxError = worst
        hasSignal = signal > 0
        equalShare = equal.toFloat() / expected.values.size
        snrDb = if (isInteger || !hasSignal || noise == 0.0) null else (10 * log10(signal / noise)).toFloat()
    }

    fun passes(requiredSnrDb: Float): Boolean =
        when {
            isInteger -> equalShare >= EQUAL_SHARE
            !hasSignal -> maxError <= NOTHING
            // NaN is not at least anything.
            else -> snrDb == null || snrDb >= requiredSnrDb
        }

    private companion object {
        /** Of integers: rounding moves a few pixels of a class map over a border. */
        const val EQUAL_SHARE = 0.9f

        /** What counts as zero where zeros are expected. */
        const val NOTHING = 1e-3f
    }
}

/** All outputs of one test. */
internal class TestResult(differences: List<Difference>, requiredSnrDb: Float) {
    val passed = differences.all { it.passes(requiredSnrDb) }
    val maxError = differences.maxOf { it.maxError }

    /** Of the worst output that has one. */
    val snrDb = differences.mapNotNull { it.snrDb }.minOrNull()

    /** In words. */
    val told: String get() = listOfNotNull("off by $maxError", snrDb?.let { "$it dB" }).joinToString()
}
