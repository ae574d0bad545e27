/// The engine of this package.
enum DefaultEngine {
    /// - Throws: ``ModelError/unsupportedDevice(reason:)`` where there is no ONNX Runtime for Swift, as on Linux.
    static func type() throws -> any Engine.Type {
        #if canImport(OnnxRuntimeBindings)
            OnnxEngine.self
        #else
            throw ModelError.unsupportedDevice(reason: "this system has no ONNX Runtime for Swift")
        #endif
    }
}
