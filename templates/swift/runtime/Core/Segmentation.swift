/// Which label each pixel of a picture has.
public struct SegmentationMask: Sendable, Hashable, Codable {
    /// Of the given picture after it was turned upright.
    public let width: Int
    public let height: Int
    public let labels: [String]
    private let map: ClassMap
    /// For each pixel along a side of the picture its place in the map, or -1.
    private let columns: [Int]
    private let rows: [Int]

    init(labels: [String], map: ClassMap, columns: [Int], rows: [Int]) {
        (width, height) = (columns.count, rows.count)
        (self.labels, self.map, self.columns, self.rows) = (labels, map, columns, rows)
    }

    /// Position in ``labels`` of the pixel's label; nil where the model did not see the picture: it was cropped, or the
    /// picture has no such pixel.
    public func indexAt(x: Int, y: Int) -> Int? {
        guard columns.indices.contains(x), rows.indices.contains(y), columns[x] >= 0, rows[y] >= 0 else { return nil }
        return map.at(columns[x], rows[y])
    }

    /// The pixel's label; nil where the model did not see the picture.
    public func labelAt(x: Int, y: Int) -> String? {
        indexAt(x: x, y: y).map { labels[$0] }
    }

    /// The share of the picture, from 0 to 1, that each label has, in the order of ``labels``.
    public var areas: [Float] {
        var pixels = [Int](repeating: 0, count: labels.count)
        let across = counts(columns, map.width)
        let down = counts(rows, map.height)
        for y in 0..<map.height {
            for x in 0..<map.width {
                pixels[map.at(x, y)] += across[x] * down[y]
            }
        }
        return pixels.map { Float(Double($0) / Double(width * height)) }
    }

    /// Red, green, blue and alpha of each pixel; `palette` gives each label's colour as 0xAARRGGBB.
    func rgba(_ palette: (_ index: Int) -> UInt32) -> [UInt8] {
        let colors = labels.indices.map(palette)
        var bytes = [UInt8](repeating: 0, count: 4 * width * height)
        for y in 0..<height where rows[y] >= 0 {
            for x in 0..<width where columns[x] >= 0 {
                let color = colors[map.at(columns[x], rows[y])]
                let pixel = 4 * (y * width + x)
                bytes[pixel] = UInt8(truncatingIfNeeded: color >> 16)
                bytes[pixel + 1] = UInt8(truncatingIfNeeded: color >> 8)
                bytes[pixel + 2] = UInt8(truncatingIfNeeded: color)
                bytes[pixel + 3] = UInt8(truncatingIfNeeded: color >> 24)
            }
        }
        return bytes
    }

    /// A half transparent colour for each label, unlike those of its neighbours; the first label is transparent.
    public static func colorOf(index: Int) -> UInt32 {
        guard index != 0 else { return 0 }
        // Each three bits of the index set one of red, green and blue, the highest first: PASCAL VOC's colours.
        var color: UInt32 = 0x8000_0000
        for bit in 0..<8 {
            let triple = UInt32(index) >> (3 * UInt32(bit))
            for channel in 0..<3 {
                color |= (triple >> UInt32(channel) & 1) << UInt32(23 - 8 * channel - bit)
            }
        }
        return color
    }
}

/// How many pixels of the picture's side have each pixel of the map's.
private func counts(_ sources: [Int], _ size: Int) -> [Int] {
    var counts = [Int](repeating: 0, count: size)
    for source in sources where source >= 0 {
        counts[source] += 1
    }
    return counts
}

/// The label of each pixel of the model's own, smaller map.
struct ClassMap: Sendable, Hashable, Codable {
    let width: Int
    let height: Int
    let labels: [Int32]

    func at(_ x: Int, _ y: Int) -> Int { Int(labels[y * width + x]) }
}

/// How a segmenter's output becomes a mask.
struct MaskReading: Sendable {
    /// The axis of the labels' scores, of which the greatest counts; nil where the output has labels itself.
    let axis: Int?

    /// - Throws: ``ModelError/modelCorrupt(reason:)`` if the model gave a label that it has not.
    func read(_ outputs: [Numbers], _ placement: Placement, labels: [String]) throws -> SegmentationMask {
        let map = try classMap(outputs[0], labelCount: labels.count)
        return SegmentationMask(
            labels: labels, map: map, columns: placement.across.sources(map.width),
            rows: placement.down.sources(map.height))
    }

    private func classMap(_ output: Numbers, labelCount: Int) throws -> ClassMap {
        let sides = output.shape.indices.filter { $0 != axis }.suffix(2).map { output.shape[$0] }
        let found = axis.map { best(output, along: $0) } ?? output.ints
        guard found.allSatisfy((0..<Int32(labelCount)).contains) else {
            throw ModelError.modelCorrupt(reason: "the model gave a label that is none of its \(labelCount)")
        }
        return ClassMap(width: sides[1], height: sides[0], labels: found)
    }

    private func best(_ output: Numbers, along axis: Int) -> [Int32] {
        let scores = output.floats
        // The scores of one pixel are `step` apart; pixels lie in blocks of that many.
        let step = output.shape.dropFirst(axis + 1).reduce(1, *)
        let count = output.shape[axis]
        return (0..<scores.count / count).map { pixel in
            let first = pixel / step * step * count + pixel % step
            var best = 0
            for label in 1..<count where scores[first + label * step] > scores[first + best * step] {
                best = label
            }
            return Int32(best)
        }
    }
}

extension Placement.Side {
    /// For each pixel along the picture's side, the pixel of a map of that size that its middle lies in, or -1.
    fileprivate func sources(_ mapped: Int) -> [Int] {
        (0..<size).map { pixel in
            let place = ((Double(pixel) + 0.5) * scale + Double(shift)) * Double(mapped) / Double(seen)
            let source = Int(place.rounded(.down))
            return (0..<mapped).contains(source) ? source : -1
        }
    }
}
