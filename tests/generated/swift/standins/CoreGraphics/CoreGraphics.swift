// The part of Core Graphics that the packages use, for pictures of 8 bits and contexts of one size with their picture.
// CGImage and CGContext are not Sendable here: the stricter of what Apple's SDKs have said over the years.

@_exported import Foundation

public typealias CFString = NSString
public typealias CFURL = NSURL
public typealias CFData = NSData
public typealias CFDictionary = NSDictionary

/// https://developer.apple.com/documentation/coregraphics/cgimagealphainfo
public enum CGImageAlphaInfo: UInt32, Sendable {
    case none, premultipliedLast, premultipliedFirst, last, first, noneSkipLast, noneSkipFirst, alphaOnly
}

/// https://developer.apple.com/documentation/coregraphics/cgbitmapinfo
public struct CGBitmapInfo: OptionSet, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// https://developer.apple.com/documentation/coregraphics/cgcolorrenderingintent
public enum CGColorRenderingIntent: Int32 { case defaultIntent }

/// https://developer.apple.com/documentation/coregraphics/cgcolorspacemodel
public enum CGColorSpaceModel: Int32, Sendable {
    case unknown = -1
    case monochrome, rgb, cmyk, lab, deviceN, indexed, pattern, XYZ
}

/// https://developer.apple.com/documentation/coregraphics/cgcolorspace
public final class CGColorSpace: Sendable {
    /// https://developer.apple.com/documentation/coregraphics/cgcolorspace/model
    public let model: CGColorSpaceModel

    init(_ model: CGColorSpaceModel) { self.model = model }

    /// https://developer.apple.com/documentation/coregraphics/cgcolorspace/init(name:)
    public init?(name: CFString) { model = .rgb }
    /// https://developer.apple.com/documentation/coregraphics/cgcolorspace/supportsoutput
    public var supportsOutput: Bool { true }
    /// https://developer.apple.com/documentation/coregraphics/cgcolorspace/srgb
    public class var sRGB: CFString { NSString(string: "kCGColorSpaceSRGB") }
}

/// https://developer.apple.com/documentation/coregraphics/cgcolorspacecreatedevicegray()
public func CGColorSpaceCreateDeviceGray() -> CGColorSpace { CGColorSpace(.monochrome) }
/// https://developer.apple.com/documentation/coregraphics/cgcolorspacecreatedevicergb()
public func CGColorSpaceCreateDeviceRGB() -> CGColorSpace { CGColorSpace(.rgb) }
/// https://developer.apple.com/documentation/coregraphics/cgcolorspaceusesextendedrange(_:)
public func CGColorSpaceUsesExtendedRange(_ space: CGColorSpace) -> Bool { false }

/// https://developer.apple.com/documentation/coregraphics/cgdataprovider
public final class CGDataProvider {
    /// https://developer.apple.com/documentation/coregraphics/cgdataprovider/data
    public let data: CFData?
    /// https://developer.apple.com/documentation/coregraphics/cgdataprovider/init(data:)
    public init?(data: CFData) { self.data = data }
}

/// https://developer.apple.com/documentation/coregraphics/cgimage
public final class CGImage {
    /// https://developer.apple.com/documentation/coregraphics/cgimage/width
    public let width: Int
    /// https://developer.apple.com/documentation/coregraphics/cgimage/height
    public let height: Int
    /// https://developer.apple.com/documentation/coregraphics/cgimage/colorspace
    public let colorSpace: CGColorSpace?
    /// https://developer.apple.com/documentation/coregraphics/cgimage/alphainfo
    public let alphaInfo: CGImageAlphaInfo
    /// https://developer.apple.com/documentation/coregraphics/cgimage/dataprovider
    public let dataProvider: CGDataProvider?

    /// https://developer.apple.com/documentation/coregraphics/cgimage/init(width:height:bitspercomponent:bitsperpixel:bytesperrow:space:bitmapinfo:provider:decode:shouldinterpolate:intent:)
    public init?(
        width: Int, height: Int, bitsPerComponent: Int, bitsPerPixel: Int, bytesPerRow: Int, space: CGColorSpace,
        bitmapInfo: CGBitmapInfo, provider: CGDataProvider, decode: UnsafePointer<CGFloat>?, shouldInterpolate: Bool,
        intent: CGColorRenderingIntent
    ) {
        guard
            width > 0, height > 0, bitsPerComponent == 8, bytesPerRow == width * bitsPerPixel / 8,
            let alpha = CGImageAlphaInfo(rawValue: bitmapInfo.rawValue),
            provider.data?.length == bytesPerRow * height
        else { return nil }
        (self.width, self.height, colorSpace, alphaInfo, dataProvider) = (width, height, space, alpha, provider)
    }

