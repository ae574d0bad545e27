package deploykit.host

import java.io.File
import org.json.JSONArray
import org.json.JSONObject

/** What Python computed: `<model>.json` beside `<model>.tflite` has inputs and outputs by signature and name, flat. */
internal class Expected(private val model: String) {
    val file = File(System.getProperty("models"), "$model.tflite")
    private val cases = JSONObject(File(file.parentFile, "$model.json").readText())

    fun input(name: String, signature: String = "serving_default"): JSONArray = array(signature, "inputs", name)

    fun output(name: String, signature: String = "serving_default"): JSONArray = array(signature, "outputs", name)

    private fun array(signature: String, kind: String, name: String) =
        cases.getJSONObject(signature).getJSONObject(kind).getJSONArray(name)
}

internal fun JSONArray.floats() = FloatArray(length()) { getDouble(it).toFloat() }

internal fun JSONArray.ints() = IntArray(length(), ::getInt)

internal fun JSONArray.longs() = LongArray(length(), ::getLong)

internal fun JSONArray.bytes() = ByteArray(length()) { getInt(it).toByte() }

internal fun JSONArray.booleans() = BooleanArray(length(), ::getBoolean)
