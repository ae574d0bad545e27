package ai.deploykit.samples.digits

import org.json.JSONArray
import org.json.JSONObject

/** One of the model's own tests on one accelerator. */
@ConsistentCopyVisibility
public data class SelfTestRow internal constructor(
    val accelerator: Accelerator,
    /** Name of the test. */
    val test: String,
    val passed: Boolean,
    /** Largest difference from what the trained model gives; `null` if the model did not run. */
    val maxError: Float?,
    /** Signal-to-noise ratio of the worst output in decibels; `null` if the model did not run or agrees exactly. */
    val snrDb: Float?,
    /** Time of the accelerator's first run, in milliseconds, with opening the model. */
    val coldMs: Double?,
    /** Time of a later run in milliseconds. */
    val warmMs: Double?,
    /** Why the model did not run. */
    val error: String?,
)

/** What the model's own tests gave on this device. */
@ConsistentCopyVisibility
public data class SelfTestReport internal constructor(
    /** What deploykit made this library for, for example `android_litert`. */
    val target: String,
    val model: String,
    val version: String,
    val sha256: String,
    val engine: String,
    val device: String,
    val osBuild: String,
    /** Signal-to-noise ratio, in decibels, from which on a test passes. */
    val requiredSnrDb: Float,
    /** The accelerator that the model uses here. */
    val accelerator: Accelerator,
    val rows: List<SelfTestRow>,
) {
    /** Whether every test passed on the accelerator that the model uses here. */
    public val passed: Boolean
        get() {
            val used = rows.filter { it.accelerator == accelerator }
            return used.isNotEmpty() && used.all { it.passed }
        }

    /** The report as JSON: for a bug report, or for `deploykit parity --import`. Swift packages write the same. */
    public fun toJson(): String =
        JSONObject()
            .put("target", target)
            .put("model", model)
            .put("version", version)
            .put("sha256", sha256)
            .put("engine", engine)
            .put("device", device)
            .put("osBuild", osBuild)
            .put("requiredSnrDb", number(requiredSnrDb))
            .put("accelerator", accelerator.name.lowercase())
            .put("passed", passed)
            .put("rows", JSONArray(rows.map(::rowToJson)))
            .toString(2)

    private fun rowToJson(row: SelfTestRow): JSONObject =
        JSONObject()
            .put("accelerator", row.accelerator.name.lowercase())
            .put("test", row.test)
            .put("passed", row.passed)
            .put("maxError", number(row.maxError))
            .put("snrDb", number(row.snrDb))
            .put("coldMs", number(row.coldMs))
            .put("warmMs", number(row.warmMs))
            .put("error", row.error ?: JSONObject.NULL)

    /** JSON has no NaN and no infinity. */
    private fun number(value: Number?): Any =
        value?.toString()?.toDouble()?.takeIf(Double::isFinite) ?: JSONObject.NULL
}
