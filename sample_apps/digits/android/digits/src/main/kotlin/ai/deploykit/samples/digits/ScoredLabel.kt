package ai.deploykit.samples.digits

/** One label with its score. */
public data class ScoredLabel(
    /** Position of the label in [ModelInfo.labels]. */
    val index: Int,
    val name: String,
    val score: Float,
)
