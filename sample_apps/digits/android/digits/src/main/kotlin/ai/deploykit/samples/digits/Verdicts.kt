package ai.deploykit.samples.digits

import java.io.File
import java.io.IOException

/** Whether an accelerator computes this model correctly. */
internal enum class Verdict {
    Unknown,

    /** A check began and never ended: the process was killed, perhaps by the accelerator's driver. */
    Unfinished,
    Right,
    Wrong,
}

/**
 * Remembers verdicts in a small file, one line per accelerator.
 *
 * The first line is the [key] (model and OS build); with another key the file counts as empty. A file that cannot be
 * written costs time at the next start and nothing else.
 */
internal class Verdicts(private val file: File, private val key: String) {
    private val known: MutableMap<Accelerator, Verdict> = read()

    fun of(accelerator: Accelerator): Verdict = known[accelerator] ?: Verdict.Unknown

    fun remember(accelerator: Accelerator, verdict: Verdict) {
        known[accelerator] = verdict
        val lines = listOf(key) + known.map { (name, value) -> "$name $value" }
        try {
            file.parentFile?.mkdirs()
            file.writeText(lines.joinToString("\n"))
        } catch (_: IOException) {
            file.delete()
        }
    }

    private fun read(): MutableMap<Accelerator, Verdict> {
        val lines = try {
            file.readLines()
        } catch (_: IOException) {
            emptyList()
        }
        val verdicts = mutableMapOf<Accelerator, Verdict>()
        if (lines.firstOrNull() != key) return verdicts
        for (line in lines.drop(1)) {
            val accelerator = Accelerator.entries.find { it.name == line.substringBefore(' ') } ?: continue
            val verdict = Verdict.entries.find { it.name == line.substringAfter(' ') } ?: continue
            verdicts[accelerator] = verdict
        }
        return verdicts
    }
}
