// Copied into a generated package by test_swift_compiles.py: its preprocessing against Python's.

import Foundation
import Testing

@testable import Torture

@Suite struct ParityTests {
    struct Case: Decodable {
        let name: String
        let picture: Data
        let width: Int
        let height: Int
        let channels: Int
        let orientation: Int
        let outWidth: Int
        let outHeight: Int
        let color: String
        let resize: String
        let crop: String
        let fraction: Double
        let expected: Data

        var steps: ImagePreprocessing {
            ImagePreprocessing(
                width: outWidth, height: outHeight,
                color: ["rgb": .rgb, "bgr": .bgr, "gray": .gray][color]!,
                resize: ["nearest": .nearest, "bilinear": .bilinear, "bicubic": .bicubic][resize]!,
                crop: ["none": .none, "center": .center(fraction: fraction), "letterbox": .letterbox][crop]!)
        }
    }

    @Test func everyPictureIsPythons() throws {
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let cases = try JSONDecoder().decode(
            [Case].self, from: Data(contentsOf: package.appendingPathComponent("parity.json")))
        var worst: Float = 0
        for item in cases {
            let pixels = try Pixels(
                width: item.width, height: item.height, channels: item.channels, bytes: [UInt8](item.picture))
            let orientation = try #require(ImageOrientation(rawValue: item.orientation))
            let actual = item.steps(pixels, orientation: orientation)
            let expected = item.expected.map(Float.init)
            try #require(actual.count == expected.count, "\(item.name)")
            let differences = zip(actual, expected).map { abs($0 - $1) }
            let mean = differences.reduce(0, +) / Float(differences.count)
            worst = max(worst, differences.max() ?? .infinity)
            #expect(differences.max() ?? .infinity <= 1, "\(item.name)")
            #expect(mean <= 0.1, "\(item.name)")
        }
        print("parity: \(cases.count) pictures, worst difference \(Int(worst)) of 255")
    }
}
