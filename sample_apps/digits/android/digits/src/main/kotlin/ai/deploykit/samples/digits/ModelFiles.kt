package ai.deploykit.samples.digits

import org.json.JSONArray
import org.json.JSONException
import org.json.JSONObject

/** The labels, in the order of the model's scores; none if the model has none. */
internal fun readLabels(platform: Platform, contract: ModelContract): List<String> {
    if (contract.labelCount == 0) return emptyList()
    val labels = parse(platform, "labels.json") { array -> List(array.length(), array::getString) }
    if (labels.size != contract.labelCount) {
        throw ModelException.ModelCorrupt("labels.json has ${labels.size} labels, not ${contract.labelCount}")
    }
    return labels
}

/** The tests with which accelerators are checked. */
internal fun readTestCases(platform: Platform, contract: ModelContract): List<TestCase> =
    parse(platform, "goldens.json") { array ->
        val inputs = contract.inputs.filter { it.state == null }
        List(array.length()) { index ->
            val golden = array.getJSONObject(index)
            val files = golden.getJSONArray("inputs")
            val sizes = contract.sizes.associate { it.name to golden.getJSONObject("sizes").getInt(it.name) }
            val specs = inputs.map { it.at(sizes) }
            val outputs = golden.getJSONArray("outputs")
            TestCase(
                name = golden.getString("name"),
                given = specs.mapIndexed { place, spec -> readInput(platform, spec, files.getString(place)) },
                expected = contract.outputs.indices.map { readExpected(outputs.getJSONObject(it)) },
            )
        }
    }

private fun readInput(platform: Platform, spec: TensorSpec, file: String): Given {
    if (spec.picture == null) return GivenNumbers(spec.read(platform.bytes(file)))
    val pixels = platform.picture(file)
    return GivenPicture { pixels }
}

private fun readExpected(output: JSONObject): Expected {
    val values = output.getJSONArray("values")
    return Expected(output.getInt("step"), FloatArray(values.length()) { values.getDouble(it).toFloat() })
}

private fun <T> parse(platform: Platform, file: String, read: (JSONArray) -> T): T =
    try {
        read(JSONArray(platform.bytes(file).decodeToString()))
    } catch (failure: JSONException) {
        throw ModelException.ModelCorrupt("$file cannot be read: ${failure.message}", failure)
    }
