import Cases
import CoreGraphics
import Enlarger
import Synchronization
import Testing

@Suite struct AnswersTests {
    @Test func makesThePicturesThatPythonMakes() async throws {
        let model = try await TestModel.load()
        #expect(model.accelerator == .cpu)
        var worst = 0
        let cases: [PictureCase<String>] = try cases(of: "process")
        for item in cases {
            let expected = try image(item.expected)
            let orientation = try #require(ImageOrientation(rawValue: item.orientation))
            let progress = Mutex<[Double]>([])
            let made = try await model.enlarge(image(item.file), orientation: orientation) { share in
                progress.withLock { $0.append(share) }
            }
            try #require((made.width, made.height) == (expected.width, expected.height))
            let error = zip(made.bytes, expected.bytes).map { abs(Int($0) - Int($1)) }.max() ?? 255
            #expect(made.bytes.count == expected.bytes.count && error <= 1, "\(item): off by \(error)")
            let told = progress.withLock { $0 }
            #expect(told.last == 1 && told == told.sorted())
            worst = max(worst, error)
        }
        tell(TestModel.info.engine, "process", cases.count, worst)
    }

    @Test func isCancelledBetweenTwoTiles() async throws {
        let model = try await TestModel.load()
        let task = Task {
            var told = 0
            let counted = Mutex(0)
            do {
                _ = try await model.enlarge(image("photo.jpg")) { _ in
                    counted.withLock { $0 += 1 }
                    withUnsafeCurrentTask { $0?.cancel() }
                }
            } catch is CancellationError {
                told = counted.withLock { $0 }
            }
            return told
        }
        #expect(try await task.value == 1, "one tile is done, and no picture is given")
    }
}
