package ai.deploykit.samples.digits

import kotlinx.coroutines.flow.MutableStateFlow

/** The model, open on an accelerator. */
internal class OpenedEngine(val accelerator: Accelerator, val engine: Engine)

/**
 * Opens the model on the first accelerator that passes the model's own tests.
 *
 * An accelerator that fails loudly is stepped over, and so is one that silently computes something else: a model can be
 * taken whole by a GPU or NPU driver and give wrong numbers without an error. Verdicts are remembered, so this costs
 * time once per model and OS build.
 */
internal class AcceleratorCascade(
    private val contract: ModelContract,
    private val platform: Platform,
    private val tests: List<TestCase>,
    private val verdicts: Verdicts,
    private val state: MutableStateFlow<LoadState>,
) {
    private val failures = mutableListOf<String>()

    fun open(options: ModelOptions): OpenedEngine {
        val wanted = options.accelerators.filter { it in contract.accelerators }.distinct()
        return wanted.firstNotNullOfOrNull { accelerator -> tryOn(accelerator, options.verifyAccelerator) }
            ?: throw ModelException.UnsupportedDevice(
                "no accelerator runs ${contract.name} correctly: wanted $wanted, $failures",
            )
    }

    private fun tryOn(accelerator: Accelerator, verify: Boolean): OpenedEngine? {
        val verdict = verdicts.of(accelerator)
        // The CPU is the last resort, so it is tried again whatever happened before.
        val distrusted = verdict == Verdict.Wrong || verdict == Verdict.Unfinished
        if (verify && distrusted && accelerator != Accelerator.Cpu) {
            failures += "$accelerator failed its check before"
            return null
        }
        if (!verify || verdict == Verdict.Right) return openOn(accelerator)
        verifyFiles()
        // A driver can take the whole process down: the next start then finds this and steps over the accelerator.
        verdicts.remember(accelerator, Verdict.Unfinished)
        val engine = openOn(accelerator)
        if (engine == null) {
            verdicts.remember(accelerator, Verdict.Unknown)
            return null
        }
        state.value = LoadState.Verifying(accelerator)
        val right = isRight(engine)
        verdicts.remember(accelerator, if (right) Verdict.Right else Verdict.Wrong)
        if (!right) engine.engine.close()
        return engine.takeIf { right }
    }

    private fun openOn(accelerator: Accelerator): OpenedEngine? =
        attempt(accelerator) { OpenedEngine(accelerator, platform.open(accelerator)) }

    private fun isRight(opened: OpenedEngine): Boolean =
        attempt(opened.accelerator) {
            val predictor = Predictor(contract, opened.engine)
            tests.all { test ->
                val result = test.check(predictor, contract.requiredSnrDb)
                if (!result.passed) failures += "${opened.accelerator} is wrong on ${test.name}: ${result.told}"
                result.passed
            }
        } ?: false

    private fun verifyFiles() {
        val found = platform.modelHash()
        if (found != contract.sha256) {
            throw ModelException.ModelCorrupt(
                "${contract.file} has SHA-256 $found, and this code was made for ${contract.sha256}",
            )
        }
    }

    /** What [block] gives, or `null` with a note in [failures]: engines throw what they like, even linkage errors. */
    private fun <T> attempt(accelerator: Accelerator, block: () -> T): T? =
        try {
            block()
        } catch (failure: ModelException) {
            if (failure is ModelException.ModelMissing || failure is ModelException.ModelCorrupt) throw failure
            noted(accelerator, failure)
        } catch (failure: Exception) {
            noted(accelerator, failure)
        } catch (failure: LinkageError) {
            noted(accelerator, failure)
        }

    private fun noted(accelerator: Accelerator, failure: Throwable): Nothing? {
        failures += "$accelerator: ${failure.message ?: failure.javaClass.simpleName}"
        return null
    }
}
