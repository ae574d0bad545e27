package ai.deploykit.samples.digits

/** Every label with its score, best first. */
public data class Classification(val labels: List<ScoredLabel>) {
    /** The label with the highest score. */
    public val best: ScoredLabel get() = labels.first()

    /** The [count] best labels, or all of them if there are fewer. */
    public fun top(count: Int): List<ScoredLabel> = labels.take(count)

    internal companion object {
        /** Sorts the scores in a classifier's output; equal ones keep the order of [names]. */
        fun of(output: Numbers, names: List<String>): Classification =
            Classification(
                names
                    .mapIndexed { index, name -> ScoredLabel(index, name, output.number(index)) }
                    .sortedByDescending { it.score },
            )
    }
}
