import Foundation

/// What a session has to know of its model.
struct ModelContract: Sendable {
    let info: ModelInfo
    let file: ModelFile
    let preprocessing: ImagePreprocessing
    /// Largest difference from a golden's score that counts as right.
    let tolerance: Float
    let goldens: @Sendable () throws -> [Golden]
}

/// Opens the model on the best accelerator that is right, and runs it there.
///
/// Accelerators are tried in the order of ``ModelOptions/accelerators``. One that cannot open the model, or that gives
/// another result than PyTorch for a picture of the package, is stepped down from; that verdict is remembered for this
/// model and this build of the operating system. A result can be wrong without any error, so only comparing tells.
actor ModelSession {
    private let contract: ModelContract
    private let options: ModelOptions
    private let engineType: any Engine.Type
    private let verdicts: VerdictStore
    private let executor = BlockingExecutor(label: "deploykit.model")
    private var opened: (engine: any Engine, accelerator: Accelerator)?

    /// Loading and predicting block for long; on a queue of their own they do not starve Swift's thread pool.
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(contract: ModelContract, options: ModelOptions, engine: any Engine.Type) {
        self.contract = contract
        self.options = options
        engineType = engine
        verdicts = VerdictStore(folder: options.cacheDirectory, modelHash: contract.file.sha256)
    }

    func classify(_ picture: Pixels, orientation: ImageOrientation) throws -> Classification {
        let input = contract.preprocessing(picture, orientation: orientation)
        return try Classification(scores: predict(input), names: contract.info.labels)
    }

    /// Runs the model once on black, so that the next call finds everything in place.
    func prewarm() throws {
        _ = try predict([Float](repeating: 0, count: contract.file.inputShape.reduce(1, *)))
    }

    func close() {
        opened = nil
    }

    private func predict(_ input: [Float]) throws -> [Float] {
        try Task.checkCancellation()
        guard let engine = opened?.engine else { throw ModelError.closed }
        do {
            return try engine.predict(input)
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
        let candidates = candidates()
        await progress.report(.loading(progress: 0))
        let file = try await engineType.prepare(contract.file, cache: options.cacheDirectory)
        let goldens = options.verifyAccelerator ? try contract.goldens() : []
        var failures: [String] = []
        for (index, accelerator) in candidates.enumerated() {
            try Task.checkCancellation()
            await progress.report(.loading(progress: Double(index) / Double(candidates.count)))
            do {
                let engine = try open(file, on: accelerator)
                if options.verifyAccelerator, verdicts[accelerator] != .right {
                    await progress.report(.verifying(accelerator))
                    try verify(engine, on: accelerator, goldens)
                }
                opened = (engine, accelerator)
                await progress.report(.ready(accelerator))
                return accelerator
            } catch {
                failures.append("\(accelerator.rawValue): \(error.localizedDescription)")
            }
        }
        throw ModelError.unsupportedDevice(reason: failures.joined(separator: "\n"))
    }

    /// The wished accelerators without those known to be wrong; all of them if that leaves none.
    private func candidates() -> [Accelerator] {
        guard options.verifyAccelerator else { return options.accelerators }
        let hopeful = options.accelerators.filter { verdicts[$0] != .wrong }
        return hopeful.isEmpty ? options.accelerators : hopeful
    }

    private func open(_ file: URL, on accelerator: Accelerator) throws -> any Engine {
        try engineType.init(opening: file, of: contract.file, on: accelerator, options: options)
    }

    /// Compares every golden, and remembers the verdict.
    private func verify(_ engine: any Engine, on accelerator: Accelerator, _ goldens: [Golden]) throws {
        for golden in goldens {
            let scores = try engine.predict(golden.input(contract.preprocessing))
            let worst = ScoreDifference(scores, from: golden.expected).maxError
            guard worst <= contract.tolerance else {
                verdicts.remember(.wrong, for: accelerator)
                throw ModelError.acceleratorFailed(
                    reason: "\(golden.name) differs by \(worst), allowed is \(contract.tolerance)")
            }
        }
        verdicts.remember(.right, for: accelerator)
    }
}

// MARK: - Self-test

extension ModelSession {
    /// Opens the model anew on every wished accelerator and compares all goldens.
    func selfTest() async -> SelfTestReport {
        var rows: [SelfTestRow] = []
        for accelerator in options.accelerators {
            rows += await selfTest(on: accelerator)
        }
        return SelfTestReport(
            info: contract.info, tolerance: contract.tolerance, accelerator: opened?.accelerator, rows: rows)
    }

    private func selfTest(on accelerator: Accelerator) async -> [SelfTestRow] {
        let goldens: [Golden]
        let file: URL
        do {
            goldens = try contract.goldens()
            file = try await engineType.prepare(contract.file, cache: options.cacheDirectory)
        } catch {
            return [.failed("-", on: accelerator, error)]
        }
        return goldens.map { golden in
            do {
                return try check(golden, on: accelerator, file: file)
            } catch {
                return .failed(golden.name, on: accelerator, error)
            }
        }
    }

    private func check(_ golden: Golden, on accelerator: Accelerator, file: URL) throws -> SelfTestRow {
        let input = try golden.input(contract.preprocessing)
        let clock = ContinuousClock()
        let start = clock.now
        let engine = try open(file, on: accelerator)
        let scores = try engine.predict(input)
        let cold = clock.now - start
        let warm = try clock.measure { _ = try engine.predict(input) }
        let difference = ScoreDifference(scores, from: golden.expected)
        return SelfTestRow(
            accelerator: accelerator, picture: golden.name, passed: difference.maxError <= contract.tolerance,
            maxError: difference.maxError.isFinite ? difference.maxError : nil, snrDb: difference.snrDb,
            coldMs: cold / .milliseconds(1), warmMs: warm / .milliseconds(1), error: nil)
    }
}
