#if canImport(CoreGraphics)
    import CoreGraphics
    import Foundation

    extension CGImage {
        /// A picture in sRGB of rows from the top, 3 (red, green, blue) or 4 (and alpha) bytes a pixel.
        /// - Throws: ``ModelError/invalidInput(reason:)`` if there is no memory for it.
        static func of(_ bytes: [UInt8], width: Int, height: Int) throws -> CGImage {
            let channels = bytes.count / (width * height)
            let alpha: CGImageAlphaInfo = channels == 4 ? .last : .none
            guard
                let provider = CGDataProvider(data: Data(bytes) as CFData),
                let image = CGImage(
                    width: width, height: height, bitsPerComponent: 8, bitsPerPixel: 8 * channels,
                    bytesPerRow: width * channels,
                    space: CGColorSpace(name: CGColorSpace.sRGB) ?? CGColorSpaceCreateDeviceRGB(),
                    bitmapInfo: CGBitmapInfo(rawValue: alpha.rawValue), provider: provider, decode: nil,
                    shouldInterpolate: true, intent: .defaultIntent)
            else {
                throw ModelError.invalidInput(reason: "a picture of \(width) × \(height) pixels cannot be made")
            }
            return image
        }
    }

    extension Pixels {
        func cgImage() throws -> CGImage {
            try .of(rgb().bytes, width: width, height: height)
        }
    }
#endif
