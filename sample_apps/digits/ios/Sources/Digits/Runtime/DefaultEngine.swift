/// The engine of this package.
enum DefaultEngine {
    /// - Throws: ``ModelError/unsupportedDevice(reason:)`` where there is no Core ML, as on Linux.
    static func type() throws -> any Engine.Type {
        #if canImport(CoreML)
            CoreMLEngine.self
        #else
            throw ModelError.unsupportedDevice(reason: "this system has no Core ML")
        #endif
    }
}
