import Foundation

/// What opens and runs the model's file: Core ML or ONNX Runtime.
///
/// An engine need not be `Sendable`: it never leaves the ``ModelSession`` that opened it. Its calls block, which is why
/// the session has a queue of its own.
protocol Engine {
    /// Makes the shipped file ready to be opened, once per device, and says where the ready file is.
    static func prepare(_ model: ModelFile, cache: URL) async throws -> URL

    /// - Throws: any error if `accelerator` cannot run the model.
    init(opening file: URL, of model: ModelFile, on accelerator: Accelerator, options: ModelOptions) throws

    /// The scores for an input in the order of ``ModelFile/inputShape``.
    func predict(_ input: [Float]) throws -> [Float]
}

/// The model's file in the package, and the names and shapes inside it.
struct ModelFile: Sendable {
    let folder: URL
    /// Without its extension.
    let name: String
    let fileExtension: String
    let sha256: String
    let input: String
    let inputShape: [Int]
    let output: String

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
