package deploykit.runtime

import kotlin.math.sqrt

/** What the model makes of a picture: a vector whose direction says what it shows. */
public class Embedding(vector: FloatArray) {
    private val values = vector.copyOf()

    /** How many numbers it has. */
    public val size: Int get() = values.size

    /** The numbers. */
    public fun toFloatArray(): FloatArray = values.copyOf()

    /** Cosine of the angle between the two: 1 for the same direction, 0 for nothing in common. */
    public fun similarity(other: Embedding): Float {
        if (size != other.size) {
            throw ModelException.InvalidInput("embeddings of $size and of ${other.size} numbers cannot be compared")
        }
        var product = 0.0
        var own = 0.0
        var others = 0.0
        for (i in values.indices) {
            product += values[i].toDouble() * other.values[i]
            own += values[i].toDouble() * values[i]
            others += other.values[i].toDouble() * other.values[i]
        }
        return if (own == 0.0 || others == 0.0) 0f else (product / sqrt(own * others)).toFloat()
    }

    override fun equals(other: Any?): Boolean = other is Embedding && values.contentEquals(other.values)

    override fun hashCode(): Int = values.contentHashCode()

    override fun toString(): String = "Embedding(size=$size)"
}

/** Finds the nearest of many embeddings by looking at all: fast enough for some ten thousand. Not thread-safe. */
public class EmbeddingIndex<K> {
    private val entries = mutableListOf<Pair<K, Embedding>>()

    /** How many embeddings there are. */
    public val size: Int get() = entries.size

    public fun add(key: K, embedding: Embedding) {
        entries += key to embedding
    }

    /** The [count] most similar ones with their similarities, best first. */
    public fun nearest(embedding: Embedding, count: Int = 1): List<Pair<K, Float>> =
        entries
            .map { (key, known) -> key to embedding.similarity(known) }
            .sortedByDescending { (_, similarity) -> similarity }
            .take(count)
}
