import Foundation

/// What opens and runs the model's file: Core ML or ONNX Runtime.
///
/// An engine need not be `Sendable`: it never leaves the ``ModelSession`` that opened it. Its calls block, which is why
/// the session has a queue of its own.
protocol Engine {
    /// Makes the shipped file ready to be opened, once per device, and says where the ready file is.
    static func prepare(_ model: ModelFile, cache: URL) async throws -> URL

    /// - Throws: any error if `accelerator` cannot run the model.
    init(opening file: URL, of contract: ModelContract, on accelerator: Accelerator, options: ModelOptions) throws

    /// Runs the model. Inputs and outputs are in the contract's order, and have its types and shapes.
    func run(_ inputs: [Numbers]) throws -> [Numbers]
}

/// The model's file in the package.
struct ModelFile: Sendable {
    let folder: URL
    /// Without its extension.
    let name: String
    let fileExtension: String
    let sha256: String

    /// The file, with another extension if one is given.
    /// - Throws: ``ModelError/modelMissing(file:)`` if it is not there.
    func url(extension other: String? = nil) throws -> URL {
        let url = folder.appendingPathComponent("\(name).\(other ?? fileExtension)")
        guard FileManager.default.fileExists(atPath: url.path) else {
            throw ModelError.modelMissing(file: url.lastPathComponent)
        }
        return url
    }
}

/// What a session has to know of its model.
struct ModelContract: Sendable {
    /// What deploykit made this package for.
    let target: String
    let info: ModelInfo
    let file: ModelFile
    let inputs: [TensorSpec]
    let outputs: [TensorSpec]
    /// Signal-to-noise ratio that an accelerator has to reach in each output of the model's own tests.
    let requiredSnrDb: Float
    /// The model's own tests.
    let tests: @Sendable () throws -> [TestCase]
    /// Those that a call chooses.
    var sizes: [OpenSize] = []

    /// - Throws: ``ModelError/modelCorrupt(reason:)`` if the file has not the inputs and outputs of the contract.
    func check(inputs: [String], outputs: [String]) throws {
        let missing = Set(self.inputs.map(\.name)).subtracting(inputs).union(
            Set(self.outputs.map(\.name)).subtracting(outputs))
        guard missing.isEmpty else {
            throw ModelError.modelCorrupt(
                reason: "it has no input or output called \(missing.sorted().joined(separator: ", "))")
        }
    }
}
