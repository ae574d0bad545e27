// Signatures only.

@_exported import CoreGraphics

/// https://developer.apple.com/documentation/uikit/uiimage
public final class UIImage: Sendable {
    /// https://developer.apple.com/documentation/uikit/uiimage/init(data:)
    public init?(data: Data) { fatalError() }
    /// https://developer.apple.com/documentation/uikit/uiimage/cgimage
    public var cgImage: CGImage? { fatalError() }
    /// https://developer.apple.com/documentation/uikit/uiimage/imageorientation
    public var imageOrientation: Orientation { fatalError() }
    /// https://developer.apple.com/documentation/uikit/uiimage/orientation
    public enum Orientation: Int, Sendable {
        case up, down, left, right, upMirrored, downMirrored, leftMirrored, rightMirrored
    }
}
