package ai.deploykit.samples.digits

/** One label with its score. */
public data class ScoredLabel(
    /** Position of the label in [ModelInfo.labels]. */
    val index: Int,
    val name: String,
    val score: Float,
)

/** Every label with its score, best first. */
public data class Classification(val labels: List<ScoredLabel>) {
    /** The label with the highest score. */
    public val best: ScoredLabel get() = labels.first()

    /** The [count] best labels, or all of them if there are fewer. */
    public fun top(count: Int): List<ScoredLabel> = labels.take(count)

    internal companion object {
        /** Sorts [scores] by size; equal scores keep the order of [names]. */
        fun of(scores: FloatArray, names: List<String>): Classification =
            Classification(
                scores
                    .mapIndexed { index, score -> ScoredLabel(index, names[index], score) }
                    .sortedByDescending { it.score },
            )
    }
}
