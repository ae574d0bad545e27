import Foundation

/// A picture and the scores that PyTorch gave for it when the package was made.
struct Golden: Sendable {
    let name: String
    let expected: [Float]
    let picture: @Sendable () throws -> (Pixels, ImageOrientation)

    /// The picture as the model's input.
    func input(_ preprocessing: ImagePreprocessing) throws -> [Float] {
        let (pixels, orientation) = try picture()
        return preprocessing(pixels, orientation: orientation)
    }
}

/// What the package carries beside the model: `labels.json` and `goldens.json` with its pictures.
struct PackageFiles: Sendable {
    let folder: URL

    func labels() throws -> [String] {
        try decode([String].self, from: "labels.json")
    }

    /// - Parameter read: decodes one picture file.
    func goldens(
        read: @escaping @Sendable (URL) throws -> (Pixels, ImageOrientation)
    ) throws -> [Golden] {
        try decode([Record].self, from: "goldens.json").map { record in
            let file = folder.appendingPathComponent(record.file)
            return Golden(name: record.name, expected: record.scores, picture: { try read(file) })
        }
    }

    private struct Record: Decodable {
        let name: String
        let file: String
        let scores: [Float]
    }

    private func decode<Value: Decodable>(_ type: Value.Type, from name: String) throws -> Value {
        let data: Data
        do {
            data = try Data(contentsOf: folder.appendingPathComponent(name))
        } catch {
            throw ModelError.modelMissing(file: name)
        }
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch {
            throw ModelError.modelCorrupt(reason: "\(name) cannot be read")
        }
    }
}
