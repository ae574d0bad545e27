// Signatures only.

@_exported import Foundation

/// https://developer.apple.com/documentation/corevideo/cvbuffer
public class CVBuffer {}

@available(*, unavailable)
extension CVBuffer: Sendable {}

/// https://developer.apple.com/documentation/corevideo/cvpixelbuffer
public typealias CVPixelBuffer = CVBuffer
