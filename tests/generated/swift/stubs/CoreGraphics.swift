// Signatures only. Each cites Apple's page; nothing here runs.
// CGImage and CGContext are not Sendable here: the stricter of what Apple's SDKs have said over the years.

@_exported import Foundation

public typealias CFString = NSString
public typealias CFURL = NSURL
public typealias CFData = NSData
public typealias CFDictionary = NSDictionary

/// https://developer.apple.com/documentation/coregraphics/cgimagealphainfo
public enum CGImageAlphaInfo: UInt32 {
    case none, premultipliedLast, premultipliedFirst, last, first, noneSkipLast, noneSkipFirst, alphaOnly
}

/// https://developer.apple.com/documentation/coregraphics/cgcolorspacemodel
public enum CGColorSpaceModel: Int32 {
    case unknown = -1
    case monochrome, rgb, cmyk, lab, deviceN, indexed, pattern, XYZ
}

/// https://developer.apple.com/documentation/coregraphics/cgcolorspace
public final class CGColorSpace: Sendable {
    /// https://developer.apple.com/documentation/coregraphics/cgcolorspace/init(name:)
    public init?(name: CFString) { fatalError() }
    /// https://developer.apple.com/documentation/coregraphics/cgcolorspace/model
    public var model: CGColorSpaceModel { fatalError() }
    /// https://developer.apple.com/documentation/coregraphics/cgcolorspace/supportsoutput
    public var supportsOutput: Bool { fatalError() }
    /// https://developer.apple.com/documentation/coregraphics/cgcolorspace/srgb
    public class var sRGB: CFString { fatalError() }
}

/// https://developer.apple.com/documentation/coregraphics/cgcolorspacecreatedevicegray()
public func CGColorSpaceCreateDeviceGray() -> CGColorSpace { fatalError() }
/// https://developer.apple.com/documentation/coregraphics/cgcolorspacecreatedevicergb()
public func CGColorSpaceCreateDeviceRGB() -> CGColorSpace { fatalError() }
/// https://developer.apple.com/documentation/coregraphics/cgcolorspaceusesextendedrange(_:)
public func CGColorSpaceUsesExtendedRange(_ space: CGColorSpace) -> Bool { fatalError() }

/// https://developer.apple.com/documentation/coregraphics/cgimage
public final class CGImage {
    /// https://developer.apple.com/documentation/coregraphics/cgimage/width
    public var width: Int { fatalError() }
    /// https://developer.apple.com/documentation/coregraphics/cgimage/height
    public var height: Int { fatalError() }
    /// https://developer.apple.com/documentation/coregraphics/cgimage/colorspace
    public var colorSpace: CGColorSpace? { fatalError() }
    /// https://developer.apple.com/documentation/coregraphics/cgimage/alphainfo
    public var alphaInfo: CGImageAlphaInfo { fatalError() }
}

@available(*, unavailable)
extension CGImage: Sendable {}

/// https://developer.apple.com/documentation/coregraphics/cgblendmode
public enum CGBlendMode: Int32 { case normal, copy = 17 }

/// https://developer.apple.com/documentation/coregraphics/cginterpolationquality
public enum CGInterpolationQuality: Int32 { case `default`, none, low, high, medium }

/// https://developer.apple.com/documentation/coregraphics/cgcontext
public final class CGContext {
    /// https://developer.apple.com/documentation/coregraphics/cgcontext/init(data:width:height:bitspercomponent:bytesperrow:space:bitmapinfo:)
    public init?(
        data: UnsafeMutableRawPointer?, width: Int, height: Int, bitsPerComponent: Int, bytesPerRow: Int,
        space: CGColorSpace, bitmapInfo: UInt32
    ) { fatalError() }
    /// https://developer.apple.com/documentation/coregraphics/cgcontext/setblendmode(_:)
    public func setBlendMode(_ mode: CGBlendMode) {}
    /// https://developer.apple.com/documentation/coregraphics/cgcontext/interpolationquality
    public var interpolationQuality: CGInterpolationQuality {
        get { fatalError() }
        set {}
    }
    /// https://developer.apple.com/documentation/coregraphics/cgcontext/draw(_:in:bytiling:)
    public func draw(_ image: CGImage, in rect: CGRect, byTiling: Bool = false) {}
}
