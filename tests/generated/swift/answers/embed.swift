import Cases
import Embedder
import Testing

@Suite struct AnswersTests {
    @Test func tellsPicturesApartAsPythonDoes() async throws {
        let model = try await TestModel.load()
        #expect(model.accelerator == .cpu)
        var worst: Float = 0
        let cases: [PictureCase<[Float]>] = try cases(of: "embed")
        var index = EmbeddingIndex<Int>()
        for (number, item) in cases.enumerated() {
            let orientation = try #require(ImageOrientation(rawValue: item.orientation))
            let embedding = try await model.embed(image(item.file), orientation: orientation)
            let error = distance(embedding.vector, item.expected)
            #expect(error < 2e-3, "\(item)")
            #expect(abs(try embedding.similarity(to: Embedding(item.expected)) - 1) < 1e-4)
            worst = max(worst, error)
            index.add(number, embedding)
        }
        for (number, item) in cases.enumerated() {
            #expect(try index.nearest(to: Embedding(item.expected)).map(\.key) == [number])
        }
        tell(TestModel.info.engine, "embed", cases.count, worst)
    }
}
