package deploykit.host

import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.FloatBuffer
import java.nio.channels.FileChannel
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import org.tensorflow.lite.DataType
import org.tensorflow.lite.Interpreter
import org.tensorflow.lite.Tensor
import org.tensorflow.lite.gpu.CompatibilityList
import org.tensorflow.lite.gpu.GpuDelegate
import org.tensorflow.lite.nnapi.NnApiDelegate

/** The AAR's `Interpreter` on LiteRT's runtime for Linux, against what Python's interpreter computed. */
class InterpreterTest {
    private val scores = Expected("scores")
    private val choice = Expected("choice")
    private val twoSignatures = Expected("two_signatures")

    @Test
    fun `computes floats as Python does, in buffers and in arrays`() {
        open(scores).use { interpreter ->
            val input = direct(interpreter.getInputTensor(0)).apply { put(scores.input("x").floats()) }
            val output = direct(interpreter.getOutputTensor(0))
            interpreter.run(input, output)
            val expected = scores.output("scores").floats()
            assertArrayEquals(expected, FloatArray(3).also { output.rewind().get(it) }, 1e-6f)
            assertTrue(interpreter.lastNativeInferenceDurationNanoseconds > 0)
            val array = arrayOf(FloatArray(3))
            interpreter.run(arrayOf(scores.input("x").floats()), array)
            assertArrayEquals(expected, array[0], 1e-6f)
            assertEquals(FloatBuffer.wrap(array[0]), interpreter.getOutputTensor(0).asReadOnlyBuffer().asFloatBuffer())
        }
    }

    @Test
    fun `counts in the order of the graph and takes names from the signature`() {
        val numbers = choice.input("numbers").ints().let { arrayOf(it.copyOf(3), it.copyOfRange(3, 6)) }
        val mask = choice.input("mask").booleans().let { arrayOf(it.copyOf(3), it.copyOfRange(3, 6)) }
        open(choice).use { interpreter ->
            assertEquals(listOf("first_of_graph", "second_of_graph"), List(2) { interpreter.getInputTensor(it).name() })
            assertEquals(1, interpreter.getInputIndex("second_of_graph"))
            val chosen = Array(2) { IntArray(3) }
            val inverse = Array(2) { BooleanArray(3) }
            interpreter.runForMultipleInputsOutputs(arrayOf(numbers, mask), mapOf(1 to inverse, 0 to chosen))
            assertEquals(choice.output("chosen").ints().toList(), chosen.flatMap { it.toList() })
            assertEquals(choice.output("inverse").booleans().toList(), inverse.flatMap { it.toList() })
            chosen.forEach { it.fill(0) }
            interpreter.runSignature(mapOf("mask" to mask, "numbers" to numbers), mapOf("chosen" to chosen))
            assertEquals(choice.output("chosen").ints().toList(), chosen.flatMap { it.toList() })
        }
    }

    @Test
    fun `runs each signature`() {
        open(twoSignatures).use { interpreter ->
            assertEquals(setOf("serving_default", "wide"), interpreter.signatureKeys.toSet())
            assertEquals(listOf("numbers"), interpreter.getSignatureInputs("wide").toList())
            assertEquals(setOf("doubled", "narrow"), interpreter.getSignatureOutputs("wide").toSet())
            val doubled = LongArray(5)
            val narrow = ByteBuffer.allocate(5)
            val input = twoSignatures.input("numbers", "wide").longs()
            interpreter.runSignature(mapOf("numbers" to input), mapOf("doubled" to doubled, "narrow" to narrow), "wide")
            assertArrayEquals(twoSignatures.output("doubled", "wide").longs(), doubled)
            assertArrayEquals(twoSignatures.output("narrow", "wide").bytes(), narrow.array())
            assertEquals(DataType.INT8, interpreter.getOutputTensorFromSignature("narrow", "wide").dataType())
            val sum = FloatBuffer.allocate(4)
            val addends = listOf("left", "right").associateWith { FloatBuffer.wrap(twoSignatures.input(it).floats()) }
            interpreter.runSignature(addends, mapOf("sum" to sum), "serving_default")
            assertArrayEquals(twoSignatures.output("sum").floats(), sum.array())
        }
    }

