import Foundation

/// Opens the model on the best accelerator that is right, and runs it there.
///
/// Accelerators are tried in the order of ``ModelOptions/accelerators``. One that cannot open the model, or that gives
/// another result than PyTorch for the package's own tests, is stepped down from; that verdict is remembered for this
/// model and this build of the operating system. A result can be wrong without any error, so only comparing tells.
actor ModelSession {
    private let contract: ModelContract
    private let options: ModelOptions
    private let engineType: any Engine.Type
    private let verdicts: VerdictStore
    private let executor = BlockingExecutor(label: "deploykit.model")
    private var opened: (predictor: Predictor, accelerator: Accelerator)?

    /// Loading and predicting block for long; on a queue of their own they do not starve Swift's thread pool.
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(contract: ModelContract, options: ModelOptions, engine: any Engine.Type) {
        self.contract = contract
        self.options = options
        engineType = engine
        verdicts = VerdictStore(folder: options.cacheDirectory, modelHash: contract.file.sha256)
    }

    /// Runs the model on `given`, one for each input that is no state, and gives what `answer` makes of the outputs.
    func run<Answer: Sendable>(
        _ given: [Given], answer: @Sendable (Prediction) throws -> Answer
    ) throws -> Answer {
        let predictor = try predictor()
        let (inputs, placements) = try predictor.prepare(given)
        try Task.checkCancellation()
        return try answer(Prediction(outputs: try guarded { try predictor.run(inputs) }, placements: placements))
    }

    /// The same for one picture.
    func see<Answer: Sendable>(
        _ picture: Pixels, orientation: ImageOrientation,
        answer: @Sendable ([Numbers], Placement) throws -> Answer
    ) throws -> Answer {
        try run([.picture(picture, orientation)]) { try answer($0.outputs, $0.placements[0]) }
    }

    /// Many predictions as one call: `block` gets what predicts, and is cancelled between two predictions.
    func runMany<Answer: Sendable>(
        _ block: @Sendable (_ predict: (Given) throws -> [Numbers]) throws -> Answer
    ) throws -> Answer {
        let predictor = try predictor()
        return try block { given in
            try Task.checkCancellation()
            return try guarded { try predictor.predict([given]).outputs }
        }
    }

    /// Runs the model once on zeros, so that the next call finds everything in place.
    func prewarm() throws {
        let predictor = try predictor()
        try Task.checkCancellation()
        try guarded { try predictor.warm() }
    }

    /// The next call is the first one again.
    func reset() throws {
        try predictor().reset()
    }

    func close() {
        opened = nil
    }

    private func predictor() throws -> Predictor {
        guard let opened else { throw ModelError.closed }
        return opened.predictor
    }

    /// Engines throw what they like.
    private func guarded<Value>(_ predict: () throws -> Value) throws -> Value {
        do {
            return try predict()
        } catch let error as ModelError {
            throw error
        } catch {
            throw ModelError.acceleratorFailed(reason: error.localizedDescription)
        }
    }
}

// MARK: - Opening

extension ModelSession {
    /// Opens the model and says which accelerator runs it.
    func open(progress: LoadProgress) async throws -> Accelerator {
        let candidates = options.accelerators.filter { !isDistrusted($0) }
        await progress.report(.loading(progress: 0))
        #if canImport(CryptoKit)
            // Once an accelerator was found right with this file, hashing it again would only cost time.
            if options.verifyAccelerator, candidates.first.flatMap({ verdicts[$0] }) != .right {
                try contract.file.verify()
            }
        #endif
        let file = try await engineType.prepare(contract.file, cache: options.cacheDirectory)
        let tests = options.verifyAccelerator ? try contract.tests() : []
        var failures = options.accelerators.filter(isDistrusted).map { "\($0.rawValue): it failed its check before" }
        for (index, accelerator) in candidates.enumerated() {
            try Task.checkCancellation()
            await progress.report(.loading(progress: Double(index) / Double(candidates.count)))
            let isUnproven = options.verifyAccelerator && verdicts[accelerator] != .right
            // A driver can take the whole app down: the next start then finds this and steps over the accelerator.
            if isUnproven { verdicts.remember(.unfinished, for: accelerator) }
            do {
                let predictor = try open(file, on: accelerator)
                if isUnproven {
                    await progress.report(.verifying(accelerator))
                    try verify(predictor, on: accelerator, tests)
                }
                predictor.reset()
                opened = (predictor, accelerator)
                await progress.report(.ready(accelerator))
                return accelerator
            } catch {
                // What is only thrown may pass.
                if isUnproven, verdicts[accelerator] == .unfinished { verdicts.remember(nil, for: accelerator) }
                if let error = error as? ModelError, error.isOfFiles { throw error }
                failures.append("\(accelerator.rawValue): \(error.localizedDescription)")
            }
        }
        throw ModelError.unsupportedDevice(reason: failures.joined(separator: "\n"))
    }

    /// The CPU is the last resort, so it is tried again whatever happened before.
    private func isDistrusted(_ accelerator: Accelerator) -> Bool {
        let verdict = verdicts[accelerator]
        return options.verifyAccelerator && accelerator != .cpu && (verdict == .wrong || verdict == .unfinished)
    }

    private func open(_ file: URL, on accelerator: Accelerator) throws -> Predictor {
        Predictor(contract, try engineType.init(opening: file, of: contract, on: accelerator, options: options))
    }

    /// Runs every test, and remembers the verdict.
    private func verify(_ predictor: Predictor, on accelerator: Accelerator, _ tests: [TestCase]) throws {
        for test in tests {
            let result = try test.check(predictor, given: test.given(), requiredSnrDb: contract.requiredSnrDb)
            guard result.passed else {
                verdicts.remember(.wrong, for: accelerator)
                throw ModelError.acceleratorFailed(reason: "it is wrong on \(test.name): \(result.told)")
            }
        }
        verdicts.remember(.right, for: accelerator)
    }
}

// MARK: - Self-test

extension ModelSession {
    /// Opens the model anew on every wished accelerator and runs all tests.
    func selfTest() async -> SelfTestReport {
        var rows: [SelfTestRow] = []
        for accelerator in options.accelerators {
            rows += await selfTest(on: accelerator)
        }
        return SelfTestReport(contract: contract, accelerator: opened?.accelerator, rows: rows)
    }

    private func selfTest(on accelerator: Accelerator) async -> [SelfTestRow] {
        let tests: [TestCase]
        let file: URL
        do {
            tests = try contract.tests()
            file = try await engineType.prepare(contract.file, cache: options.cacheDirectory)
        } catch {
            return [.failed("-", on: accelerator, error)]
        }
        return tests.map { test in
            do {
                return try check(test, on: accelerator, file: file)
            } catch {
                return .failed(test.name, on: accelerator, error)
            }
        }
    }

    private func check(_ test: TestCase, on accelerator: Accelerator, file: URL) throws -> SelfTestRow {
        let given = try test.given()
        let clock = ContinuousClock()
        let start = clock.now
        let predictor = try open(file, on: accelerator)
        let result = try test.check(predictor, given: given, requiredSnrDb: contract.requiredSnrDb)
        let cold = clock.now - start
        let warm = try clock.measure {
            _ = try test.check(predictor, given: given, requiredSnrDb: contract.requiredSnrDb)
        }
        return SelfTestRow(
            accelerator: accelerator, test: test.name, passed: result.passed,
            maxError: result.maxError.isFinite ? result.maxError : nil,
            snrDb: result.snrDb.flatMap { $0.isFinite ? $0 : nil },
            coldMs: cold / .milliseconds(1), warmMs: warm / .milliseconds(1), error: nil)
    }
}
