package deploykit.host

import android.content.Context
import android.graphics.Bitmap
import android.graphics.BitmapFactory
import android.graphics.Color
import android.os.Build
import java.io.File
import java.io.FileInputStream
import java.io.FileNotFoundException
import java.nio.ByteBuffer
import java.nio.channels.FileChannel
import org.json.JSONArray
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode

/** Android's own decoder and assets, against the pixels that Pillow read from the same files. */
@RunWith(RobolectricTestRunner::class)
@Config(sdk = [35])
@GraphicsMode(GraphicsMode.Mode.NATIVE)
class AndroidTest {
    private lateinit var context: Context
    private val folder = File(System.getProperty("assets"))

    @Before
    fun install() {
        context = contextWithAssets(folder)
    }

    @Test
    fun `is the Android that it claims to be`() {
        assertEquals(35, Build.VERSION.SDK_INT)
        assertTrue(context.codeCacheDir.isDirectory)
    }

    @Test
    fun `decodes PNG exactly`() {
        val bitmap = decode("pictures/picture.png")
        assertArrayEquals(pixels("png"), bitmap.argb())
        assertEquals(Bitmap.Config.ARGB_8888, bitmap.config)
    }

    @Test
    fun `decodes JPEG as other decoders do, without turning it`() {
        val expected = pixels("jpeg")
        val actual = decode("pictures/picture.jpeg").argb()
        assertEquals(expected.size, actual.size)
        val worst = expected.indices.maxOf { index -> difference(expected[index], actual[index]) }
        println("Android's JPEG differs from Pillow's by at most $worst of 255")
        // Two inverse cosine transforms may round differently.
        assertTrue("off by $worst", worst <= 1)
    }

    @Test
    fun `maps an uncompressed asset`() {
        val file = File(folder, "pictures/picture.png")
        val mapped = context.assets.openFd("pictures/picture.png").use { asset ->
            FileInputStream(asset.fileDescriptor).channel.use { channel ->
                channel.map(FileChannel.MapMode.READ_ONLY, asset.startOffset, asset.declaredLength)
            }
        }
        assertEquals(ByteBuffer.wrap(file.readBytes()), mapped)
    }

    @Test
    fun `has no other assets`() {
        assertThrows(FileNotFoundException::class.java) { context.assets.open("pictures/none.png") }
        assertArrayEquals(arrayOf("picture.jpeg", "picture.png"), context.assets.list("pictures"))
    }

    private fun decode(asset: String): Bitmap {
        val unscaled = BitmapFactory.Options().apply { inScaled = false }
        return checkNotNull(context.assets.open(asset).use { BitmapFactory.decodeStream(it, null, unscaled) })
    }

    private fun pixels(name: String): IntArray {
        val numbers = JSONArray(File(folder.parentFile, "$name.json").readText())
        return IntArray(numbers.length()) { numbers.getLong(it).toInt() }
    }

    private fun Bitmap.argb() = IntArray(width * height).also { getPixels(it, 0, width, 0, 0, width, height) }

    private fun difference(first: Int, second: Int): Int =
        listOf<(Int) -> Int>(Color::red, Color::green, Color::blue).maxOf { kotlin.math.abs(it(first) - it(second)) }
}
