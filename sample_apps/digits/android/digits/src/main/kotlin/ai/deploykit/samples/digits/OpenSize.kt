package ai.deploykit.samples.digits

/** Stands in a shape for a size that is known at run time only. */
internal const val OPEN = -1

/** A size that is known at run time only. Inputs that name the same one have the same size there. */
internal class OpenSize(
    val name: String,
    /** That of zeros, which warm the model up. */
    val default: Int,
    private val allowed: Iterable<Int>,
) {
    fun allows(size: Int): Boolean =
        when (allowed) {
            is IntProgression -> size in allowed.first..allowed.last && (size - allowed.first) % allowed.step == 0
            else -> size in allowed
        }

    override fun toString(): String =
        when (allowed) {
            is IntRange -> "${allowed.first} to ${allowed.last}"
            is IntProgression -> "${allowed.first} to ${allowed.last} in steps of ${allowed.step}"
            else -> "one of ${allowed.joinToString()}"
        }
}

/**
 * The size that each open one has in [inputs], whose other sizes are right.
 *
 * @throws ModelException.InvalidInput if one is not allowed, or differs between two inputs.
 */
internal fun ModelContract.sizesOf(inputs: List<Numbers>): Map<String, Int> {
    if (sizes.isEmpty()) return emptyMap()
    val found = HashMap<String, Int>()
    for ((spec, numbers) in this.inputs.zip(inputs)) {
        for ((axis, name) in spec.open) {
            val size = numbers.shape[axis]
            val allowed = sizes.first { it.name == name }
            if (!allowed.allows(size)) {
                throw ModelException.InvalidInput("$name is $size in ${spec.name}, and has to be $allowed")
            }
            val first = found.getOrPut(name) { size }
            if (first != size) {
                throw ModelException.InvalidInput("$name is $size in ${spec.name}, and $first in an input before it")
            }
        }
    }
    return found
}

/** What a TFLite file calls the signature for [sizes]: such a file has one for each combination of sizes. */
internal fun ModelContract.signature(sizes: Map<String, Int>): String =
    if (sizes == defaultSizes) "serving_default" else this.sizes.joinToString("_") { "${it.name}_${sizes[it.name]}" }
