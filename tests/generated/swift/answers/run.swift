import Cases
import Tagger
import Testing

private struct Call: Decodable, Sendable {
    let wordIds: [Int32]
    let counts: [Bool]
    let scores: [Float]
    let bestClass: [Int32]
}

@Suite struct AnswersTests {
    @Test func runsCallAfterCallAsPythonDoes() async throws {
        let model = try await TestModel.load()
        #expect(model.accelerator == .cpu)
        var worst: Float = 0
        let calls: [Call] = try cases(of: "run")
        // Twice: what the first round left behind is forgotten.
        for _ in 0..<2 {
            for call in calls {
                let inputs = try TestModel.Inputs(
                    wordIds: IntTensor(call.wordIds, shape: [1, 6]), counts: counted(call.counts))
                let made = try await model.run(inputs)
                try await model.prewarm()
                #expect(distance(made.scores.values, call.scores) < 1e-4, "\(call)")
                #expect(made.bestClass.values == call.bestClass)
                #expect(made.scores.shape == [1, 6, 3])
                worst = max(worst, distance(made.scores.values, call.scores))
            }
            try await model.reset()
        }
        tell(TestModel.info.engine, "run", 2 * calls.count, worst)
    }

    @Test func refusesOtherShapes() async throws {
        let model = try await TestModel.load()
        let wrong = try TestModel.Inputs(
            wordIds: IntTensor([1, 2, 3, 4, 5], shape: [1, 5]), counts: counted([Bool](repeating: true, count: 6)))
        await #expect(throws: ModelError.self) { try await model.run(wrong) }
        #expect(throws: ModelError.self) { try IntTensor([1, 2], shape: [1, 5]) }
    }
}
