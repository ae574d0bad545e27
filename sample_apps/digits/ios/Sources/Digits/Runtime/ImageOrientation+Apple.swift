#if canImport(ImageIO)
    import ImageIO

    extension ImageOrientation {
        /// From Image I/O's, which Vision and AVFoundation use too.
        public init(_ orientation: CGImagePropertyOrientation) {
            switch orientation {
            case .up: self = .up
            case .upMirrored: self = .upMirrored
            case .down: self = .down
            case .downMirrored: self = .downMirrored
            case .leftMirrored: self = .leftMirrored
            case .right: self = .right
            case .rightMirrored: self = .rightMirrored
            case .left: self = .left
            }
        }
    }
#endif

#if canImport(UIKit)
    import UIKit

    extension ImageOrientation {
        /// From UIKit's, to go with `UIImage.cgImage`.
        public init(_ orientation: UIImage.Orientation) {
            switch orientation {
            case .up: self = .up
            case .upMirrored: self = .upMirrored
            case .down: self = .down
            case .downMirrored: self = .downMirrored
            case .leftMirrored: self = .leftMirrored
            case .right: self = .right
            case .rightMirrored: self = .rightMirrored
            case .left: self = .left
            @unknown default: self = .up
            }
        }
    }
#endif
