package deploykit.tests

import android.content.Context
import android.graphics.Bitmap
import android.graphics.BitmapFactory
import deploykit.host.contextWithAssets
import java.io.File
import org.json.JSONArray
import org.json.JSONObject

/** What the tests of all SDKs share: Android with the SDKs' assets, and the answers that Python expects. */
val cases = File(System.getProperty("answers"))

/** The device, with the assets of every SDK. */
fun device(): Context = contextWithAssets(File(System.getProperty("assets")))

/** The cases of a task. */
fun casesOf(task: String): List<JSONObject> {
    val all = JSONObject(cases.resolve("cases.json").readText()).getJSONArray(task)
    check(all.length() > 0)
    return List(all.length(), all::getJSONObject)
}

/** A picture as Android decodes it. */
fun bitmap(name: String): Bitmap {
    val unscaled = BitmapFactory.Options().apply { inScaled = false }
    return checkNotNull(BitmapFactory.decodeFile(cases.resolve(name).path, unscaled)) { "$name is no picture" }
}

/** The numbers of an array. */
fun JSONArray.floats(): FloatArray = FloatArray(length()) { getDouble(it).toFloat() }

/** The numbers of an array. */
fun JSONArray.ints(): IntArray = IntArray(length()) { getInt(it) }

/** Tells what was compared; the driver of the tests counts these lines. */
fun tell(engine: String, task: String, inferences: Int, worst: Any) =
    println("COMPARED $engine $task $inferences $worst")
