/// What a model knows of itself.
public struct ModelInfo: Sendable, Hashable, Codable {
    public let name: String
    public let version: String
    /// SHA-256 of the model's file.
    public let sha256: String
    /// Of the weights and the arithmetic, for example `fp16`.
    public let precision: String
    /// The runtime that executes it, for example `coreml`.
    public let engine: String
    public let license: String?
    /// The names of the classes, in the order of the model's output; empty if the model has none.
    public let labels: [String]
    /// Of the picture that the model sees; nil if it takes none.
    public let inputWidth: Int?
    public let inputHeight: Int?
    /// How closely the file was measured to match the original PyTorch model.
    public let parity: String
    /// The version of deploykit that made this package.
    public let deploykit: String
}
