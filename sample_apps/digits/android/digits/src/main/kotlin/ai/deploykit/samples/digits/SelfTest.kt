package ai.deploykit.samples.digits

import kotlin.time.Duration
import kotlin.time.DurationUnit
import kotlin.time.measureTime
import kotlin.time.measureTimedValue

/** A picture of the model's own and the scores that the trained model gives it. */
internal class TestPicture(val name: String, private val pixels: Pixels, private val expected: FloatArray) {
    /** Runs [engine] on the picture and compares. */
    fun check(engine: Engine, preprocessing: ImagePreprocessing): ScoreDifference {
        val input = FloatArray(preprocessing.size)
        Preprocessor(preprocessing).run(pixels, input)
        return ScoreDifference(engine.run(input), expected)
    }
}

/** Runs the test pictures on one accelerator, with an engine of its own. */
internal class SelfTest(
    private val contract: ModelContract,
    private val platform: Platform,
    private val tests: List<TestPicture>,
) {
    fun run(accelerator: Accelerator): List<SelfTestRow> =
        try {
            val opening = measureTimedValue { platform.open(accelerator) }
            opening.value.use { engine ->
                tests.mapIndexed { index, test ->
                    row(accelerator, engine, test, opening.duration.takeIf { index == 0 })
                }
            }
        } catch (failure: Exception) {
            tests.map { failed(accelerator, it, failure) }
        } catch (failure: LinkageError) {
            tests.map { failed(accelerator, it, failure) }
        }

    /** [opening] is the time that opening took, and `null` after the first row: later pictures find the engine warm. */
    private fun row(accelerator: Accelerator, engine: Engine, test: TestPicture, opening: Duration?): SelfTestRow {
        val first = measureTimedValue { test.check(engine, contract.preprocessing) }
        val warm = measureTime { test.check(engine, contract.preprocessing) }
        return SelfTestRow(
            accelerator = accelerator,
            picture = test.name,
            passed = first.value.maxError <= contract.tolerance,
            maxError = first.value.maxError,
            snrDb = first.value.snrDb,
            coldMs = opening?.plus(first.duration)?.toDouble(DurationUnit.MILLISECONDS),
            warmMs = warm.toDouble(DurationUnit.MILLISECONDS),
            error = null,
        )
    }

    private fun failed(accelerator: Accelerator, test: TestPicture, failure: Throwable) =
        SelfTestRow(
            accelerator = accelerator,
            picture = test.name,
            passed = false,
            maxError = null,
            snrDb = null,
            coldMs = null,
            warmMs = null,
            error = failure.message ?: failure.javaClass.simpleName,
        )
}
