// The names and signatures as Swift imports the Objective-C headers of ONNX Runtime 1.24, over its C library.

import COnnxRuntime
@_exported import Foundation

/// https://onnxruntime.ai/docs/api/objectivec/Enums/ORTLoggingLevel.html
public enum ORTLoggingLevel: Int32 { case verbose, info, warning, error, fatal }

/// There is no bool: https://onnxruntime.ai/docs/api/objectivec/Enums/ORTTensorElementDataType.html
public enum ORTTensorElementDataType: Int32 { case undefined, float, int8, uInt8, int32, uInt32, int64, uInt64, string }

/// https://onnxruntime.ai/docs/api/objectivec/Classes/ORTEnv.html
public class ORTEnv {
    let pointer: OpaquePointer

    public init(loggingLevel: ORTLoggingLevel) throws {
        let level = OrtLoggingLevel(rawValue: OrtLoggingLevel.RawValue(loggingLevel.rawValue))
        pointer = try made { api.CreateEnv(level, "deploykit", $0) }
    }

    deinit { api.ReleaseEnv(pointer) }
}

/// This build of the library has none. https://onnxruntime.ai/docs/api/objectivec/Functions.html
public func ORTIsCoreMLExecutionProviderAvailable() -> Bool { false }

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
    let pointer: OpaquePointer

    public init() throws {
        pointer = try made { api.CreateSessionOptions($0) }
    }

    deinit { api.ReleaseSessionOptions(pointer) }

    public func setIntraOpNumThreads(_ intraOpNumThreads: Int32) throws {
        try check(api.SetIntraOpNumThreads(pointer, intraOpNumThreads))
    }

    public func appendCoreMLExecutionProvider(with options: ORTCoreMLExecutionProviderOptions) throws {
        throw failure("this library is built without Core ML")
    }
}

/// https://onnxruntime.ai/docs/api/objectivec/Classes/ORTRunOptions.html
public class ORTRunOptions {}

/// https://onnxruntime.ai/docs/api/objectivec/Classes/ORTValue.html
public class ORTValue {
    let pointer: OpaquePointer
    /// The value's memory, where it is not the library's own.
    private let data: NSMutableData?

    public init(tensorData: NSMutableData, elementType: ORTTensorElementDataType, shape: [NSNumber]) throws {
        let types: [ORTTensorElementDataType: ONNXTensorElementDataType] = [
            .float: ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, .int32: ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32,
        ]
        guard let type = types[elementType] else { throw failure("the tests have no tensors of \(elementType)") }
        let memory = try made { api.CreateCpuMemoryInfo(OrtDeviceAllocator, OrtMemTypeCPU, $0) }
        defer { api.ReleaseMemoryInfo(memory) }
        let sides = shape.map(\.int64Value)
        pointer = try made {
            api.CreateTensorWithDataAsOrtValue(
                memory, tensorData.mutableBytes, tensorData.length, sides, sides.count, type, $0)
        }
        data = tensorData
    }

    init(_ pointer: OpaquePointer) {
        self.pointer = pointer
        data = nil
    }

    deinit { api.ReleaseValue(pointer) }

    /// Without the element type.
    public func tensorTypeAndShapeInfo() throws -> ORTTensorTypeAndShapeInfo {
        let info = try made { api.GetTensorTypeAndShape(pointer, $0) }
        defer { api.ReleaseTensorTypeAndShapeInfo(info) }
        var rank = 0
        try check(api.GetDimensionsCount(info, &rank))
        var sides = [Int64](repeating: 0, count: rank)
        try check(api.GetDimensions(info, &sides, rank))
        return ORTTensorTypeAndShapeInfo(sides.map { NSNumber(value: $0) })
    }

