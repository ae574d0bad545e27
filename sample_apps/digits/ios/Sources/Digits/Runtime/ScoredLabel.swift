/// One label and how sure the model is of it.
public struct ScoredLabel: Sendable, Hashable, Codable {
    /// The label's place in the model's output.
    public let index: Int
    public let name: String
    public let score: Float
}
