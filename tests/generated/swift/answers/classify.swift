import Cases
import Classifier
import Foundation
import Testing

@Suite struct AnswersTests {
    @Test func sortsPicturesAsPythonDoes() async throws {
        let model = try await TestModel.load()
        #expect(model.accelerator == .cpu)
        var worst: Float = 0
        let cases: [PictureCase<[Float]>] = try cases(of: "classify")
        for item in cases {
            let orientation = try #require(ImageOrientation(rawValue: item.orientation))
            let result = try await model.classify(image(item.file), orientation: orientation)
            let scores = result.labels.sorted { $0.index < $1.index }.map(\.score)
            #expect(distance(scores, item.expected) < 2e-3, "\(item)")
            let best = try #require(item.expected.indices.max { item.expected[$0] < item.expected[$1] })
            #expect(result.best.name == TestModel.info.labels[best])
            worst = max(worst, distance(scores, item.expected))
        }
        #expect(TestModel.info.labels[1] == "sec\"ond$")
        tell(TestModel.info.engine, "classify", cases.count, worst)
    }

    @Test func turnsAFileByItsOwnOrientation() async throws {
        let model = try await TestModel.load()
        let file = try await model.classify(folder.appendingPathComponent("turned.jpg"))
        #expect(try await model.classify(image("turned.jpg"), orientation: .right) == file)
        #expect(try await model.classify(image("turned.jpg"), orientation: .up) != file)
    }

    @Test func tellsWhatFailedOnOtherAccelerators() async throws {
        let model = try await TestModel.load()
        let report = await model.selfTest()
        let told = try report.json()
        #expect(report.passed, "\(told)")
        let others = report.rows.filter { $0.accelerator != .cpu }
        #expect(!others.isEmpty && others.allSatisfy { !$0.passed && $0.error != nil })
        #expect(report.rows.contains { $0.accelerator == .cpu && $0.coldMs != nil && $0.maxError != nil })
    }
}
