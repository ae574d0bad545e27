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

    init(from source: Int, to target: Int, filter: ResizeFilter) {
        count = target
        let scale = Double(source) / Double(target)
        guard let kernel = filter.kernel else {
            // Nearest: one source of weight 1. Pillow adds the step up instead of multiplying, and so does this.
            var position = scale / 2
            starts = (0..<target).map { _ in
                defer { position += scale }
                return min(Int(position), source - 1)
            }
            offsets = Array(0...target)
            weights = [Int32](repeating: 1 << Self.precisionBits, count: target)
            return
        }
        let filterScale = max(scale, 1)
        let support = kernel.support * filterScale
        var starts: [Int] = []
        var offsets = [0]
        var weights: [Int32] = []
        for position in 0..<target {
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

    private static func fixedPoint(_ weight: Double) -> Int32 {
        let scaled = weight * Double(1 << precisionBits)
        return Int32(scaled < 0 ? scaled - 0.5 : scaled + 0.5)
    }

    /// Resamples `lanes` neighbouring bytes at once: source positions are `step` bytes apart, target positions `lanes`.
    func apply(
        _ source: UnsafeBufferPointer<UInt8>, from sourceStart: Int, step: Int, lanes: Int,
        to target: UnsafeMutableBufferPointer<UInt8>, at targetStart: Int
    ) {
        for position in 0..<count {
            let first = sourceStart + starts[position] * step
            let span = offsets[position]..<offsets[position + 1]
            for lane in 0..<lanes {
                var sum: Int32 = 1 << (Int32(Self.precisionBits) - 1)
                var index = first + lane
                for tap in span {
                    sum &+= Int32(source[index]) &* weights[tap]
                    index += step
                }
                target[targetStart + position * lanes + lane] = UInt8(clamping: sum >> Int32(Self.precisionBits))
            }
        }
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
