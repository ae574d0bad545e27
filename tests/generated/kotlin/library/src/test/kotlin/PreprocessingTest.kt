package com.example.onnxruntime.pictures

import java.io.DataInputStream
import java.io.File
import kotlin.math.abs
import org.json.JSONArray
import org.json.JSONObject
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** The same pictures through Kotlin and through `deploykit/transforms.py`. */
class PreprocessingTest {
    private val folder = File(System.getProperty("cases"))

    @Test
    fun `gives the tensors that Python makes`() {
        val cases = JSONArray(folder.resolve("index.json").readText())
        var worst = 0f
        var total = 0.0
        var count = 0L
        for (i in 0 until cases.length()) {
            val case = cases.getJSONObject(i)
            val expected = floats(folder.resolve("${case.getInt("number")}.tensor"))
            val actual = FloatArray(expected.size) { Float.NaN }
            Preprocessor(contract(case)).run(pixels(case), actual)
            val errors = FloatArray(expected.size) { abs(actual[it] - expected[it]) }
            assertTrue(errors.all { it <= 1f }, "off by ${errors.max()} of 255 levels: $case")
            assertTrue(errors.average() <= 0.1, "off by ${errors.average()} levels on average: $case")
            worst = maxOf(worst, errors.max())
            total += errors.sum()
            count += errors.size
        }
        assertTrue(cases.length() >= 100)
        println("preprocessing: ${cases.length()} pictures, worst $worst and mean ${total / count} of 255 levels")
    }

    @Test
    fun `keeps its tables for pictures of one size and drops them for another`() {
        val wanted = ImagePreprocessing(4, 4, ColorOrder.Rgb, Resize.Bilinear, Crop.Letterbox, 1.0)
        val shared = Preprocessor(wanted)
        for (pixels in listOf(checkered(9, 5), checkered(9, 5), checkered(5, 9), checkered(9, 5))) {
            val reused = FloatArray(wanted.size) { Float.NaN }.also { shared.run(pixels, it) }
            val fresh = FloatArray(wanted.size).also { Preprocessor(wanted).run(pixels, it) }
            assertTrue(fresh.contentEquals(reused))
        }
    }

    @Test
    fun `orientations know camera rotations`() {
        assertEquals(Orientation.Right, Orientation.ofRotation(90))
        assertEquals(Orientation.Left, Orientation.ofRotation(-90))
        assertEquals(Orientation.Down, Orientation.ofExif(3))
        assertEquals(Orientation.Up, Orientation.ofExif(0))
    }

    private fun contract(case: JSONObject) =
        ImagePreprocessing(
            width = case.getInt("width"),
            height = case.getInt("height"),
            color = ColorOrder.valueOf(case.getString("color")),
            resize = Resize.valueOf(case.getString("resize")),
            crop = Crop.valueOf(case.getString("crop")),
            cropFraction = case.getDouble("fraction"),
        )

    private fun pixels(case: JSONObject): Pixels {
        val bytes = folder.resolve("${case.getInt("number")}.argb")
        val argb = DataInputStream(bytes.inputStream().buffered()).use { stream ->
            IntArray((bytes.length() / 4).toInt()) { stream.readInt() }
        }
        val orientation = Orientation.ofExif(case.getInt("orientation"))
        return Pixels(argb, case.getInt("storedWidth"), case.getInt("storedHeight"), orientation)
    }

    private fun floats(file: File): FloatArray =
        DataInputStream(file.inputStream().buffered()).use { stream ->
            FloatArray((file.length() / 4).toInt()) { stream.readFloat() }
        }

    private fun checkered(width: Int, height: Int) =
        Pixels(IntArray(width * height) { if (it % 2 == 0) 0xFFFFFF else 0x204080 }, width, height)
}
