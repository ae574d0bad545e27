import Foundation

#if canImport(ImageIO)
    import CoreGraphics
    import ImageIO

    extension Pixels {
        /// Reads a picture file, with the orientation that its EXIF data says.
        static func read(_ file: URL) throws -> (Pixels, ImageOrientation) {
            guard
                let source = CGImageSourceCreateWithURL(file as CFURL, nil),
                let image = CGImageSourceCreateImageAtIndex(source, 0, nil)
            else {
                throw ModelError.invalidInput(reason: "\(file.lastPathComponent) is not a picture that can be read")
            }
            let properties = CGImageSourceCopyPropertiesAtIndex(source, 0, nil) as? [CFString: Any]
            let exif = properties?[kCGImagePropertyOrientation] as? Int
            return (try Pixels(image), exif.flatMap(ImageOrientation.init(rawValue:)) ?? .up)
        }
    }
#else
    extension Pixels {
        static func read(_ file: URL) throws -> (Pixels, ImageOrientation) {
            throw ModelError.invalidInput(reason: "this system has no decoder for \(file.lastPathComponent)")
        }
    }
#endif
