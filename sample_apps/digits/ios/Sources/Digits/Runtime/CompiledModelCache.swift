import Foundation

/// Keeps the compiled form of a model, one per model and build of the operating system.
struct CompiledModelCache: Sendable {
    let folder: URL
    let modelHash: String
    var system = ThisDevice.systemKey

    private var prefix: String { "\(modelHash.prefix(16))-" }

    /// The compiled model, made by `compile` if it is not there yet.
    func compiled(_ package: URL, compile: @Sendable () async throws -> URL) async throws -> URL {
        let files = FileManager.default
        let target = folder.appendingPathComponent("\(prefix)\(system).mlmodelc", isDirectory: true)
        if files.fileExists(atPath: target.path) { return target }
        let made = try await compile()
        try makeFolder()
        removeOlder(than: target)
        // Moved between two volumes, a folder is copied file by file; under its name there is only ever a whole one.
        let whole = folder.appendingPathComponent("\(UUID().uuidString).partial", isDirectory: true)
        try files.moveItem(at: made, to: whole)
        do {
            try files.moveItem(at: whole, to: target)
        } catch {
            // Another load of the same model may have been faster; its result is as good.
            try? files.removeItem(at: whole)
            guard files.fileExists(atPath: target.path) else { throw error }
        }
        return target
    }

    private func makeFolder() throws {
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            // Another load may have made it in between, which is an error for some versions of Foundation.
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: folder.path, isDirectory: &isFolder), isFolder.boolValue
            else { throw error }
        }
    }

    /// What earlier builds of the operating system left behind.
    private func removeOlder(than current: URL) {
        let files = FileManager.default
        let found = (try? files.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
        for old in found where old.lastPathComponent.hasPrefix(prefix) && old.pathExtension == "mlmodelc" {
            if old.lastPathComponent != current.lastPathComponent {
                try? files.removeItem(at: old)
            }
        }
    }
}
