import Cases
import Listener
import Testing

private struct Tensor<Number: Decodable & Sendable>: Decodable, Sendable {
    let shape: [Int]
    let values: [Number]
}

private struct Call: Decodable, Sendable {
    let words: Int
    let frames: Int
    let wordIds: [Int32]
    let counts: [Bool]
    let sound: [Float]
    let match: Tensor<Float>
    let pairs: Tensor<Float>
    let gist: Tensor<Float>
    let bestClass: Tensor<Int32>

    enum CodingKeys: String, CodingKey {
        case words, frames, counts, sound, match, pairs, gist
        case wordIds = "word_ids"
        case bestClass = "best_class"
    }

    var isAllowed: Bool { TestModel.Sizes.words.contains(words) && TestModel.Sizes.frames.contains(frames) }

    func inputs() throws -> TestModel.Inputs {
        try TestModel.Inputs(
            wordIds: IntTensor(wordIds, shape: [1, words]), counts: counted(counts),
            sound: FloatTensor(sound, shape: [1, frames, 4]))
    }

    /// Of the worst output; infinite where a shape or an integer is another.
    func distance(to made: TestModel.Outputs) -> Float {
        guard made.bestClass.shape == bestClass.shape, made.bestClass.values == bestClass.values else {
            return .infinity
        }
        let pairs = [(made.match, match), (made.pairs, self.pairs), (made.gist, gist)]
        return pairs.map { $0.shape == $1.shape ? Cases.distance($0.values, $1.values) : .infinity }.max() ?? .infinity
    }
}

@Suite struct AnswersTests {
    @Test func answersAtEverySizeAsPythonDoesAndRefusesOthers() async throws {
        let model = try await TestModel.load()
        #expect(model.accelerator == .cpu)
        let report = await model.selfTest()
        #expect(report.passed && report.rows.count { $0.accelerator == .cpu } == 3)
        var worst: Float = 0
        let calls: [Call] = try cases(of: "sizes")
        let allowed = calls.filter(\.isAllowed)
        let others = calls.filter { !$0.isAllowed }
        #expect(allowed.count >= 6 && others.count >= 3)
        // Twice: there and back, so that every size follows another one.
        for call in allowed + allowed.reversed() {
            let error = call.distance(to: try await model.run(call.inputs()))
            #expect(error < 1e-4, "\(call)")
            worst = max(worst, error)
        }
        for call in others {
            await #expect { try await model.run(call.inputs()) } throws: { error in
                error.localizedDescription.contains(/(words|frames) is \d+ in .*, and has to be/)
            }
        }
        let unlike = try TestModel.Inputs(
            wordIds: IntTensor([0, 0, 0], shape: [1, 3]), counts: counted([Bool](repeating: true, count: 8)),
            sound: FloatTensor([Float](repeating: 0, count: 16), shape: [1, 4, 4]))
        await #expect { try await model.run(unlike) } throws: { error in
            error.localizedDescription.contains("words is 8 in counts, and 3 in an input before it")
        }
        #expect(allowed[0].distance(to: try await model.run(allowed[0].inputs())) < 1e-4, "nothing was left behind")
        tell(TestModel.info.engine, "sizes", 2 * allowed.count + 1, worst)
    }
}
