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
        try files.createDirectory(at: folder, withIntermediateDirectories: true)
        removeOlder(than: target)
        do {
            try files.moveItem(at: made, to: target)
        } catch {
            // Another load of the same model may have been faster; its result is as good.
            guard files.fileExists(atPath: target.path) else { throw error }
            try? files.removeItem(at: made)
        }
        return target
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
