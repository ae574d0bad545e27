import Foundation

/// What the model's own test pictures gave on this device.
public struct SelfTestReport: Sendable, Hashable, Codable {
    public let model: String
    public let version: String
    /// Of the model's file.
    public let sha256: String
    public let engine: String
    public let device: String
    public let osBuild: String
    /// Largest difference that passes.
    public let tolerance: Float
    /// The accelerator that the model uses here; nil if it is closed.
    public let accelerator: Accelerator?
    /// Whether every test picture passed on the accelerator that the model uses here.
    public let passed: Bool
    public let rows: [SelfTestRow]

    init(info: ModelInfo, tolerance: Float, accelerator: Accelerator?, rows: [SelfTestRow]) {
        model = info.name
        version = info.version
        sha256 = info.sha256
        engine = info.engine
        device = ThisDevice.model
        osBuild = ThisDevice.system
        self.tolerance = tolerance
        self.accelerator = accelerator
        self.rows = rows
        let used = rows.filter { $0.accelerator == accelerator }
        passed = !used.isEmpty && used.allSatisfy(\.passed)
    }

    /// The report as JSON, for example to attach it to a bug report.
    public func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}

/// One test picture on one accelerator.
public struct SelfTestRow: Sendable, Hashable, Codable {
    public let accelerator: Accelerator
    /// Name of the test picture.
    public let picture: String
    public let passed: Bool
    /// Largest difference from the expected scores; nil if the model did not run or gave no number.
    public let maxError: Float?
    /// Signal-to-noise ratio of the scores in decibels; nil if the model did not run or agrees exactly.
    public let snrDb: Float?
    /// Time of the accelerator's first run in milliseconds, with opening the model.
    public let coldMs: Double?
    /// Time of a later run in milliseconds.
    public let warmMs: Double?
    /// Why the model did not run.
    public let error: String?
}

extension SelfTestRow {
    static func failed(_ picture: String, on accelerator: Accelerator, _ error: any Error) -> SelfTestRow {
        SelfTestRow(
            accelerator: accelerator, picture: picture, passed: false, maxError: nil, snrDb: nil, coldMs: nil,
            warmMs: nil, error: error.localizedDescription)
    }
}

/// How far scores are from the expected ones.
struct ScoreDifference {
    /// Infinite if a score is not a number, or there are not as many as expected.
    let maxError: Float
    let snrDb: Float?

    init(_ actual: [Float], from expected: [Float]) {
        guard actual.count == expected.count, actual.allSatisfy(\.isFinite) else {
            maxError = .infinity
            snrDb = nil
            return
        }
        let errors = zip(actual, expected).map { abs($0 - $1) }
        maxError = errors.max() ?? 0
        let signal = expected.reduce(0) { $0 + Double($1) * Double($1) }
        let noise = errors.reduce(0) { $0 + Double($1) * Double($1) }
        let ratio = Float(10 * log10(signal / noise))
        snrDb = ratio.isFinite ? ratio : nil
    }
}
