/// How one side of a picture is resampled: for each target position, where its sources begin and their weights.
///
/// The numbers are Pillow's (`src/libImaging/Resample.c`), because the model was trained and checked with pictures that
/// Pillow resized: the support grows when a picture shrinks (antialiasing), weights are fixed-point with 22 bits, and
/// the result of each side is rounded to a byte.
struct Resampling: Sendable {
    private static let precisionBits = 22

    /// Number of target positions.
    let count: Int
    /// First source position of each target position.
    private let starts: [Int]
    /// Weights of target position `i`: `weights[offsets[i]..<offsets[i + 1]]`.
    private let offsets: [Int]
    private let weights: [Int32]

    /// - Parameter part: of the target positions only these.
    init(from source: Int, to target: Int, filter: ResizeFilter, part: Range<Int>) {
        count = part.count
        let scale = Double(source) / Double(target)
        guard let kernel = filter.kernel else {
            // Nearest: one source of weight 1. Pillow adds the step up instead of multiplying, and so does this.
            var position = scale / 2
            let all = (0..<target).map { _ in
                defer { position += scale }
                return min(Int(position), source - 1)
            }
            starts = Array(all[part])
            offsets = Array(0...part.count)
            weights = [Int32](repeating: 1 << Self.precisionBits, count: part.count)
            return
        }
        let filterScale = max(scale, 1)
        let support = kernel.support * filterScale
        var starts: [Int] = []
        var offsets = [0]
        var weights: [Int32] = []
        for position in part {
            let center = (Double(position) + 0.5) * scale
            let start = max(Int(center - support + 0.5), 0)
            let end = min(Int(center + support + 0.5), source)
            let raw = (start..<end).map { kernel.weight((Double($0) - center + 0.5) / filterScale) }
            let sum = raw.reduce(0, +)
            starts.append(start)
            weights += raw.map { Self.fixedPoint(sum == 0 ? $0 : $0 / sum) }
            offsets.append(weights.count)
        }
        self.starts = starts
        self.offsets = offsets
        self.weights = weights
    }

    /// The source positions that have a weight; there is at least one.
    var sources: Range<Int> {
        let ends = starts.indices.map { starts[$0] + offsets[$0 + 1] - offsets[$0] }
        return (starts.min() ?? 0)..<(ends.max() ?? 1)
    }

    private static func fixedPoint(_ weight: Double) -> Int32 {
        let scaled = weight * Double(1 << precisionBits)
        return Int32(scaled < 0 ? scaled - 0.5 : scaled + 0.5)
    }

    /// Resamples one row of pixels, of 1 or 3 bytes each.
    func applyAcross(
        _ source: UnsafePointer<UInt8>, channels: Int, to target: UnsafeMutablePointer<UInt8>
    ) {
        tables { starts, offsets, weights in
            for position in 0..<count {
                let span = offsets[position]..<offsets[position + 1]
                var pixel = source + starts[position] * channels
                // Three sums at once: each weight is read once.
                var (first, second, third) = (Self.half, Self.half, Self.half)
                if channels == 1 {
                    for tap in span {
                        first &+= Int32(pixel.pointee) &* weights[tap]
                        pixel += 1
                    }
                    target[position] = Self.byte(first)
                } else {
                    for tap in span {
                        let weight = weights[tap]
                        first &+= Int32(pixel[0]) &* weight
                        second &+= Int32(pixel[1]) &* weight
                        third &+= Int32(pixel[2]) &* weight
                        pixel += 3
                    }
                    target[3 * position] = Self.byte(first)
                    target[3 * position + 1] = Self.byte(second)
                    target[3 * position + 2] = Self.byte(third)
                }
            }
        }
    }

    /// Resamples whole rows of `length` bytes; `source` begins with the first of ``sources``.
    func applyDown(_ source: UnsafePointer<UInt8>, length: Int, to target: UnsafeMutablePointer<UInt8>) {
        let firstRow = sources.lowerBound
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: length) { sums in
            tables { starts, offsets, weights in
                for position in 0..<count {
                    sums.initialize(repeating: Self.half)
                    var row = source + (starts[position] - firstRow) * length
                    // Row by row and not pixel by pixel: neighbours are summed together, by vector instructions.
                    for tap in offsets[position]..<offsets[position + 1] {
                        let weight = weights[tap]
                        for place in 0..<length {
                            sums[place] &+= Int32(row[place]) &* weight
                        }
                        row += length
                    }
                    for place in 0..<length {
                        target[position * length + place] = Self.byte(sums[place])
                    }
                }
            }
        }
    }

    private func tables(
        _ work: (
            _ starts: UnsafeBufferPointer<Int>, _ offsets: UnsafeBufferPointer<Int>,
            _ weights: UnsafeBufferPointer<Int32>
        ) -> Void
    ) {
        starts.withUnsafeBufferPointer { starts in
            offsets.withUnsafeBufferPointer { offsets in
                weights.withUnsafeBufferPointer { work(starts, offsets, $0) }
            }
        }
    }

    private static let half: Int32 = 1 << Int32(precisionBits - 1)

    private static func byte(_ sum: Int32) -> UInt8 {
        UInt8(clamping: sum >> Int32(precisionBits))
    }
}

/// Pillow's filters.
enum ResizeFilter: Sendable {
    case nearest
    case bilinear
    case bicubic

    /// The filter's reach and its weight at a distance; nil for nearest, which has no weights.
    fileprivate var kernel: (support: Double, weight: (Double) -> Double)? {
        switch self {
        case .nearest:
            nil
        case .bilinear:
            (1, { max(0, 1 - abs($0)) })
        case .bicubic:
            (
                2,
                { distance in
                    // Keys' cubic convolution with a = -0.5.
                    let x = abs(distance)
                    if x < 1 { return (1.5 * x - 2.5) * x * x + 1 }
                    return x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0
                }
            )
        }
    }
}
