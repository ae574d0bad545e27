// Signatures only. No class here is Sendable, as in Apple's SDK.

@_exported import Foundation

/// https://developer.apple.com/documentation/coreml/mlcomputeunits
public enum MLComputeUnits: Int, Sendable { case cpuOnly, cpuAndGPU, all, cpuAndNeuralEngine }

/// https://developer.apple.com/documentation/coreml/mlmodelconfiguration
open class MLModelConfiguration {
    public init() {}
    /// https://developer.apple.com/documentation/coreml/mlmodelconfiguration/computeunits
    public var computeUnits: MLComputeUnits {
        get { fatalError() }
        set {}
    }
}

/// https://developer.apple.com/documentation/coreml/mlfeaturedescription
public class MLFeatureDescription {}

/// https://developer.apple.com/documentation/coreml/mlmodeldescription
public class MLModelDescription {
    /// https://developer.apple.com/documentation/coreml/mlmodeldescription/inputdescriptionsbyname
    public var inputDescriptionsByName: [String: MLFeatureDescription] { fatalError() }
    /// https://developer.apple.com/documentation/coreml/mlmodeldescription/outputdescriptionsbyname
    public var outputDescriptionsByName: [String: MLFeatureDescription] { fatalError() }
}

/// https://developer.apple.com/documentation/coreml/mlmultiarray
public class MLMultiArray {}

/// https://developer.apple.com/documentation/coreml/mlshapedarrayscalar
public protocol MLShapedArrayScalar {}
extension Float: MLShapedArrayScalar {}

/// https://developer.apple.com/documentation/coreml/mlshapedarray
public struct MLShapedArray<Scalar: MLShapedArrayScalar> {
    /// https://developer.apple.com/documentation/coreml/mlshapedarray/init(scalars:shape:)
    public init<S: Sequence>(scalars: S, shape: [Int]) where S.Element == Scalar { fatalError() }
    /// https://developer.apple.com/documentation/coreml/mlshapedarray/init(converting:)
    public init(converting multiArray: MLMultiArray) { fatalError() }
    /// https://developer.apple.com/documentation/coreml/mlshapedarray/scalars
    public var scalars: [Scalar] { fatalError() }
}

/// https://developer.apple.com/documentation/coreml/mlfeaturevalue
public class MLFeatureValue {
    /// https://developer.apple.com/documentation/coreml/mlfeaturevalue/init(shapedarray:)
    public init<Scalar: MLShapedArrayScalar>(shapedArray: MLShapedArray<Scalar>) { fatalError() }
    /// https://developer.apple.com/documentation/coreml/mlfeaturevalue/multiarrayvalue
    public var multiArrayValue: MLMultiArray? { fatalError() }
}

/// https://developer.apple.com/documentation/coreml/mlfeatureprovider
public protocol MLFeatureProvider: AnyObject {
    /// https://developer.apple.com/documentation/coreml/mlfeatureprovider/featurevalue(for:)
    func featureValue(for featureName: String) -> MLFeatureValue?
}

/// https://developer.apple.com/documentation/coreml/mldictionaryfeatureprovider
public class MLDictionaryFeatureProvider: MLFeatureProvider {
    /// https://developer.apple.com/documentation/coreml/mldictionaryfeatureprovider/init(dictionary:)
    public init(dictionary: [String: Any]) throws { fatalError() }
    public func featureValue(for featureName: String) -> MLFeatureValue? { fatalError() }
}

/// https://developer.apple.com/documentation/coreml/mlmodel
open class MLModel {
    /// https://developer.apple.com/documentation/coreml/mlmodel/init(contentsof:configuration:)
    public init(contentsOf url: URL, configuration: MLModelConfiguration) throws { fatalError() }
    /// https://developer.apple.com/documentation/coreml/mlmodel/compilemodel(at:)-6442s
    open class func compileModel(at modelURL: URL) async throws -> URL { fatalError() }
    /// https://developer.apple.com/documentation/coreml/mlmodel/modeldescription
    open var modelDescription: MLModelDescription { fatalError() }
    /// https://developer.apple.com/documentation/coreml/mlmodel/prediction(from:)
    open func prediction(from input: any MLFeatureProvider) throws -> any MLFeatureProvider { fatalError() }
}

@available(*, unavailable)
extension MLModel: Sendable {}
