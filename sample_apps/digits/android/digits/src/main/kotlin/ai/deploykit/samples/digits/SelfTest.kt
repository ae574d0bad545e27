package ai.deploykit.samples.digits

import kotlin.time.Duration
import kotlin.time.DurationUnit
import kotlin.time.measureTime
import kotlin.time.measureTimedValue

/** Runs the model's own tests on one accelerator, with an engine of its own. */
internal class SelfTest(
    private val contract: ModelContract,
    private val platform: Platform,
    private val tests: List<TestCase>,
) {
    fun run(accelerator: Accelerator): List<SelfTestRow> =
        try {
            val opening = measureTimedValue { platform.open(accelerator) }
            opening.value.use { engine ->
                val predictor = Predictor(contract, engine)
                tests.mapIndexed { index, test ->
                    row(accelerator, predictor, test, opening.duration.takeIf { index == 0 })
                }
            }
        } catch (failure: Exception) {
            tests.map { failed(accelerator, it, failure) }
        } catch (failure: LinkageError) {
            tests.map { failed(accelerator, it, failure) }
        }

    /** [opening] is the time that opening took, and `null` after the first row: later tests find the engine warm. */
    private fun row(accelerator: Accelerator, predictor: Predictor, test: TestCase, opening: Duration?): SelfTestRow {
        val first = measureTimedValue { test.check(predictor, contract.requiredSnrDb) }
        val warm = measureTime { test.check(predictor, contract.requiredSnrDb) }
        return SelfTestRow(
            accelerator = accelerator,
            test = test.name,
            passed = first.value.passed,
            maxError = first.value.maxError,
            snrDb = first.value.snrDb,
            coldMs = opening?.plus(first.duration)?.toDouble(DurationUnit.MILLISECONDS),
            warmMs = warm.toDouble(DurationUnit.MILLISECONDS),
            error = null,
        )
    }

    private fun failed(accelerator: Accelerator, test: TestCase, failure: Throwable) =
        SelfTestRow(
            accelerator = accelerator,
            test = test.name,
            passed = false,
            maxError = null,
            snrDb = null,
            coldMs = null,
            warmMs = null,
            error = failure.message ?: failure.javaClass.simpleName,
        )
}
