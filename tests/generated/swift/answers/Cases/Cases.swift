// What the tests of all packages share: pictures, and the answers that Python expects.

import CoreGraphics
import Foundation
import ImageIO

/// A picture, how it has to be turned, and what Python makes of it.
public struct PictureCase<Expected: Decodable & Sendable>: Decodable, Sendable {
    public let file: String
    public let orientation: Int
    public let expected: Expected
}

/// Where the pictures are.
public let folder = URL(fileURLWithPath: ProcessInfo.processInfo.environment["ANSWERS"] ?? "/no/answers")

/// The cases of a task.
public func cases<Case: Decodable>(of task: String) throws -> [Case] {
    let data = try Data(contentsOf: folder.appendingPathComponent("cases.json"))
    let all = try JSONSerialization.jsonObject(with: data) as? [String: Any]
    let found = try JSONDecoder().decode([Case].self, from: JSONSerialization.data(withJSONObject: all?[task] ?? []))
    precondition(!found.isEmpty, "there are no cases of \(task)")
    return found
}

/// A picture as an app has it.
public func image(_ name: String) throws -> CGImage {
    let file = folder.appendingPathComponent(name)
    guard
        let source = CGImageSourceCreateWithURL(file as CFURL, nil),
        let image = CGImageSourceCreateImageAtIndex(source, 0, nil)
    else { throw CocoaError(.fileReadCorruptFile) }
    return image
}

/// The largest difference.
public func distance(_ a: [Float], _ b: [Float]) -> Float {
    a.count == b.count ? zip(a, b).map { abs($0 - $1) }.max() ?? 0 : .infinity
}

/// Tells what was compared; the driver of the tests counts these lines.
public func tell(_ engine: String, _ task: String, _ count: Int, _ worst: some Any) {
    print("COMPARED \(engine) \(task) \(count) \(worst)")
}