    /// As the real one, of element types that the enumeration has.
    public func tensorData() throws -> NSMutableData {
        let info = try made { api.GetTensorTypeAndShape(pointer, $0) }
        defer { api.ReleaseTensorTypeAndShapeInfo(info) }
        var (count, type) = (0, ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED)
        try check(api.GetTensorShapeElementCount(info, &count))
        try check(api.GetTensorElementType(info, &type))
        guard type == ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT || type == ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32 else {
            throw failure("unsupported tensor element type")
        }
        var bytes: UnsafeMutableRawPointer?
        try check(api.GetTensorMutableData(pointer, &bytes))
        // Copied: the library's memory lives no longer than this value.
        return NSMutableData(bytes: bytes, length: 4 * count)
    }
}

/// https://onnxruntime.ai/docs/api/objectivec/Classes/ORTTensorTypeAndShapeInfo.html
public class ORTTensorTypeAndShapeInfo {
    public let shape: [NSNumber]

    init(_ shape: [NSNumber]) {
        self.shape = shape
    }
}

/// https://onnxruntime.ai/docs/api/objectivec/Classes/ORTSession.html
public class ORTSession {
    private let pointer: OpaquePointer
    private let environment: ORTEnv

    public init(env: ORTEnv, modelPath: String, sessionOptions: ORTSessionOptions?) throws {
        environment = env
        let options = try sessionOptions ?? ORTSessionOptions()
        pointer = try made { api.CreateSession(env.pointer, modelPath, options.pointer, $0) }
    }

    deinit { api.ReleaseSession(pointer) }

    public func run(
        withInputs inputs: [String: ORTValue], outputNames: Set<String>, runOptions: ORTRunOptions?
    ) throws -> [String: ORTValue] {
        let (given, wanted) = (Array(inputs), Array(outputNames))
        let names = (given.map(\.key) + wanted).map { strdup($0) }
        defer { names.forEach { free($0) } }
        let pointers = names.map { UnsafePointer<CChar>($0) }
        let values = given.map { Optional($0.value.pointer) }
        var outputs = [OpaquePointer?](repeating: nil, count: wanted.count)
        try check(
            api.Run(
                pointer, nil, Array(pointers.prefix(given.count)), values, given.count,
                Array(pointers.suffix(wanted.count)), wanted.count, &outputs))
        return Dictionary(uniqueKeysWithValues: zip(wanted, outputs.map { ORTValue($0!) }))
    }

    public func inputNames() throws -> [String] {
        try names(api.SessionGetInputCount, api.SessionGetInputName)
    }

    public func outputNames() throws -> [String] {
        try names(api.SessionGetOutputCount, api.SessionGetOutputName)
    }

    private typealias Count = @convention(c) (OpaquePointer?, UnsafeMutablePointer<Int>?) -> OrtStatusPtr?
    private typealias Name = @convention(c) (
        OpaquePointer?, Int, UnsafeMutablePointer<OrtAllocator>?, UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
    ) -> OrtStatusPtr?

    private func names(_ counted: Count, _ named: Name) throws -> [String] {
        var (count, allocator): (Int, UnsafeMutablePointer<OrtAllocator>?) = (0, nil)
        try check(counted(pointer, &count))
        try check(api.GetAllocatorWithDefaultOptions(&allocator))
        return try (0..<count).map { place in
            var name: UnsafeMutablePointer<CChar>?
            try check(named(pointer, place, allocator, &name))
            defer { _ = allocator?.pointee.Free(allocator, name) }
            return String(cString: name!)
        }
    }
}

@available(*, unavailable)
extension ORTSession: Sendable {}

// MARK: - The C library

private var api: OrtApi { OrtGetApiBase().pointee.GetApi(UInt32(ORT_API_VERSION))!.pointee }

private func failure(_ message: String) -> NSError {
    NSError(domain: "onnxruntime", code: 1, userInfo: [NSLocalizedDescriptionKey: message])
}

private func check(_ status: OrtStatusPtr?) throws {
    guard let status else { return }
    defer { api.ReleaseStatus(status) }
    throw failure(String(cString: api.GetErrorMessage(status)!))
}

private func made(_ make: (UnsafeMutablePointer<OpaquePointer?>) -> OrtStatusPtr?) throws -> OpaquePointer {
    var pointer: OpaquePointer?
    try check(make(&pointer))
    return pointer!
}
