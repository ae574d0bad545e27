/// What the model makes of a picture: a vector whose direction says what it shows.
public struct Embedding: Sendable, Hashable, Codable {
    public let vector: [Float]

    public init(_ vector: [Float]) {
        self.vector = vector
    }

    /// Cosine of the angle between the two: 1 for the same direction, 0 for nothing in common.
    /// - Throws: ``ModelError/invalidInput(reason:)`` if they have not as many numbers.
    public func similarity(to other: Embedding) throws -> Float {
        guard vector.count == other.vector.count else {
            throw ModelError.invalidInput(
                reason: "embeddings of \(vector.count) and of \(other.vector.count) numbers cannot be compared")
        }
        var (product, own, others) = (0.0, 0.0, 0.0)
        for (a, b) in zip(vector, other.vector) {
            product += Double(a) * Double(b)
            own += Double(a) * Double(a)
            others += Double(b) * Double(b)
        }
        return own == 0 || others == 0 ? 0 : Float(product / (own * others).squareRoot())
    }
}

/// Finds the nearest of many embeddings by looking at all: fast enough for some ten thousand.
public struct EmbeddingIndex<Key> {
    private var entries: [(key: Key, embedding: Embedding)] = []

    public init() {}

    /// How many embeddings there are.
    public var count: Int { entries.count }

    public mutating func add(_ key: Key, _ embedding: Embedding) {
        entries.append((key, embedding))
    }

    /// The `count` most similar ones with their similarities, best first.
    /// - Throws: ``ModelError/invalidInput(reason:)`` if one of them has another length.
    public func nearest(to embedding: Embedding, count: Int = 1) throws -> [(key: Key, similarity: Float)] {
        let all = try entries.map { (key: $0.key, similarity: try embedding.similarity(to: $0.embedding)) }
        return Array(all.sorted { $0.similarity > $1.similarity }.prefix(max(0, count)))
    }
}

extension EmbeddingIndex: Sendable where Key: Sendable {}
