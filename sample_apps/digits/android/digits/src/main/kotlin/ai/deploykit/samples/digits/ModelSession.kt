package ai.deploykit.samples.digits

import java.io.File
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.coroutines.cancellation.CancellationException
import kotlinx.coroutines.CoroutineDispatcher
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
    private val tests: List<TestPicture>,
    private val opened: OpenedEngine,
    val info: ModelInfo,
) : AutoCloseable {
    private val closed = AtomicBoolean(false)
    private val preprocessor = Preprocessor(contract.preprocessing)
    private val input = FloatArray(contract.preprocessing.size)
    private var argb = IntArray(0)

    val accelerator: Accelerator get() = opened.accelerator

    /** Scores the picture that [read] gives, which runs on the worker and may fill the array that it gets. */
    suspend fun classify(read: (reusable: IntArray) -> Pixels): Classification =
        withContext(worker) {
            if (closed.get()) throw ModelException.Closed()
            val picture = read(argb)
            argb = picture.argb
            preprocessor.run(picture, input)
            ensureActive()
            Classification.of(runEngine(), info.labels)
        }

    /** Runs the model once on an empty picture, so that the first real call is fast. */
    suspend fun prewarm() {
        withContext(worker) {
            if (closed.get()) throw ModelException.Closed()
            input.fill(0f)
            runEngine()
        }
    }

    suspend fun selfTest(): SelfTestReport =
        withContext(worker) {
            if (closed.get()) throw ModelException.Closed()
            val rows = contract.accelerators.flatMap { accelerator ->
                ensureActive()
                SelfTest(contract, platform, tests).run(accelerator)
            }
            SelfTestReport(
                model = info.name,
                version = info.version,
                sha256 = info.sha256,
                engine = platform.engine,
                device = platform.device,
                osBuild = platform.osBuild,
                tolerance = contract.tolerance,
                accelerator = accelerator,
                rows = rows,
            )
        }

    /** Returns at once; a call that runs now ends first, later ones throw [ModelException.Closed]. */
    override fun close() {
        if (closed.compareAndSet(false, true)) worker.asExecutor().execute(opened.engine::close)
    }

    private fun runEngine(): FloatArray {
        val scores = try {
            opened.engine.run(input)
        } catch (failure: ModelException) {
            throw failure
        } catch (failure: Exception) {
            val what = "${contract.name} failed on $accelerator: ${failure.message}"
            throw ModelException.AcceleratorFailed(what, failure)
        }
        if (scores.size != contract.labelCount) {
            throw ModelException.ModelCorrupt("the model gave ${scores.size} scores for ${contract.labelCount} labels")
        }
        return scores
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
            val tests = readTestPictures(platform, contract)
            state.value = LoadState.Loading(progress = 0.5f)
            val file = File(platform.cacheDir, "${contract.folder}.verdicts")
            val verdicts = Verdicts(file, key = "${contract.sha256} ${platform.osBuild}")
            val opened = AcceleratorCascade(contract, platform, tests, verdicts, state).open(options)
            state.value = LoadState.Ready(opened.accelerator)
            return ModelSession(contract, platform, worker, tests, opened, contract.info(labels, platform.engine))
        }
    }
}
