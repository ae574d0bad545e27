import Foundation

/// What the package carries beside the model: `labels.json`, and `goldens.json` with its inputs.
struct PackageFiles: Sendable {
    let folder: URL

    func labels() throws -> [String] {
        try decode([String].self, from: "labels.json")
    }

    /// The tests with which accelerators are checked.
    /// - Parameter read: decodes one picture file.
    func tests(
        inputs: [TensorSpec], read: @escaping @Sendable (URL) throws -> (Pixels, ImageOrientation)
    ) throws -> [TestCase] {
        let wanted = inputs.filter { $0.state == nil }
        return try decode([Golden].self, from: "goldens.json").map { golden in
            guard golden.inputs.count == wanted.count else {
                throw ModelError.modelCorrupt(reason: "goldens.json has not the model's \(wanted.count) inputs")
            }
            let files = golden.inputs.map(folder.appendingPathComponent)
            return TestCase(
                name: golden.name,
                given: { try zip(wanted, files).map { try Self.input($0.at(golden.sizes ?? [:]), $1, read) } },
                expected: golden.outputs)
        }
    }

    private static func input(
        _ spec: TensorSpec, _ file: URL, _ read: (URL) throws -> (Pixels, ImageOrientation)
    ) throws -> Given {
        guard spec.picture == nil else {
            let (pixels, orientation) = try read(file)
            return .picture(pixels, orientation)
        }
        return .numbers(try spec.read(data(file)))
    }

    private struct Golden: Decodable {
        let name: String
        /// Of those that a call chooses, if there are any.
        let sizes: [String: Int]?
        let inputs: [String]
        let outputs: [Expected]
    }

    private static func data(_ file: URL) throws -> Data {
        do {
            return try Data(contentsOf: file)
        } catch {
            throw ModelError.modelMissing(file: file.lastPathComponent)
        }
    }

    private func decode<Value: Decodable>(_ type: Value.Type, from name: String) throws -> Value {
        let data = try Self.data(folder.appendingPathComponent(name))
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch {
            throw ModelError.modelCorrupt(reason: "\(name) cannot be read")
        }
    }
}
