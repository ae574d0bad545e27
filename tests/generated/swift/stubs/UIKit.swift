// Signatures only.

@_exported import CoreGraphics

/// https://developer.apple.com/documentation/uikit/uiimage
public final class UIImage: Sendable {
    /// https://developer.apple.com/documentation/uikit/uiimage/init(data:)
    public init?(data: Data) { fatalError() }
    /// https://developer.apple.com/documentation/uikit/uiimage/init(cgimage:)
    public init(cgImage: CGImage) { fatalError() }
    /// https://developer.apple.com/documentation/uikit/uiimage/size
    public var size: CGSize { fatalError() }
    /// https://developer.apple.com/documentation/uikit/uiimage/scale
    public var scale: CGFloat { fatalError() }
    /// https://developer.apple.com/documentation/uikit/uiimage/cgimage
    public var cgImage: CGImage? { fatalError() }
    /// https://developer.apple.com/documentation/uikit/uiimage/imageorientation
    public var imageOrientation: Orientation { fatalError() }
    /// https://developer.apple.com/documentation/uikit/uiimage/orientation
    public enum Orientation: Int, Sendable {
        case up, down, left, right, upMirrored, downMirrored, leftMirrored, rightMirrored
    }
}

/// https://developer.apple.com/documentation/uikit/uiviewcontroller
@MainActor open class UIViewController: NSObject {}
/// https://developer.apple.com/documentation/uikit/uinavigationcontroller
@MainActor open class UINavigationController: UIViewController {}
/// https://developer.apple.com/documentation/uikit/uinavigationcontrollerdelegate
@MainActor public protocol UINavigationControllerDelegate: AnyObject {}
/// Its methods are optional, as in Objective-C.
/// https://developer.apple.com/documentation/uikit/uiimagepickercontrollerdelegate
@MainActor public protocol UIImagePickerControllerDelegate: AnyObject {
    func imagePickerController(
        _ picker: UIImagePickerController,
        didFinishPickingMediaWithInfo info: [UIImagePickerController.InfoKey: Any])
    func imagePickerControllerDidCancel(_ picker: UIImagePickerController)
}
/// https://developer.apple.com/documentation/uikit/uiimagepickercontroller
@MainActor open class UIImagePickerController: UINavigationController {
    public enum SourceType: Int, Sendable { case photoLibrary, camera, savedPhotosAlbum }
    public struct InfoKey: Hashable, Sendable { public static let originalImage = InfoKey() }
    public class func isSourceTypeAvailable(_ sourceType: SourceType) -> Bool { fatalError() }
    open var sourceType: SourceType {
        get { fatalError() }
        set {}
    }
    open weak var delegate: (any UIImagePickerControllerDelegate & UINavigationControllerDelegate)? {
        get { fatalError() }
        set {}
    }
}
