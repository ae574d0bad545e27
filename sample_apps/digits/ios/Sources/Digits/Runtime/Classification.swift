/// What a picture shows: every label with its score, best first.
public struct Classification: Sendable, Hashable, Codable {
    /// All labels, best first; equal scores keep the model's order.
    public let labels: [ScoredLabel]

    /// The label with the highest score.
    public var best: ScoredLabel { labels[0] }

    /// The `count` best labels.
    public func top(_ count: Int) -> [ScoredLabel] {
        Array(labels.prefix(max(0, count)))
    }

    /// - Throws: ``ModelError/modelCorrupt(reason:)`` if there is not one score for each name.
    init(scores: [Float], names: [String]) throws {
        guard scores.count == names.count, !scores.isEmpty else {
            throw ModelError.modelCorrupt(reason: "the model gave \(scores.count) scores for \(names.count) labels")
        }
        labels = zip(names, scores).enumerated()
            .map { ScoredLabel(index: $0, name: $1.0, score: $1.1) }
            .sorted { $0.score == $1.score ? $0.index < $1.index : $0.score > $1.score }
    }
}
