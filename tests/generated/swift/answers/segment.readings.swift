import Testing

@testable import Segmenter

/// Ways of giving labels that the network of the tests does not take, worked out by hand.
@Suite struct ReadingsTests {
    private let rows = Placement.Side(size: 2, scale: 1, shift: 0, seen: 2)

    @Test func readsLabelsThatAreThere() throws {
        let columns = Placement.Side(size: 4, scale: 0.5, shift: 0, seen: 2)
        let output = Numbers([0, 1, 1, 0] as [Int32], shape: [1, 2, 2])
        let mask = try MaskReading(axis: nil).read(
            [output], Placement(across: columns, down: rows), labels: ["a", "b"])
        #expect((0..<4).map { mask.labelAt(x: $0, y: 0) } == ["a", "a", "b", "b"])
        #expect((0..<4).map { mask.indexAt(x: $0, y: 1) } == [1, 1, 0, 0])
        #expect(mask.areas == [0.5, 0.5])
    }

    @Test func readsScoresAlongTheLastAxisAndLeavesOutWhatWasCropped() throws {
        let columns = Placement.Side(size: 4, scale: 1, shift: -1, seen: 2)
        let output = Numbers([0.1, 0.9, 0.8, 0.2, 0.9, 0.1, 0.3, 0.7], shape: [1, 2, 2, 2])
        let mask = try MaskReading(axis: 3).read(
            [output], Placement(across: columns, down: rows), labels: ["a", "b"])
        #expect((0..<4).map { mask.indexAt(x: $0, y: 0) } == [nil, 1, 0, nil])
        #expect((0..<4).map { mask.indexAt(x: $0, y: 1) } == [nil, 0, 1, nil])
        #expect(mask.areas == [0.25, 0.25])
    }

    @Test func refusesALabelThatIsNone() {
        let output = Numbers([0, 1, 2, 0] as [Int32], shape: [1, 2, 2])
        #expect(throws: ModelError.self) {
            try MaskReading(axis: nil).read([output], Placement(across: rows, down: rows), labels: ["a", "b"])
        }
    }

    @Test func coloursAreThoseOfPascalVoc() {
        #expect((0..<4).map { SegmentationMask.colorOf(index: $0) } == [0, 0x8080_0000, 0x8000_8000, 0x8080_8000])
    }
}
