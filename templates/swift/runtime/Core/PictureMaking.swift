/// How an output of the model becomes a picture.
struct PictureMaking: Sendable {
    enum Layout: Sendable {
        case nchw
        case nhwc
    }

    /// The values that stand for black and white.
    let black: Float
    let white: Float
    let layout: Layout
    let color: ImagePreprocessing.Color

    func width(_ output: Numbers) -> Int { layout == .nchw ? output.shape[3] : output.shape[2] }

    func height(_ output: Numbers) -> Int { layout == .nchw ? output.shape[2] : output.shape[1] }

    /// The output as bytes: red, green, blue, or gray.
    func pixels(_ output: Numbers) throws -> Pixels {
        let values = output.floats
        let (width, height) = (width(output), height(output))
        let channels = values.count / (width * height)
        let alongPixel = layout == .nchw ? 1 : channels
        let alongChannel = layout == .nchw ? width * height : 1
        let isTurned = color == .bgr && channels == 3
        let bytes = (0..<values.count).map { index in
            let (pixel, channel) = (index / channels, index % channels)
            return level(values[pixel * alongPixel + (isTurned ? 2 - channel : channel) * alongChannel])
        }
        return try Pixels(width: width, height: height, channels: channels, bytes: bytes)
    }

    /// 0 to 255; black for what is no number.
    private func level(_ value: Float) -> UInt8 {
        let level = (value - black) / (white - black) * 255 + 0.5
        return level > 0 ? UInt8(min(level, 255)) : 0
    }
}

/// A part of a picture as large as the model's input; `overlap` pixels at each of its edges are its neighbours' too.
struct Tile: Sendable {
    let width: Int
    let height: Int
    let overlap: Int
}

extension ModelSession {
    /// What the model makes of a picture, which is resized as a whole.
    func makePicture(_ making: PictureMaking, _ picture: Pixels, orientation: ImageOrientation) throws -> Pixels {
        try see(picture, orientation: orientation) { outputs, placement in
            let across = placement.across.part(of: making.width(outputs[0]))
            let down = placement.down.part(of: making.height(outputs[0]))
            try check(width: across.count, height: down.count)
            return try making.pixels(outputs[0]).cropped(
                left: across.lowerBound, top: down.lowerBound, width: across.count, height: down.count)
        }
    }

    /// What the model makes of a picture, tile by tile; it is cancelled between two of them.
    ///
    /// Of each tile the middle is kept; beyond the picture's edges its outermost pixels are repeated. `onProgress` gets
    /// the share that is done, on the session's queue.
    func makePictureInTiles(
        _ making: PictureMaking, _ tile: Tile, _ picture: Pixels, orientation: ImageOrientation,
        onProgress: @Sendable (Double) -> Void
    ) throws -> Pixels {
        try runMany { predict in
            let upright = picture.upright(from: orientation)
            let overlap = tile.overlap
            let (stepX, stepY) = (tile.width - 2 * overlap, tile.height - 2 * overlap)
            let tilesX = (upright.width + stepX - 1) / stepX
            let tilesY = (upright.height + stepY - 1) / stepY
            var made: Pixels?
            for number in 0..<tilesX * tilesY {
                let (x, y) = (number % tilesX * stepX, number / tilesX * stepY)
                let cut = upright.tile(left: x - overlap, top: y - overlap, width: tile.width, height: tile.height)
                let output = try predict(.picture(cut, .up))[0]
                let result = try making.pixels(output)
                let scale = result.width / tile.width
                try check(width: upright.width * scale, height: upright.height * scale)
                var whole =
                    made
                    ?? Pixels(width: upright.width * scale, height: upright.height * scale, channels: result.channels)
                // Else the next line would copy the whole picture.
                made = nil
                whole.paste(
                    result, left: overlap * scale, top: overlap * scale,
                    width: min(stepX, upright.width - x) * scale, height: min(stepY, upright.height - y) * scale,
                    toX: x * scale, toY: y * scale)
                made = whole
                onProgress(Double(number + 1) / Double(tilesX * tilesY))
            }
            guard let made else { throw ModelError.invalidInput(reason: "the picture has no pixels") }
            return made
        }
    }
}

extension Pixels {
    /// What lies from `left` and `top` on; beyond the edges the outermost pixels are repeated.
    fileprivate func tile(left: Int, top: Int, width: Int, height: Int) -> Pixels {
        let columns = (left..<left + width).map { min(max(0, $0), self.width - 1) * channels }
        let rows = (top..<top + height).map { min(max(0, $0), self.height - 1) * self.width * channels }
        return mapped(width: width, height: height, channels: channels) { source, target in
            var index = 0
            for row in rows {
                for column in columns {
                    for channel in 0..<channels {
                        target[index] = source[row + column + channel]
                        index += 1
                    }
                }
            }
        }
    }
}

extension Placement.Side {
    /// Of what the model made: where the picture is in it, without what was padded.
    fileprivate func part(of made: Int) -> Range<Int> {
        let growth = Double(made) / Double(seen)
        let start = Int((Double(max(0, shift)) * growth).rounded())
        let end = Int((min(Double(seen), Double(shift) + Double(size) * scale) * growth).rounded())
        return start..<max(start, end)
    }
}

private func check(width: Int, height: Int) throws {
    guard width > 0, height > 0, width.multipliedReportingOverflow(by: height).partialValue <= 1 << 28 else {
        throw ModelError.invalidInput(reason: "a picture of \(width) × \(height) pixels cannot be made")
    }
}
