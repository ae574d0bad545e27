import Foundation

/// How a model is loaded.
public struct ModelOptions: Sendable, Hashable {
    /// Tried in this order.
    public var accelerators: [Accelerator]
    /// Where verdicts on accelerators and the compiled model are kept; the system may empty it at any time.
    public var cacheDirectory: URL
    /// Whether an accelerator has to give PyTorch's result for the pictures of the package before it is used.
    public var verifyAccelerator: Bool

    public init(
        accelerators: [Accelerator] = [.neuralEngine, .gpu, .cpu],
        cacheDirectory: URL? = nil,
        verifyAccelerator: Bool = true
    ) {
        self.accelerators = accelerators
        self.cacheDirectory = cacheDirectory ?? ThisDevice.caches.appendingPathComponent("deploykit/Digits")
        self.verifyAccelerator = verifyAccelerator
    }
}
