// Pictures are decoded by Pillow, at the other end of a pipe.

import CoreGraphics
import Reference

/// https://developer.apple.com/documentation/imageio/cgimagepropertyorientation
@frozen public enum CGImagePropertyOrientation: UInt32, Sendable {
    case up = 1
    case upMirrored, down, downMirrored, leftMirrored, right, rightMirrored, left
}

/// https://developer.apple.com/documentation/imageio/cgimagesource
public final class CGImageSource {
    fileprivate let image: CGImage
    fileprivate let orientation: Int?

    fileprivate init(_ image: CGImage, _ orientation: Int?) {
        (self.image, self.orientation) = (image, orientation)
    }
}

/// https://developer.apple.com/documentation/imageio/cgimagesourcecreatewithurl(_:_:)
public func CGImageSourceCreateWithURL(_ url: CFURL, _ options: CFDictionary?) -> CGImageSource? {
    guard
        let path = url.path, let read = try? Reference.ask("picture", path: path), let picture = read.first,
        let image = CGImage(height: picture.shape[0], width: picture.shape[1], bytes: [UInt8](picture.bytes))
    else { return nil }
    return CGImageSource(image, Int(picture.name))
}

/// https://developer.apple.com/documentation/imageio/cgimagesourcecreateimageatindex(_:_:_:)
public func CGImageSourceCreateImageAtIndex(
    _ isrc: CGImageSource, _ index: Int, _ options: CFDictionary?
) -> CGImage? { isrc.image }

/// https://developer.apple.com/documentation/imageio/cgimagesourcecopypropertiesatindex(_:_:_:)
public func CGImageSourceCopyPropertiesAtIndex(
    _ isrc: CGImageSource, _ index: Int, _ options: CFDictionary?
) -> CFDictionary? {
    isrc.orientation.map { NSDictionary(dictionary: [kCGImagePropertyOrientation: $0]) }
}

/// https://developer.apple.com/documentation/imageio/kcgimagepropertyorientation
public var kCGImagePropertyOrientation: CFString { NSString(string: "Orientation") }
