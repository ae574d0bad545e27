#if canImport(CoreGraphics)
    import CoreGraphics

    extension Pixels {
        /// The values as they are stored, without colour management: the model was trained on such values. Where a
        /// picture is transparent, its own colour is kept as well as eight bits allow.
        init(_ image: CGImage) throws {
            if image.colorSpace?.model == .monochrome, image.isOpaque {
                let space = image.drawingSpace(.monochrome) ?? CGColorSpaceCreateDeviceGray()
                let bytes = try Self.draw(image, channels: 1, space: space, alpha: .none)
                try self.init(width: image.width, height: image.height, channels: 1, bytes: bytes)
                return
            }
            let sRGB = CGColorSpace(name: CGColorSpace.sRGB) ?? CGColorSpaceCreateDeviceRGB()
            let space = image.drawingSpace(.rgb) ?? sRGB
            let bytes = try Self.draw(image, channels: 4, space: space, alpha: .premultipliedLast)
            try self.init(
                width: image.width, height: image.height, channels: 3, bytes: Self.withoutAlpha(bytes))
        }

        private static func draw(
            _ image: CGImage, channels: Int, space: CGColorSpace, alpha: CGImageAlphaInfo
        ) throws -> [UInt8] {
            let (width, height) = (image.width, image.height)
            var bytes = [UInt8](repeating: 0, count: width * height * channels)
            let isDrawn = bytes.withUnsafeMutableBytes { buffer in
                guard
                    let context = CGContext(
                        data: buffer.baseAddress, width: width, height: height, bitsPerComponent: 8,
                        bytesPerRow: width * channels, space: space, bitmapInfo: alpha.rawValue)
                else { return false }
                context.setBlendMode(.copy)
                context.interpolationQuality = .none
                context.draw(image, in: CGRect(x: 0, y: 0, width: width, height: height))
                return true
            }
            guard isDrawn else {
                throw ModelError.invalidInput(reason: "a picture of \(width) × \(height) pixels cannot be drawn")
            }
            return bytes
        }

        /// Takes the fourth byte of each pixel away, and the share of it that Core Graphics multiplied in.
        private static func withoutAlpha(_ rgba: [UInt8]) -> [UInt8] {
            let count = rgba.count / 4 * 3
            return rgba.withUnsafeBufferPointer { rgba in
                [UInt8](unsafeUninitializedCapacity: count) { rgb, initialized in
                    for index in 0..<count {
                        let start = index / 3 * 4
                        let (value, alpha) = (Int(rgba[start + index % 3]), Int(rgba[start + 3]))
                        let isWhole = alpha == 255 || alpha == 0
                        rgb[index] = UInt8(isWhole ? value : min(255, (value * 255 + alpha / 2) / alpha))
                    }
                    initialized = count
                }
            }
        }
    }

    extension CGImage {
        fileprivate var isOpaque: Bool {
            [.none, .noneSkipFirst, .noneSkipLast].contains(alphaInfo)
        }

        /// The picture's own colour space, so that drawing changes no value; nil where a bitmap of bytes cannot have it.
        fileprivate func drawingSpace(_ model: CGColorSpaceModel) -> CGColorSpace? {
            // Extended spaces have values beyond 0…1, which a byte cannot hold.
            guard let own = colorSpace, own.model == model, own.supportsOutput, !CGColorSpaceUsesExtendedRange(own)
            else { return nil }
            return own
        }
    }
#endif
