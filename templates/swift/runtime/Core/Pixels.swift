/// A picture as bytes: rows from top to bottom, 1 (gray) or 3 (red, green, blue) bytes a pixel, no padding.
struct Pixels: Sendable, Equatable {
    let width: Int
    let height: Int
    let channels: Int
    private(set) var bytes: [UInt8]

    /// - Throws: ``ModelError/invalidInput(reason:)`` if the picture is empty or `bytes` do not fill it.
    init(width: Int, height: Int, channels: Int, bytes: [UInt8]) throws {
        guard width > 0, height > 0 else {
            throw ModelError.invalidInput(reason: "a picture of \(width) × \(height) pixels is empty")
        }
        guard channels == 1 || channels == 3, bytes.count == width * height * channels else {
            throw ModelError.invalidInput(
                reason: "\(bytes.count) bytes are not a picture of \(width) × \(height) × \(channels)")
        }
        self.init(unchecked: bytes, width: width, height: height, channels: channels)
    }

    /// Black.
    init(width: Int, height: Int, channels: Int) {
        self.init(
            unchecked: [UInt8](repeating: 0, count: width * height * channels),
            width: width, height: height, channels: channels)
    }

    private init(unchecked bytes: [UInt8], width: Int, height: Int, channels: Int) {
        self.width = width
        self.height = height
        self.channels = channels
        self.bytes = bytes
    }

    /// Fills a new picture of this size through `fill`, which gets its bytes and the source's.
    func mapped(
        width: Int, height: Int, channels: Int,
        _ fill: (_ source: UnsafeBufferPointer<UInt8>, _ target: UnsafeMutableBufferPointer<UInt8>) -> Void
    ) -> Pixels {
        let count = width * height * channels
        let result = bytes.withUnsafeBufferPointer { source in
            [UInt8](unsafeUninitializedCapacity: count) { target, initialized in
                target.initialize(repeating: 0)
                fill(source, target)
                initialized = count
            }
        }
        return Pixels(unchecked: result, width: width, height: height, channels: channels)
    }

    /// The picture turned upright.
    func upright(from orientation: ImageOrientation) -> Pixels {
        guard orientation != .up else { return self }
        let (width, height, channels) = (self.width, self.height, self.channels)
        // The source's address is linear in x and y, so three of them tell all.
        let address = { (x: Int, y: Int) in
            let source = orientation.source(x: x, y: y, width: width, height: height)
            return (source.y * width + source.x) * channels
        }
        let origin = address(0, 0)
        let (stepX, stepY) = (address(1, 0) - origin, address(0, 1) - origin)
        let (columns, rows) = orientation.swapsSides ? (height, width) : (width, height)
        return mapped(width: columns, height: rows, channels: channels) { source, target in
            var index = 0
            for y in 0..<rows {
                var start = origin + y * stepY
                for _ in 0..<columns {
                    for channel in 0..<channels {
                        target[index] = source[start + channel]
                        index += 1
                    }
                    start += stepX
                }
            }
        }
    }

    /// Gray by ITU-R 601-2 luma, in the integers that Pillow uses.
    func gray() -> Pixels {
        guard channels == 3 else { return self }
        return mapped(width: width, height: height, channels: 1) { source, target in
            for index in 0..<target.count {
                var luma = 32768
                luma += 19595 * Int(source[3 * index])
                luma += 38470 * Int(source[3 * index + 1])
                luma += 7471 * Int(source[3 * index + 2])
                target[index] = UInt8(luma >> 16)
            }
        }
    }

    /// Red, green and blue; a gray picture has the same value three times.
    func rgb() -> Pixels {
        guard channels == 1 else { return self }
        return mapped(width: width, height: height, channels: 3) { source, target in
            for index in 0..<target.count {
                target[index] = source[index / 3]
            }
        }
    }

    /// The part of this picture that begins at `left`, `top`; what lies beyond the border is black.
    func cropped(left: Int, top: Int, width: Int, height: Int) -> Pixels {
        let columns = max(left, 0)..<max(min(left + width, self.width), max(left, 0))
        let rows = max(top, 0)..<max(min(top + height, self.height), max(top, 0))
        let (stride, channels) = (self.width * self.channels, self.channels)
        return mapped(width: width, height: height, channels: channels) { source, target in
            for row in rows {
                let from = row * stride + columns.lowerBound * channels
                let to = ((row - top) * width + columns.lowerBound - left) * channels
                for offset in 0..<columns.count * channels {
                    target[to + offset] = source[from + offset]
                }
            }
        }
    }

    /// Copies a part of another picture with as many channels to a place in this one.
    mutating func paste(_ other: Pixels, left: Int, top: Int, width: Int, height: Int, toX: Int, toY: Int) {
        for row in 0..<height {
            let from = ((top + row) * other.width + left) * channels
            let to = ((toY + row) * self.width + toX) * channels
            bytes.replaceSubrange(to..<to + width * channels, with: other.bytes[from..<from + width * channels])
        }
    }

    /// The same rows and columns resampled; `columns` and `rows` say how (nil keeps that side as it is).
    func resampled(columns: Resampling?, rows: Resampling?) -> Pixels {
        guard let columns else { return rows.map { resampledRows($0, from: 0) } ?? self }
        // Rows that nobody will look at are not made.
        let needed = rows?.sources ?? 0..<height
        let wide = resampledColumns(columns, of: needed)
        return rows.map { wide.resampledRows($0, from: needed.lowerBound) } ?? wide
    }

    private func resampledColumns(_ plan: Resampling, of rows: Range<Int>) -> Pixels {
        let (stride, made, channels) = (width * channels, plan.count * channels, channels)
        return mapped(width: plan.count, height: rows.count, channels: channels) { source, target in
            guard let source = source.baseAddress, let target = target.baseAddress else { return }
            for row in rows {
                plan.applyAcross(
                    source + row * stride, channels: channels, to: target + (row - rows.lowerBound) * made)
            }
        }
    }

    /// - Parameter first: which of the plan's source rows is this picture's first.
    private func resampledRows(_ plan: Resampling, from first: Int) -> Pixels {
        let stride = width * channels
        return mapped(width: width, height: plan.count, channels: channels) { source, target in
            guard let source = source.baseAddress, let target = target.baseAddress else { return }
            plan.applyDown(source + (plan.sources.lowerBound - first) * stride, length: stride, to: target)
        }
    }
}
