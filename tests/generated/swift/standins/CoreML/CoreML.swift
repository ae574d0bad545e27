// The part of Core ML that the packages use; deploykit's reference runner computes, at the other end of a pipe. No class
// here is Sendable, as in Apple's SDK.

@_exported import Foundation
import Reference

/// https://developer.apple.com/documentation/coreml/mlcomputeunits
public enum MLComputeUnits: Int, Sendable { case cpuOnly, cpuAndGPU, all, cpuAndNeuralEngine }

/// https://developer.apple.com/documentation/coreml/mlmodelconfiguration
open class MLModelConfiguration {
    public init() {}
    /// https://developer.apple.com/documentation/coreml/mlmodelconfiguration/computeunits
    public var computeUnits = MLComputeUnits.all
}

/// https://developer.apple.com/documentation/coreml/mlmultiarraydatatype
public enum MLMultiArrayDataType: Int { case double, float32, float16, int32 }

/// https://developer.apple.com/documentation/coreml/mlmultiarrayconstraint
public class MLMultiArrayConstraint {
    /// https://developer.apple.com/documentation/coreml/mlmultiarrayconstraint/datatype
    public let dataType: MLMultiArrayDataType
    init(_ dataType: MLMultiArrayDataType) { self.dataType = dataType }
}

/// https://developer.apple.com/documentation/coreml/mlfeaturedescription
public class MLFeatureDescription {
    /// https://developer.apple.com/documentation/coreml/mlfeaturedescription/multiarrayconstraint
    public let multiArrayConstraint: MLMultiArrayConstraint?
    init(_ dataType: MLMultiArrayDataType) { multiArrayConstraint = MLMultiArrayConstraint(dataType) }
}

/// https://developer.apple.com/documentation/coreml/mlmodeldescription
public class MLModelDescription {
    /// https://developer.apple.com/documentation/coreml/mlmodeldescription/inputdescriptionsbyname
    public let inputDescriptionsByName: [String: MLFeatureDescription]
    /// https://developer.apple.com/documentation/coreml/mlmodeldescription/outputdescriptionsbyname
    public let outputDescriptionsByName: [String: MLFeatureDescription]

    init(inputs: [ReferenceArray], outputs: [ReferenceArray]) throws {
        let described = { (arrays: [ReferenceArray]) in
            try Dictionary(uniqueKeysWithValues: arrays.map { ($0.name, MLFeatureDescription(try type(of: $0))) })
        }
        (inputDescriptionsByName, outputDescriptionsByName) = (try described(inputs), try described(outputs))
    }
}

/// https://developer.apple.com/documentation/coreml/mlmultiarray
public class MLMultiArray {
    /// https://developer.apple.com/documentation/coreml/mlmultiarray/datatype
    public let dataType: MLMultiArrayDataType
    let array: ReferenceArray
    /// https://developer.apple.com/documentation/coreml/mlmultiarray/shape
    public var shape: [NSNumber] { array.shape.map { NSNumber(value: $0) } }

    init(_ array: ReferenceArray) throws {
        self.array = array
        dataType = try type(of: array)
    }
}

/// https://developer.apple.com/documentation/coreml/mlshapedarrayscalar
public protocol MLShapedArrayScalar: Numeric {}
extension Float: MLShapedArrayScalar {}
extension Int32: MLShapedArrayScalar {}

/// https://developer.apple.com/documentation/coreml/mlshapedarray
public struct MLShapedArray<Scalar: MLShapedArrayScalar> {
    /// https://developer.apple.com/documentation/coreml/mlshapedarray/scalars
    public let scalars: [Scalar]
    let shape: [Int]

    /// https://developer.apple.com/documentation/coreml/mlshapedarray/init(scalars:shape:)
    public init<S: Sequence>(scalars: S, shape: [Int]) where S.Element == Scalar {
        (self.scalars, self.shape) = (Array(scalars), shape)
        precondition(self.scalars.count == shape.reduce(1, *))
    }

    /// Here of arrays of the same type only. https://developer.apple.com/documentation/coreml/mlshapedarray/init(converting:)
    public init(converting multiArray: MLMultiArray) {
        precondition((multiArray.dataType == .int32) == (Scalar.self == Int32.self))
        shape = multiArray.array.shape
        var numbers = [Scalar](repeating: 0, count: shape.reduce(1, *))
        numbers.withUnsafeMutableBytes { _ = multiArray.array.bytes.copyBytes(to: $0) }
        scalars = numbers
    }
}

