#if canImport(CoreGraphics)
    import CoreGraphics

    extension Pixels {
        /// The values as they are stored, without colour management: the model was trained on such values. Where a
        /// picture is transparent, its own colour is kept as well as eight bits allow.
        init(_ image: CGImage) throws {
            if image.colorSpace?.model == .monochrome, image.isOpaque {
                let bytes = try Self.draw(image, channels: 1, space: CGColorSpaceCreateDeviceGray(), alpha: .none)
                try self.init(width: image.width, height: image.height, channels: 1, bytes: bytes)
                return
            }
            let bytes = try Self.draw(image, channels: 4, space: image.drawingSpace, alpha: .premultipliedLast)
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
            var rgb: [UInt8] = []
            rgb.reserveCapacity(rgba.count / 4 * 3)
            for start in stride(from: 0, to: rgba.count, by: 4) {
                let alpha = Int(rgba[start + 3])
                for value in rgba[start..<start + 3] {
                    rgb.append(
                        alpha == 255 || alpha == 0 ? value : UInt8(min(255, (Int(value) * 255 + alpha / 2) / alpha)))
                }
            }
            return rgb
        }
    }

    extension CGImage {
        fileprivate var isOpaque: Bool {
            [.none, .noneSkipFirst, .noneSkipLast].contains(alphaInfo)
        }

        /// The picture's own colour space, so that drawing changes no value; sRGB where a bitmap cannot have it.
        fileprivate var drawingSpace: CGColorSpace {
            if let own = colorSpace, own.model == .rgb, own.supportsOutput, !own.isWideGamutRGBExtended {
                return own
            }
            return CGColorSpace(name: CGColorSpace.sRGB) ?? CGColorSpaceCreateDeviceRGB()
        }
    }

    extension CGColorSpace {
        /// Extended spaces have values beyond 0…1, which eight bits cannot hold.
        fileprivate var isWideGamutRGBExtended: Bool { CGColorSpaceUsesExtendedRange(self) }
    }
#endif