    @Test
    fun `tells what a tensor is`() {
        open(scores).use { interpreter ->
            assertEquals(1, interpreter.inputTensorCount)
            assertEquals(1, interpreter.outputTensorCount)
            val tensor = interpreter.getInputTensorFromSignature("x", "serving_default")
            assertEquals(listOf(1, 4), tensor.shape().toList())
            assertEquals(16, tensor.numBytes())
            assertEquals(4, tensor.numElements())
            assertEquals(DataType.FLOAT32, tensor.dataType())
            assertEquals(0f, tensor.quantizationParams().scale)
        }
    }

    @Test
    fun `takes more rows after resizing`() {
        val row = scores.input("x").floats()
        open(scores).use { interpreter ->
            interpreter.resizeInput(0, intArrayOf(2, 4))
            interpreter.allocateTensors()
            assertEquals(listOf(2, 3), interpreter.getOutputTensor(0).shape().toList())
            val output = Array(2) { FloatArray(3) }
            interpreter.run(arrayOf(FloatArray(4), row), output)
            assertArrayEquals(FloatArray(3) { 1f / 3 }, output[0], 1e-6f)
            assertArrayEquals(scores.output("scores").floats(), output[1], 1e-6f)
            // An array of another shape resizes by itself.
            val single = Array(1) { FloatArray(3) }
            interpreter.run(arrayOf(row), single)
            assertArrayEquals(scores.output("scores").floats(), single[0], 1e-6f)
        }
    }

    @Test
    fun `refuses what TensorFlow Lite refuses`() {
        open(scores).use { interpreter ->
            refused("with 16 bytes from a Java Buffer with 20 bytes") {
                interpreter.run(FloatBuffer.allocate(5), FloatBuffer.allocate(3))
            }
            refused("with 12 bytes to a Java Buffer with 8 bytes") {
                interpreter.run(FloatBuffer.allocate(4), FloatBuffer.allocate(2))
            }
            refused("with shape [1, 3] to a Java object with shape [3]") {
                interpreter.run(FloatBuffer.allocate(4), FloatArray(3))
            }
            refused("Cannot convert between") { interpreter.run(arrayOf(IntArray(4)), Array(1) { FloatArray(3) }) }
            refused("Invalid input Tensor index: 1") { interpreter.getInputTensor(1) }
            refused("Signature none not found") { interpreter.getSignatureInputs("none") }
        }
        val closed = open(scores).apply { close() }
        assertThrows<IllegalStateException> { closed.getInputTensor(0) }
        val zeros = ByteBuffer.allocateDirect(8).order(ByteOrder.nativeOrder())
        refused("not a valid TensorFlow Lite model") { Interpreter(zeros) }
        refused("MappedByteBuffer") { Interpreter(ByteBuffer.allocate(8)) }
    }

    @Test
    fun `has the AAR's delegates, whose libraries are Android's`() {
        assertThrows<LinkageError> { CompatibilityList() }
        assertThrows<LinkageError> { GpuDelegate() }
        assertThrows<LinkageError> { NnApiDelegate(NnApiDelegate.Options()) }
    }

    /** As an SDK opens an asset that lies uncompressed in the app. */
    private fun open(model: Expected): Interpreter =
        FileChannel.open(model.file.toPath()).use { channel ->
            val bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size())
            Interpreter(bytes, Interpreter.Options().setNumThreads(2))
        }

    private fun direct(tensor: Tensor): FloatBuffer =
        ByteBuffer.allocateDirect(tensor.numBytes()).order(ByteOrder.nativeOrder()).asFloatBuffer()

    private fun refused(reason: String, call: () -> Unit) {
        val failure = assertThrows<IllegalArgumentException> { call() }
        assertTrue(reason in failure.message.orEmpty(), failure.message)
    }
}
