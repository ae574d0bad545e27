/// A rectangle in a picture's own pixels.
public struct Box: Sendable, Hashable, Codable {
    public let left: Float
    public let top: Float
    public let right: Float
    public let bottom: Float

    public init(left: Float, top: Float, right: Float, bottom: Float) {
        (self.left, self.top, self.right, self.bottom) = (left, top, right, bottom)
    }

    public var width: Float { right - left }
    public var height: Float { bottom - top }
    public var area: Float { max(0, width) * max(0, height) }

    /// Intersection over union: 1 for the same box, 0 for boxes that do not touch.
    public func overlap(_ other: Box) -> Float {
        let wide = max(0, min(right, other.right) - max(left, other.left))
        let high = max(0, min(bottom, other.bottom) - max(top, other.top))
        let shared = wide * high
        return shared > 0 ? shared / (area + other.area - shared) : 0
    }
}

/// Something that was found in a picture.
public struct Detection: Sendable, Hashable, Codable {
    /// In pixels of the given picture after it was turned upright.
    public let box: Box
    public let label: ScoredLabel
}

/// How a detector's outputs become detections.
struct BoxReading: Sendable {
    /// What the four numbers of a box are.
    enum Corners: Sendable {
        case xyxy
        case xywh
        case cxcywh
    }

    /// Positions of the outputs; `scores` is nil where a box's scores stand behind its four numbers.
    let boxes: Int
    let scores: Int?
    let corners: Corners
    /// Whether boxes are shares of the picture's width and height, and not its pixels.
    let areFractions: Bool
    /// Of two boxes of one label that overlap by more, the one with the lower score goes.
    let overlap: Float

    /// At most `maxResults` detections with `minScore` at least, best first.
    func read(
        _ outputs: [Numbers], _ placement: Placement, labels: [String], minScore: Float, maxResults: Int
    ) -> [Detection] {
        let rows = Rows(outputs[boxes], wide: scores == nil ? 4 + labels.count : 4)
        let scoreRows = scores.map { Rows(outputs[$0], wide: labels.count) } ?? rows
        let firstScore = scores == nil ? 4 : 0
        var candidates: [Candidate] = []
        for row in 0..<rows.count {
            for label in labels.indices {
                let score = scoreRows.at(row, firstScore + label)
                guard score >= minScore else { continue }
                candidates.append(Candidate(box: seenBox(rows, row, placement), label: label, score: score))
            }
        }
        // Swift's sort keeps the order of equal scores.
        candidates.sort { $0.score > $1.score }
        return suppressed(candidates, count: maxResults).map { found in
            Detection(
                box: ownBox(found.box, placement),
                label: ScoredLabel(index: found.label, name: labels[found.label], score: found.score))
        }
    }

    /// The box in pixels of the picture that the model saw.
    private func seenBox(_ rows: Rows, _ row: Int, _ placement: Placement) -> Box {
        let x = areFractions ? Float(placement.across.seen) : 1
        let y = areFractions ? Float(placement.down.seen) : 1
        let (a, b) = (rows.at(row, 0) * x, rows.at(row, 1) * y)
        let (c, d) = (rows.at(row, 2) * x, rows.at(row, 3) * y)
        return switch corners {
        case .xyxy: Box(left: a, top: b, right: c, bottom: d)
        case .xywh: Box(left: a, top: b, right: a + c, bottom: b + d)
        case .cxcywh: Box(left: a - c / 2, top: b - d / 2, right: a + c / 2, bottom: b + d / 2)
        }
    }

    /// Non-maximum suppression, label by label.
    private func suppressed(_ candidates: [Candidate], count: Int) -> [Candidate] {
        var kept: [Candidate] = []
        for candidate in candidates {
            if kept.count >= count { break }
            let isCovered = kept.contains { $0.label == candidate.label && $0.box.overlap(candidate.box) > overlap }
            if !isCovered { kept.append(candidate) }
        }
        return kept
    }

    /// The box in the given picture, without what lies beyond its edges.
    private func ownBox(_ box: Box, _ placement: Placement) -> Box {
        Box(
            left: placement.across.own(box.left), top: placement.down.own(box.top),
            right: placement.across.own(box.right), bottom: placement.down.own(box.bottom))
    }

    private struct Candidate {
        let box: Box
        let label: Int
        let score: Float
    }
}

extension Placement.Side {
    fileprivate func own(_ seen: Float) -> Float {
        Float(min(max(0, (Double(seen) - Double(shift)) / scale), Double(size)))
    }
}

/// The numbers of each box, of an output that is 1 × boxes × numbers or 1 × numbers × boxes.
private struct Rows {
    let count: Int
    private let values: [Float]
    private let alongRow: Int
    private let alongNumber: Int

    init(_ output: Numbers, wide: Int) {
        values = output.floats
        count = values.count / wide
        let isWideLast = output.shape.last == wide
        alongRow = isWideLast ? wide : 1
        alongNumber = isWideLast ? 1 : count
    }

    func at(_ row: Int, _ number: Int) -> Float { values[row * alongRow + number * alongNumber] }
}
