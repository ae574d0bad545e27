import Cases
import Segmenter
import Testing

@Suite struct AnswersTests {
    @Test func givesPixelsTheLabelsThatPythonGivesThem() async throws {
        let model = try await TestModel.load()
        #expect(model.accelerator == .cpu)
        var worst = 1.0
        let cases: [PictureCase<[[Int]]>] = try cases(of: "segment")
        for item in cases {
            let orientation = try #require(ImageOrientation(rawValue: item.orientation))
            let mask = try await model.segment(image(item.file), orientation: orientation)
            try #require(mask.height == item.expected.count && mask.width == item.expected[0].count)
            let pixels = (0..<mask.height).flatMap { y in (0..<mask.width).map { x in (x, y) } }
            let equal = pixels.count { x, y in mask.indexAt(x: x, y: y) == item.expected[y][x] }
            let share = Double(equal) / Double(pixels.count)
            // So does Kotlin's test on the same cases: of the two more than 99.5 % are equal then.
            #expect(share > 0.9975, "\(item.file)")
            worst = min(worst, share)
            let (x, y) = (mask.width - 1, mask.height - 1)
            let drawn = try mask.cgImage { 0xFF00_0000 | UInt32($0) }
            #expect((drawn.width, drawn.height) == (mask.width, mask.height))
            #expect(drawn.bytes.suffix(4) == [0, 0, UInt8(mask.indexAt(x: x, y: y) ?? 99), 255])
            #expect(mask.labelAt(x: x, y: y) == TestModel.info.labels[item.expected[y][x]])
            let counted = pixels.count { x, y in mask.indexAt(x: x, y: y) == 1 }
            #expect(abs(mask.areas[1] - Float(counted) / Float(pixels.count)) < 1e-6)
            #expect(abs(mask.areas.reduce(0, +) - 1) < 1e-5)
        }
        tell(TestModel.info.engine, "segment", cases.count, worst)
    }
}
