import Foundation

/// Remembers which accelerators gave the right result, for one model on one build of the operating system.
///
/// A verdict that cannot be read or written is only a verdict that has to be found again, so nothing here throws.
struct VerdictStore: Sendable {
    enum Verdict: String, Codable, Sendable {
        case right
        case wrong
        /// A check began and never ended: the app was killed, perhaps by the accelerator's driver.
        case unfinished
    }

    private let file: URL

    init(folder: URL, modelHash: String, system: String = ThisDevice.systemKey) {
        file = folder.appendingPathComponent("\(modelHash.prefix(16))-\(system).verdicts.json")
    }

    subscript(accelerator: Accelerator) -> Verdict? {
        read()[accelerator.rawValue]
    }

    /// Nothing is known of the accelerator any more if `verdict` is nil.
    func remember(_ verdict: Verdict?, for accelerator: Accelerator) {
        var verdicts = read()
        verdicts[accelerator.rawValue] = verdict
        try? FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try? JSONEncoder().encode(verdicts).write(to: file, options: .atomic)
    }

    private func read() -> [String: Verdict] {
        guard let data = try? Data(contentsOf: file) else { return [:] }
        return (try? JSONDecoder().decode([String: Verdict].self, from: data)) ?? [:]
    }
}
