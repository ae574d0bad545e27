import Testing

@testable import Detector

/// Ways of giving boxes that the network of the tests does not take, worked out by hand.
@Suite struct ReadingsTests {
    @Test func readsFractionsWithScoresBehindThemAndNumbersFirst() {
        // 1 × numbers × boxes: left, top, right, bottom, and a score for each of two labels.
        let output = Numbers([0.1, 0.12, 0.2, 0.2, 0.5, 0.5, 0.6, 0.6, 0.9, 0.8, 0.1, 0.7], shape: [1, 6, 2])
        let reading = BoxReading(boxes: 0, scores: nil, corners: .xyxy, areFractions: true, overlap: 0.5)
        // 200 × 100 in 100 × 100, with 25 rows of black above it.
        let placement = Placement(
            across: .init(size: 200, scale: 0.5, shift: 0, seen: 100),
            down: .init(size: 100, scale: 0.5, shift: 25, seen: 100))
        let found = reading.read([output], placement, labels: ["a", "b"], minScore: 0.5, maxResults: 9)
        #expect(found.map(\.label.name) == ["a", "b"], "the second box of a is covered by the first")
        #expect(found.map(\.label.score) == [0.9, 0.7])
        let first = found[0].box
        #expect(abs(first.left - 20) < 1e-3 && first.top == 0, "what lies in the black is cut off")
        #expect(abs(first.right - 100) < 1e-3 && abs(first.bottom - 70) < 1e-3)
        #expect(abs(found[1].box.left - 24) < 1e-3)
    }

    @Test func readsWidthsAndHeights() {
        let reading = BoxReading(boxes: 0, scores: 1, corners: .xywh, areFractions: false, overlap: 0.5)
        let side = Placement.Side(size: 10, scale: 1, shift: 0, seen: 10)
        let outputs = [Numbers([1.0, 2, 3, 4], shape: [1, 1, 4]), Numbers([1.0], shape: [1, 1, 1])]
        let found = reading.read(
            outputs, Placement(across: side, down: side), labels: ["a"], minScore: 0, maxResults: 1)
        #expect(found.map(\.box) == [Box(left: 1, top: 2, right: 4, bottom: 6)])
        let none = reading.read(
            outputs, Placement(across: side, down: side), labels: ["a"], minScore: 2, maxResults: 1)
        #expect(none.isEmpty)
    }
}
