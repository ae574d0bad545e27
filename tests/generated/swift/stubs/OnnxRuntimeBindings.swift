// Signatures only, as Swift imports the Objective-C headers of ONNX Runtime 1.24.

@_exported import Foundation

/// https://onnxruntime.ai/docs/api/objectivec/Enums/ORTLoggingLevel.html
public enum ORTLoggingLevel: Int32 { case verbose, info, warning, error, fatal }

/// https://onnxruntime.ai/docs/api/objectivec/Enums/ORTTensorElementDataType.html
public enum ORTTensorElementDataType: Int32 { case undefined, float, int8, uInt8, int32, uInt32, int64, uInt64, string }

/// https://onnxruntime.ai/docs/api/objectivec/Classes/ORTEnv.html
public class ORTEnv {
    public init(loggingLevel: ORTLoggingLevel) throws { fatalError() }
}

/// https://onnxruntime.ai/docs/api/objectivec/Functions.html
public func ORTIsCoreMLExecutionProviderAvailable() -> Bool { fatalError() }

/// https://onnxruntime.ai/docs/api/objectivec/Classes/ORTCoreMLExecutionProviderOptions.html
public class ORTCoreMLExecutionProviderOptions {
    public init() {}
    public var useCPUAndGPU = false
    public var onlyEnableForDevicesWithANE = false
    public var onlyAllowStaticInputShapes = false
    public var createMLProgram = false
}

/// https://onnxruntime.ai/docs/api/objectivec/Classes/ORTSessionOptions.html
public class ORTSessionOptions {
    public init() throws { fatalError() }
    public func setIntraOpNumThreads(_ intraOpNumThreads: Int32) throws {}
    public func appendCoreMLExecutionProvider(with options: ORTCoreMLExecutionProviderOptions) throws {}
}

/// https://onnxruntime.ai/docs/api/objectivec/Classes/ORTRunOptions.html
public class ORTRunOptions {}

/// https://onnxruntime.ai/docs/api/objectivec/Classes/ORTValue.html
public class ORTValue {
    public init(tensorData: NSMutableData, elementType: ORTTensorElementDataType, shape: [NSNumber]) throws {
        fatalError()
    }
    public func tensorData() throws -> NSMutableData { fatalError() }
}

/// https://onnxruntime.ai/docs/api/objectivec/Classes/ORTSession.html
public class ORTSession {
    public init(env: ORTEnv, modelPath: String, sessionOptions: ORTSessionOptions?) throws { fatalError() }
    public func run(
        withInputs inputs: [String: ORTValue], outputNames: Set<String>, runOptions: ORTRunOptions?
    ) throws -> [String: ORTValue] { fatalError() }
    public func inputNames() throws -> [String] { fatalError() }
    public func outputNames() throws -> [String] { fatalError() }
}

@available(*, unavailable)
extension ORTSession: Sendable {}
