import Foundation

/// Inputs of the model's own, and what the trained model makes of them.
struct TestCase: Sendable {
    let name: String
    /// One for each input that is no state. Pictures are decoded when they are asked for.
    let given: @Sendable () throws -> [Given]
    let expected: [Expected]

    /// Compares what the model makes of the inputs, without any state from before.
    func check(_ predictor: Predictor, given: [Given], requiredSnrDb: Float) throws -> TestResult {
        predictor.reset()
        let outputs = try predictor.predict(given).outputs
        return TestResult(zip(outputs, expected).map { Difference($0, from: $1) }, requiredSnrDb: requiredSnrDb)
    }
}

/// What the trained model gives in one output: every `step`-th number.
struct Expected: Sendable, Decodable {
    let step: Int
    let values: [Float]
}

/// How far an output is from what is expected.
struct Difference {
    /// Of integers: rounding moves a few pixels of a class map over a border.
    private static let equalShare: Float = 0.9

    /// What counts as zero where zeros are expected.
    private static let nothing: Float = 1e-3

    /// Infinite if a number is none, or there are not as many as expected.
    let maxError: Float
    /// nil if the two agree exactly, for integers, of which only equal ones are right, and for zeros.
    let snrDb: Float?
    private let isInteger: Bool
    private let equalShare: Float
    private let hasSignal: Bool

    init(_ actual: Numbers, from expected: Expected) {
        isInteger = actual.type != .float32
        let numbers = actual.floats
        var (worst, signal, noise, equal): (Float, Double, Double, Int) = (0, 0, 0, 0)
        for (place, wanted) in expected.values.enumerated() {
            let number = place * expected.step < numbers.count ? numbers[place * expected.step] : .nan
            let error = abs(number - wanted)
            worst = error.isNaN ? .infinity : max(worst, error)
            signal += Double(wanted) * Double(wanted)
            noise += Double(error) * Double(error)
            equal += error == 0 ? 1 : 0
        }
        maxError = worst
        hasSignal = signal > 0
        equalShare = Float(equal) / Float(max(1, expected.values.count))
        snrDb = isInteger || !hasSignal || noise == 0 ? nil : Float(10 * log10(signal / noise))
    }

    func passes(_ requiredSnrDb: Float) -> Bool {
        if isInteger { return equalShare >= Self.equalShare }
        guard hasSignal else { return maxError <= Self.nothing }
        // NaN is not at least anything.
        return snrDb.map { $0 >= requiredSnrDb } ?? true
    }
}

/// All outputs of one test.
struct TestResult {
    let passed: Bool
    let maxError: Float
    /// Of the worst output that has one.
    let snrDb: Float?

    init(_ differences: [Difference], requiredSnrDb: Float) {
        passed = differences.allSatisfy { $0.passes(requiredSnrDb) }
        maxError = differences.map(\.maxError).max() ?? .infinity
        snrDb = differences.compactMap(\.snrDb).min()
    }

    /// In words.
    var told: String { "off by \(maxError)" + (snrDb.map { ", \($0) dB" } ?? "") }
}