    /// Of rows from the top: gray, RGB or RGBA.
    public convenience init?(height: Int, width: Int, bytes: [UInt8]) {
        let channels = bytes.count / (width * height)
        let alpha: CGImageAlphaInfo = channels == 4 ? .last : .none
        guard let provider = CGDataProvider(data: NSData(bytes: bytes, length: bytes.count)) else { return nil }
        self.init(
            width: width, height: height, bitsPerComponent: 8, bitsPerPixel: 8 * channels,
            bytesPerRow: width * channels, space: CGColorSpace(channels == 1 ? .monochrome : .rgb),
            bitmapInfo: CGBitmapInfo(rawValue: alpha.rawValue), provider: provider, decode: nil,
            shouldInterpolate: true, intent: .defaultIntent)
    }

    /// What is stored, for the tests.
    public var bytes: [UInt8] { dataProvider?.data.map { [UInt8]($0 as Data) } ?? [] }
}

@available(*, unavailable)
extension CGImage: Sendable {}

/// https://developer.apple.com/documentation/coregraphics/cgblendmode
public enum CGBlendMode: Int32 { case normal, copy = 17 }

/// https://developer.apple.com/documentation/coregraphics/cginterpolationquality
public enum CGInterpolationQuality: Int32 { case `default`, none, low, high, medium }

/// https://developer.apple.com/documentation/coregraphics/cgcontext
public final class CGContext {
    private let target: UnsafeMutablePointer<UInt8>
    private let owned: Bool
    private let (width, height, channels): (Int, Int, Int)

    /// https://developer.apple.com/documentation/coregraphics/cgcontext/init(data:width:height:bitspercomponent:bytesperrow:space:bitmapinfo:)
    public init?(
        data: UnsafeMutableRawPointer?, width: Int, height: Int, bitsPerComponent: Int, bytesPerRow: Int,
        space: CGColorSpace, bitmapInfo: UInt32
    ) {
        // A context has no pixels of 3 bytes, and alpha only premultiplied or skipped: Quartz 2D Programming Guide.
        let channels = space.model == .monochrome ? 1 : 4
        let allowed: [CGImageAlphaInfo] = channels == 1 ? [.none] : [.premultipliedLast, .noneSkipLast]
        guard
            bitsPerComponent == 8, bytesPerRow == width * channels,
            CGImageAlphaInfo(rawValue: bitmapInfo).map(allowed.contains) == true
        else { return nil }
        (self.width, self.height, self.channels) = (width, height, channels)
        owned = data == nil
        target =
            data?.assumingMemoryBound(to: UInt8.self) ?? .allocate(capacity: max(1, width * height * channels))
        if owned { target.initialize(repeating: 0, count: width * height * channels) }
    }

    deinit { if owned { target.deallocate() } }

    /// https://developer.apple.com/documentation/coregraphics/cgcontext/setblendmode(_:)
    public func setBlendMode(_ mode: CGBlendMode) {}
    /// https://developer.apple.com/documentation/coregraphics/cgcontext/interpolationquality
    public var interpolationQuality = CGInterpolationQuality.default

    /// The first row of memory is the top one. https://developer.apple.com/documentation/coregraphics/cgcontext/draw(_:in:bytiling:)
    public func draw(_ image: CGImage, in rect: CGRect, byTiling: Bool = false) {
        precondition(rect == CGRect(x: 0, y: 0, width: image.width, height: image.height))
        precondition(image.width == width && image.height == height)
        let bytes = image.bytes
        let stored = bytes.count / (width * height)
        precondition(stored == 1 || channels == 4, "the tests turn no colour into gray here")
        for pixel in 0..<width * height {
            let alpha = stored == 4 ? Int(bytes[4 * pixel + 3]) : 255
            for channel in 0..<channels {
                let value = channel == 3 ? alpha : Int(bytes[stored * pixel + min(channel, stored - 1)]) * alpha / 255
                target[channels * pixel + channel] = UInt8(channel == 3 ? alpha : value)
            }
        }
    }

    /// https://developer.apple.com/documentation/coregraphics/cgcontext/makeimage()
    public func makeImage() -> CGImage? {
        CGImage(
            height: height, width: width,
            bytes: Array(UnsafeBufferPointer(start: target, count: width * height * channels)))
    }
}
