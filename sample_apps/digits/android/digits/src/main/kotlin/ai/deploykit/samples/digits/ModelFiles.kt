package ai.deploykit.samples.digits

import org.json.JSONArray
import org.json.JSONException

/** The labels, in the order of the model's scores. */
internal fun readLabels(platform: Platform, contract: ModelContract): List<String> {
    val labels = parse(platform, "labels.json") { array -> List(array.length(), array::getString) }
    if (labels.size != contract.labelCount) {
        throw ModelException.ModelCorrupt("labels.json has ${labels.size} labels, not ${contract.labelCount}")
    }
    return labels
}

/** The pictures with which accelerators are checked. */
internal fun readTestPictures(platform: Platform, contract: ModelContract): List<TestPicture> =
    parse(platform, "goldens.json") { array ->
        List(array.length()) { index ->
            val golden = array.getJSONObject(index)
            val scores = golden.getJSONArray("scores")
            TestPicture(
                name = golden.getString("name"),
                pixels = platform.picture(golden.getString("file")),
                expected = FloatArray(contract.labelCount) { scores.getDouble(it).toFloat() },
            )
        }
    }

private fun <T> parse(platform: Platform, file: String, read: (JSONArray) -> T): T =
    try {
        read(JSONArray(platform.text(file)))
    } catch (failure: JSONException) {
        throw ModelException.ModelCorrupt("$file cannot be read: ${failure.message}", failure)
    }
