package com.example.onnxruntime.pictures

import java.io.File
import java.io.IOException
import java.util.concurrent.CancellationException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.json.JSONObject
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import org.junit.jupiter.api.io.TempDir

/** A session on ONNX Runtime's real engine, with the assets of the rendered SDK. */
class SessionTest {
    @TempDir lateinit var cache: File

    private val state = MutableStateFlow<LoadState>(LoadState.Idle)

    @Test
    fun `classifies on the real engine as Python does`() = runBlocking {
        val platform = JvmPlatform(cache)
        load(platform).use { session ->
            assertEquals(Accelerator.Cpu, session.accelerator)
            val picture = platform.picture("golden_0_0.png")
            val result = session.see({ picture }) { outputs, _ -> Classification.of(outputs.first(), session.info.labels) }
            val golden = platform.golden()
            val expected = Classification.of(golden, session.info.labels)
            assertEquals(expected.labels.map { it.name }, result.labels.map { it.name })
            assertEquals(expected.best.score, result.best.score, 1e-6f)
            assertEquals(result.labels.take(3), result.top(3))
            assertTrue(result.top(1000).size == session.info.labels.size)
            val difference = Difference(scores(result), Expected(1, golden.values))
            println("ONNX Runtime on the JVM: off by ${difference.maxError}, ${difference.snrDb} dB")
        }
    }

    @Test
    fun `steps down from an accelerator that is wrong, and remembers`() = runBlocking {
        val platform = JvmPlatform(cache, wrong = setOf(Accelerator.Npu))
        load(platform).use { assertEquals(Accelerator.Cpu, it.accelerator) }
        assertEquals(listOf(Accelerator.Npu, Accelerator.Cpu), platform.opened)
        platform.opened.clear()
        load(platform).use { assertEquals(Accelerator.Cpu, it.accelerator) }
        assertEquals(listOf(Accelerator.Cpu), platform.opened)
        val unchecked = ModelOptions(verifyAccelerator = false)
        load(platform, unchecked).use { assertEquals(Accelerator.Npu, it.accelerator) }
    }

    @Test
    fun `forgets its verdicts when the OS changes`() = runBlocking {
        load(JvmPlatform(cache, wrong = setOf(Accelerator.Npu))).close()
        val updated = JvmPlatform(cache, osBuild = "next", works = setOf(Accelerator.Npu))
        load(updated).use { assertEquals(Accelerator.Npu, it.accelerator) }
    }

    @Test
    fun `steps over an accelerator that took the process down`() = runBlocking {
        val platform = JvmPlatform(cache, works = setOf(Accelerator.Npu))
        val file = cache.resolve("${contract.folder}.verdicts")
        Verdicts(file, "${contract.sha256} ${platform.osBuild}").remember(Accelerator.Npu, Verdict.Unfinished)
        load(platform).use { assertEquals(Accelerator.Cpu, it.accelerator) }
    }

    @Test
    fun `says why no accelerator is left`() {
        val failure = assertThrows<ModelException.UnsupportedDevice> {
            runBlocking { load(JvmPlatform(cache, wrong = setOf(Accelerator.Npu, Accelerator.Cpu))) }
        }
        assertTrue("Cpu is wrong on" in failure.message.orEmpty(), failure.message)
        assertEquals(LoadState.Failed(failure), state.value)
    }

    @Test
    fun `refuses a model file that is not its own`() {
        assertThrows<ModelException.ModelCorrupt> { runBlocking { load(JvmPlatform(cache, hash = "00")) } }
    }

    @Test
    fun `tests itself and tells it in JSON`() = runBlocking {
        load(JvmPlatform(cache)).use { session ->
            val report = session.selfTest()
            assertTrue(report.passed)
            val json = JSONObject(report.toJson())
            assertEquals("cpu", json.getString("accelerator"))
            val rows = json.getJSONArray("rows")
            val (npu, cpu) = List(rows.length(), rows::getJSONObject)
            assertFalse(npu.getBoolean("passed"))
            assertTrue(npu.getString("error").isNotEmpty())
            assertTrue(npu.isNull("maxError"))
            assertTrue(cpu.getDouble("maxError") < 1e-5)
            assertEquals("first \"golden\"", cpu.getString("test"))
        }
    }

    @Test
    fun `is closed when it is closed`() = runBlocking {
        val session = load(JvmPlatform(cache))
        session.prewarm()
        session.close()
        session.close()
        assertThrows<ModelException.Closed> { runBlocking { session.prewarm() } }
        assertInstanceOf(LoadState.Ready::class.java, state.value)
        Unit
    }

    @Test
    fun `says that the accelerator failed, whatever the engine throws`() = runBlocking {
        val broken = object : Platform by JvmPlatform(cache) {
            override fun open(accelerator: Accelerator) = object : Engine {
                override fun run(inputs: List<Numbers>): List<Numbers> = throw IOException("lost")

                override fun close() = Unit
            }
        }
        load(broken, ModelOptions(verifyAccelerator = false)).use { session ->
            val failure = assertThrows<ModelException.AcceleratorFailed> { runBlocking { session.prewarm() } }
            assertEquals("pictures failed on Npu: lost", failure.message)
        }
    }

    @Test
    fun `closes the engine when the caller of load is gone`() = runBlocking {
        val closed = CompletableDeferred<Unit>()
        lateinit var loading: Job
        val platform = object : Platform by JvmPlatform(cache) {
            override fun open(accelerator: Accelerator): Engine {
                loading.cancel()
                return object : Engine {
                    override fun run(inputs: List<Numbers>) = contract.outputs.map { it.zeros() }

                    override fun close() {
                        closed.complete(Unit)
                    }
                }
            }
        }
        loading = launch(start = CoroutineStart.LAZY) { load(platform, ModelOptions(verifyAccelerator = false)) }
        loading.join()
        withTimeout(5_000) { closed.await() }
        assertEquals(LoadState.Idle, state.value)
    }

    @Test
    fun `passes a caller's cancellation on`() = runBlocking {
        load(JvmPlatform(cache)).use { session ->
            assertThrows<CancellationException> {
                runBlocking { session.see({ throw CancellationException("by the test") }) { _, _ -> } }
            }
            session.prewarm()
        }
    }

    private suspend fun load(platform: Platform, options: ModelOptions = ModelOptions()): ModelSession =
        ModelSession.load(contract, platform, options, state)

    private fun scores(result: Classification): Numbers {
        val scores = result.labels.sortedBy { it.index }.map { it.score }.toFloatArray()
        return Floats(listOf(1, scores.size), scores)
    }
}
