package deploykit.runtime

import java.io.File
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.coroutines.cancellation.CancellationException
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.asExecutor
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.withContext

/**
 * A loaded model.
 *
 * Everything native is made, used and closed by [worker], one call at a time, so callers may be on any thread.
 */
internal class ModelSession private constructor(
    private val contract: ModelContract,
    private val platform: Platform,
    private val worker: CoroutineDispatcher,
    private val tests: List<TestCase>,
    private val opened: OpenedEngine,
    val info: ModelInfo,
) : AutoCloseable {
    private val closed = AtomicBoolean(false)
    private val predictor = Predictor(contract, opened.engine)

    val accelerator: Accelerator get() = opened.accelerator

    /** Runs the model on [given], one for each input that is no state, and gives what [answer] makes of the outputs. */
    suspend fun <T> run(given: List<Given>, answer: (Prediction) -> T): T =
        work {
            val placements = predictor.prepare(given)
            ensureActive()
            answer(Prediction(guarded { predictor.run() }, placements))
        }

    /** The same for the picture that [read] gives, which runs on the worker and may fill the array that it gets. */
    suspend fun <T> see(read: (reusable: IntArray) -> Pixels, answer: (List<Numbers>, Placement) -> T): T =
        run(listOf(GivenPicture(read))) { answer(it.outputs, it.placements.single()) }

    /** Many predictions as one call: [block] gets what predicts, and is cancelled between two predictions. */
    suspend fun <T> runMany(block: (predict: (Given) -> List<Numbers>) -> T): T =
        work {
            block { given ->
                ensureActive()
                guarded { predictor.predict(listOf(given)).outputs }
            }
        }

    /** Runs the model once on zeros, so that the first real call is fast. */
    suspend fun prewarm(): Unit = work { guarded { predictor.warm() } }

    /** The next call is the first one again. */
    suspend fun reset(): Unit = work { predictor.reset() }

    suspend fun selfTest(): SelfTestReport =
        work {
            val rows = contract.accelerators.flatMap { accelerator ->
                ensureActive()
                SelfTest(contract, platform, tests).run(accelerator)
            }
            SelfTestReport(
                target = contract.target,
                model = info.name,
                version = info.version,
                sha256 = info.sha256,
                engine = platform.engine,
                device = platform.device,
                osBuild = platform.osBuild,
                requiredSnrDb = contract.requiredSnrDb,
                accelerator = accelerator,
                rows = rows,
            )
        }

    /** Returns at once; a call that runs now ends first, later ones throw [ModelException.Closed]. */
    override fun close() {
        if (closed.compareAndSet(false, true)) worker.asExecutor().execute(opened.engine::close)
    }

    private suspend fun <T> work(block: CoroutineScope.() -> T): T =
        withContext(worker) {
            if (closed.get()) throw ModelException.Closed()
            block()
        }

    /** Engines throw what they like. */
    private fun <T> guarded(predict: () -> T): T =
        try {
            predict()
        } catch (failure: ModelException) {
            throw failure
        } catch (failure: Exception) {
            val what = "${contract.name} failed on $accelerator: ${failure.message}"
            throw ModelException.AcceleratorFailed(what, failure)
        }

    companion object {
        /** Loads the model on the first wanted accelerator that is right, and tells [state] how far it is. */
        suspend fun load(
            contract: ModelContract,
            platform: Platform,
            options: ModelOptions,
            state: MutableStateFlow<LoadState>,
        ): ModelSession {
            val worker = Dispatchers.IO.limitedParallelism(1)
            var session: ModelSession? = null
            try {
                return withContext(worker) {
                    open(contract, platform, options, worker, state).also { session = it }
                }
            } catch (failure: ModelException) {
                state.value = LoadState.Failed(failure)
                throw failure
            } catch (cancelled: CancellationException) {
                // The coroutine can be cancelled after the engine was opened and before the caller gets the session.
                session?.close()
                state.value = LoadState.Idle
                throw cancelled
            }
        }

        private fun open(
            contract: ModelContract,
            platform: Platform,
            options: ModelOptions,
            worker: CoroutineDispatcher,
            state: MutableStateFlow<LoadState>,
        ): ModelSession {
            state.value = LoadState.Loading(progress = 0f)
            val labels = readLabels(platform, contract)
            val tests = readTestCases(platform, contract)
            state.value = LoadState.Loading(progress = 0.5f)
            val file = File(platform.cacheDir, "${contract.folder}.verdicts")
            val verdicts = Verdicts(file, key = "${contract.sha256} ${platform.osBuild}")
            val opened = AcceleratorCascade(contract, platform, tests, verdicts, state).open(options)
            state.value = LoadState.Ready(opened.accelerator)
            return ModelSession(contract, platform, worker, tests, opened, contract.info(labels, platform.engine))
        }
    }
}