/// https://developer.apple.com/documentation/coreml/mlfeaturevalue
public class MLFeatureValue {
    /// https://developer.apple.com/documentation/coreml/mlfeaturevalue/multiarrayvalue
    public let multiArrayValue: MLMultiArray?

    /// https://developer.apple.com/documentation/coreml/mlfeaturevalue/init(shapedarray:)
    public init<Scalar: MLShapedArrayScalar>(shapedArray: MLShapedArray<Scalar>) {
        let dtype = Scalar.self == Int32.self ? "int32" : "float32"
        let bytes = shapedArray.scalars.withUnsafeBytes { Data($0) }
        multiArrayValue = try? MLMultiArray(
            ReferenceArray(name: "", dtype: dtype, shape: shapedArray.shape, bytes: bytes))
    }

    init(_ array: ReferenceArray) throws {
        multiArrayValue = try MLMultiArray(array)
    }
}

/// https://developer.apple.com/documentation/coreml/mlfeatureprovider
public protocol MLFeatureProvider: AnyObject {
    /// https://developer.apple.com/documentation/coreml/mlfeatureprovider/featurenames
    var featureNames: Set<String> { get }
    /// https://developer.apple.com/documentation/coreml/mlfeatureprovider/featurevalue(for:)
    func featureValue(for featureName: String) -> MLFeatureValue?
}

/// https://developer.apple.com/documentation/coreml/mldictionaryfeatureprovider
public class MLDictionaryFeatureProvider: MLFeatureProvider {
    private let values: [String: MLFeatureValue]

    /// https://developer.apple.com/documentation/coreml/mldictionaryfeatureprovider/init(dictionary:)
    public init(dictionary: [String: Any]) throws {
        values = dictionary.compactMapValues { $0 as? MLFeatureValue }
        guard values.count == dictionary.count else { throw failure("a feature is no MLFeatureValue") }
    }

    public var featureNames: Set<String> { Set(values.keys) }

    public func featureValue(for featureName: String) -> MLFeatureValue? { values[featureName] }
}

/// https://developer.apple.com/documentation/coreml/mlmodel
open class MLModel {
    private let path: String
    /// https://developer.apple.com/documentation/coreml/mlmodel/modeldescription
    public let modelDescription: MLModelDescription

    /// Opens what `compileModel` made. https://developer.apple.com/documentation/coreml/mlmodel/init(contentsof:configuration:)
    public init(contentsOf url: URL, configuration: MLModelConfiguration) throws {
        guard configuration.computeUnits == .cpuOnly else { throw failure("Python has the CPU only") }
        path = try String(contentsOf: url.appendingPathComponent("package"), encoding: .utf8)
        modelDescription = try MLModelDescription(
            inputs: Reference.ask("inputs", path: path), outputs: Reference.ask("outputs", path: path))
    }

    /// Makes a folder that says where the package is. https://developer.apple.com/documentation/coreml/mlmodel/compilemodel(at:)-6442s
    open class func compileModel(at modelURL: URL) async throws -> URL {
        let made = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).mlmodelc")
        try FileManager.default.createDirectory(at: made, withIntermediateDirectories: true)
        try Data(modelURL.path.utf8).write(to: made.appendingPathComponent("package"))
        return made
    }

    /// As strict as Core ML: an input of another type is refused. https://developer.apple.com/documentation/coreml/mlmodel/prediction(from:)
    open func prediction(from input: any MLFeatureProvider) throws -> any MLFeatureProvider {
        let given = try modelDescription.inputDescriptionsByName.map { name, description in
            guard
                let value = input.featureValue(for: name)?.multiArrayValue,
                value.dataType == description.multiArrayConstraint?.dataType
            else { throw failure("the input \(name) is missing or of another type") }
            return ReferenceArray(
                name: name, dtype: value.array.dtype, shape: value.array.shape, bytes: value.array.bytes)
        }
        let made = try Reference.ask("run", path: path, given)
        return try MLDictionaryFeatureProvider(
            dictionary: Dictionary(uniqueKeysWithValues: made.map { ($0.name, try MLFeatureValue($0)) }))
    }
}

@available(*, unavailable)
extension MLModel: Sendable {}

private func failure(_ message: String) -> NSError {
    NSError(domain: "CoreML", code: 1, userInfo: [NSLocalizedDescriptionKey: message])
}

private func type(of array: ReferenceArray) throws -> MLMultiArrayDataType {
    switch array.dtype {
    case "int32": .int32
    case "float32": .float32
    default: throw failure("\(array.name) is \(array.dtype), which the tests do not have")
    }
}
