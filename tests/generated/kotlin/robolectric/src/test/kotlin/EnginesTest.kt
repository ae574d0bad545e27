package deploykit.host

import android.content.Context
import com.google.ai.edge.litert.CompiledModel
import com.google.ai.edge.litert.LiteRtException
import java.io.File
import java.io.FileInputStream
import java.nio.FloatBuffer
import java.nio.channels.FileChannel
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertThrows
import org.junit.Before
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode
import org.tensorflow.lite.Interpreter

/** The engines inside Robolectric's class loader, with models that are assets. */
@RunWith(RobolectricTestRunner::class)
@Config(sdk = [35])
@GraphicsMode(GraphicsMode.Mode.NATIVE)
class EnginesTest {
    private lateinit var context: Context
    private val scores = Expected("scores")
    private val input = scores.input("x").floats()
    private val expected = scores.output("scores").floats()

    @Before
    fun install() {
        context = contextWithAssets(File(System.getProperty("assets")))
    }

    @Test
    fun `LiteRT runs an asset`() {
        CompiledModel.create(context.assets, "models/scores.tflite").use { model ->
            val inputs = model.createInputBuffers().onEach { it.writeFloat(input) }
            assertArrayEquals(expected, model.run(inputs).single().readFloat(), 1e-6f)
        }
        assertThrows(LiteRtException::class.java) { CompiledModel.create(context.assets, "models/none.tflite") }
        assertThrows(LiteRtException::class.java) { CompiledModel.create(context.assets, "pictures/picture.png") }
    }

    @Test
    fun `TensorFlow Lite runs a mapped asset`() {
        val model = context.assets.openFd("models/scores.tflite").use { asset ->
            FileInputStream(asset.fileDescriptor).channel.use { channel ->
                channel.map(FileChannel.MapMode.READ_ONLY, asset.startOffset, asset.declaredLength)
            }
        }
        val output = FloatBuffer.allocate(expected.size)
        Interpreter(model).use { it.run(FloatBuffer.wrap(input), output) }
        assertArrayEquals(expected, output.array(), 1e-6f)
    }
}
