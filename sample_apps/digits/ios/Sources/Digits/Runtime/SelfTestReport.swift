import Foundation

/// What the model's own tests gave on this device.
public struct SelfTestReport: Sendable, Hashable, Codable {
    /// What deploykit made this package for, for example `ios_coreml`.
    public let target: String
    public let model: String
    public let version: String
    /// Of the model's file.
    public let sha256: String
    public let engine: String
    public let device: String
    public let osBuild: String
    /// Signal-to-noise ratio, in decibels, from which on a test passes.
    public let requiredSnrDb: Float
    /// The accelerator that the model uses here; nil if it is closed.
    public let accelerator: Accelerator?
    /// Whether every test passed on the accelerator that the model uses here.
    public let passed: Bool
    public let rows: [SelfTestRow]

    init(contract: ModelContract, accelerator: Accelerator?, rows: [SelfTestRow]) {
        target = contract.target
        model = contract.info.name
        version = contract.info.version
        sha256 = contract.info.sha256
        engine = contract.info.engine
        device = ThisDevice.model
        osBuild = ThisDevice.system
        requiredSnrDb = contract.requiredSnrDb
        self.accelerator = accelerator
        self.rows = rows
        let used = rows.filter { $0.accelerator == accelerator }
        passed = !used.isEmpty && used.allSatisfy(\.passed)
    }

    /// The report as JSON: for a bug report, or for `deploykit parity --import`. Android libraries write the same.
    public func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}

extension SelfTestReport {
    /// Every key is there; what is not known is `null`.
    public func encode(to encoder: any Encoder) throws {
        var json = encoder.container(keyedBy: CodingKeys.self)
        try json.encode(target, forKey: .target)
        try json.encode(model, forKey: .model)
        try json.encode(version, forKey: .version)
        try json.encode(sha256, forKey: .sha256)
        try json.encode(engine, forKey: .engine)
        try json.encode(device, forKey: .device)
        try json.encode(osBuild, forKey: .osBuild)
        try json.encode(requiredSnrDb, forKey: .requiredSnrDb)
        try json.encode(accelerator, forKey: .accelerator)
        try json.encode(passed, forKey: .passed)
        try json.encode(rows, forKey: .rows)
    }
}

/// One of the model's own tests on one accelerator.
public struct SelfTestRow: Sendable, Hashable, Codable {
    public let accelerator: Accelerator
    /// Name of the test.
    public let test: String
    public let passed: Bool
    /// Largest difference from what the trained model gives; nil if the model did not run or gave no number.
    public let maxError: Float?
    /// Signal-to-noise ratio of the worst output in decibels; nil if the model did not run or agrees exactly.
    public let snrDb: Float?
    /// Time of the accelerator's first run in milliseconds, with opening the model.
    public let coldMs: Double?
    /// Time of a later run in milliseconds.
    public let warmMs: Double?
    /// Why the model did not run.
    public let error: String?
}

extension SelfTestRow {
    static func failed(_ test: String, on accelerator: Accelerator, _ error: any Error) -> SelfTestRow {
        SelfTestRow(
            accelerator: accelerator, test: test, passed: false, maxError: nil, snrDb: nil, coldMs: nil,
            warmMs: nil, error: error.localizedDescription)
    }
}

extension SelfTestRow {
    /// Every key is there; what is not known is `null`.
    public func encode(to encoder: any Encoder) throws {
        var json = encoder.container(keyedBy: CodingKeys.self)
        try json.encode(accelerator, forKey: .accelerator)
        try json.encode(test, forKey: .test)
        try json.encode(passed, forKey: .passed)
        try json.encode(maxError, forKey: .maxError)
        try json.encode(snrDb, forKey: .snrDb)
        try json.encode(coldMs, forKey: .coldMs)
        try json.encode(warmMs, forKey: .warmMs)
        try json.encode(error, forKey: .error)
    }
}
