package deploykit.host

import com.google.ai.edge.litert.Accelerator
import com.google.ai.edge.litert.CompiledModel
import com.google.ai.edge.litert.Environment
import com.google.ai.edge.litert.LiteRtException
import com.google.ai.edge.litert.TensorType
import com.google.ai.edge.litert.TensorType.ElementType
import java.io.File
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import org.junit.jupiter.api.io.TempDir

/** LiteRT's API on the real runtime, against what Python's interpreter computed from the same files. */
class CompiledModelTest {
    @TempDir lateinit var folder: File

    private val scores = Expected("scores")
    private val choice = Expected("choice")
    private val twoSignatures = Expected("two_signatures")

    @Test
    fun `computes floats as Python does`() {
        create(scores).use { model ->
            val inputs = model.createInputBuffers()
            val outputs = model.createOutputBuffers()
            inputs.single().writeFloat(scores.input("x").floats())
            model.run(inputs, outputs)
            assertArrayEquals(scores.output("scores").floats(), outputs.single().readFloat(), 1e-6f)
            inputs.single().writeFloat(FloatArray(4))
            assertArrayEquals(FloatArray(3) { 1f / 3 }, model.run(inputs).single().readFloat(), 1e-6f)
            (inputs + outputs).forEach { it.close() }
        }
    }

    @Test
    fun `takes and gives ints and booleans, by name and in order`() {
        create(choice).use { model ->
            val mask = model.createInputBuffer("mask").apply { writeBoolean(choice.input("mask").booleans()) }
            val numbers = model.createInputBuffer("numbers").apply { writeInt(choice.input("numbers").ints()) }
            val inverse = model.createOutputBuffer("inverse")
            val chosen = model.createOutputBuffer("chosen")
            model.run(mapOf("numbers" to numbers, "mask" to mask), mapOf("inverse" to inverse, "chosen" to chosen))
            assertArrayEquals(choice.output("inverse").booleans(), inverse.readBoolean())
            assertArrayEquals(choice.output("chosen").ints(), chosen.readInt())
        }
    }

    @Test
    fun `counts buffers in one order for types, creating and running`() {
        create(choice).use { model ->
            // The signature lists the mask first, the graph the numbers.
            val inputs = model.createInputBuffers()
            inputs[0].writeInt(choice.input("numbers").ints())
            inputs[1].writeBoolean(choice.input("mask").booleans())
            val (chosen, inverse) = model.run(inputs)
            assertArrayEquals(choice.output("chosen").ints(), chosen.readInt())
            assertArrayEquals(choice.output("inverse").booleans(), inverse.readBoolean())
        }
    }

    @Test
    fun `runs each signature`() {
        create(twoSignatures).use { model ->
            val floats = model.createInputBuffers("serving_default")
            floats.zip(listOf("left", "right")).forEach { (buffer, name) ->
                buffer.writeFloat(twoSignatures.input(name).floats())
            }
            assertArrayEquals(twoSignatures.output("sum").floats(), model.run(floats, "serving_default")[0].readFloat())
            val wide = listOf(model.createInputBuffer("numbers", "wide"))
            wide[0].writeLong(twoSignatures.input("numbers", "wide").longs())
            val (doubled, narrow) = model.run(wide, 1)
            assertArrayEquals(twoSignatures.output("doubled", "wide").longs(), doubled.readLong())
            assertArrayEquals(twoSignatures.output("narrow", "wide").bytes(), narrow.readInt8())
        }
    }

    @Test
    fun `tells types`() {
        fun type(element: ElementType, vararg dimensions: Int) = TensorType(element, TensorType.Layout(dimensions))
        create(choice).use { model ->
            assertEquals(type(ElementType.BOOLEAN, 2, 3), model.getInputTensorType("mask"))
            assertEquals(type(ElementType.INT, 2, 3), model.getOutputTensorType("chosen", "serving_default"))
        }
        create(twoSignatures).use { model ->
            assertEquals(type(ElementType.INT64, 5), model.getInputTensorType("numbers", "wide"))
            assertEquals(type(ElementType.INT8, 5), model.getOutputTensorType("narrow", "wide"))
        }
    }

    @Test
    fun `refuses what LiteRT refuses`() {
        create(choice).use { model ->
            refused("ErrorNotFound") { model.createInputBuffer("none") }
            refused("ErrorNotFound") { model.createInputBuffers("none") }
            refused("ErrorRuntimeFailure") { model.createInputBuffers()[0].writeInt(IntArray(7)) }
            refused("ErrorRuntimeFailure") { model.createInputBuffers()[1].readFloat() }
            refused("Error") { model.run(model.createInputBuffers().take(1)) }
        }
        refused("ErrorFileIO") { CompiledModel.create("/no/such/file") }
        val broken = File(folder, "broken.tflite").apply { writeText("not a model") }
        refused("ErrorFileIO") { CompiledModel.create(broken.path) }
        val closed = create(scores).apply { close() }
        assertThrows<IllegalStateException> { closed.createInputBuffers() }
    }

    @Test
    fun `has no accelerators and says so as a phone without them does`() {
        Environment.create().use { assertEquals(setOf(Accelerator.CPU), it.getAvailableAccelerators()) }
        refused("ErrorCompilation") { create(scores, Accelerator.GPU) }
        create(scores, Accelerator.GPU, Accelerator.CPU).close()
        // Not an error: Google's API lets the CPU help an NPU, here with everything.
        create(scores, Accelerator.NPU).close()
    }

    @Test
    fun `has an NPU where there is a folder for its library`() {
        val options = mapOf(Environment.Option.DispatchLibraryDir to folder.path)
        Environment.create(options).use { environment ->
            assertEquals(setOf(Accelerator.NPU, Accelerator.CPU), environment.getAvailableAccelerators())
            CompiledModel.create(scores.file.path, CompiledModel.Options(Accelerator.CPU), environment).close()
        }
    }

    @Test
    fun `passes settings of the CPU on`() {
        val cache = File(folder, "weights.cache")
        val options = CompiledModel.Options(Accelerator.CPU)
        options.cpuOptions = CompiledModel.CpuOptions(numThreads = 2, xnnPackWeightCachePath = cache.path)
        CompiledModel.create(scores.file.path, options).close()
        assertTrue(cache.exists())
    }

    private fun create(model: Expected, vararg accelerators: Accelerator = arrayOf(Accelerator.CPU)): CompiledModel =
        CompiledModel.create(model.file.path, CompiledModel.Options(*accelerators))

    private fun refused(status: String, call: () -> Unit) {
        val failure = assertThrows<LiteRtException> { call() }
        assertTrue(failure.message.orEmpty().startsWith(status), failure.message)
    }
}
