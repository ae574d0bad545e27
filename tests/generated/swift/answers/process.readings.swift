import Foundation
import Testing

@testable import Enlarger

/// Gives the picture that it is given, in its own numbers.
private struct Same: Engine {
    static func prepare(_ model: ModelFile, cache: URL) async throws -> URL { cache }

    init(opening file: URL, of contract: ModelContract, on accelerator: Accelerator, options: ModelOptions) throws {}

    func run(_ inputs: [Numbers]) throws -> [Numbers] { inputs }
}

/// Ways of giving pictures that the network of the tests does not take, worked out by hand.
@Suite struct ReadingsTests {
    @Test func readsChannelsLastBlueFirstAndARange() throws {
        let making = PictureMaking(black: -1, white: 1, layout: .nhwc, color: .bgr)
        let pixels = try making.pixels(Numbers([-1, 0, 1, .nan, 9, -9], shape: [1, 1, 2, 3]))
        #expect(pixels.bytes == [255, 128, 0, 0, 255, 0])
        #expect((pixels.width, pixels.height) == (2, 1))
    }

    @Test func aWholePictureComesWithoutWhatWasPadded() async throws {
        let steps = ImagePreprocessing(width: 4, height: 4, color: .gray, resize: .nearest, crop: .letterbox)
        let made = try TestModel.contract()
        let contract = ModelContract(
            target: made.target, info: made.info, file: made.file, inputs: [.picture("image", steps)],
            outputs: [TensorSpec("image", .float32, steps.shape)], requiredSnrDb: 30, tests: { [] })
        let cache = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        let session = ModelSession(
            contract: contract, options: ModelOptions(cacheDirectory: cache), engine: Same.self)
        _ = try await session.open(progress: LoadProgress())
        let making = PictureMaking(black: 0, white: 255, layout: .nhwc, color: .gray)
        let picture = try Pixels(width: 2, height: 1, channels: 1, bytes: [10, 200])
        let whole = try await session.makePicture(making, picture, orientation: .up)
        #expect((whole.width, whole.height) == (4, 2))
        #expect(whole.bytes == [10, 10, 200, 200, 10, 10, 200, 200])
    }
}
