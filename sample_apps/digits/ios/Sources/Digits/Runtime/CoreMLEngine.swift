#if canImport(CoreML)
    import CoreML

    /// Runs a Core ML model.
    final class CoreMLEngine: Engine {
        private let model: MLModel
        private let contract: ModelContract
        /// Inputs that the model takes as integers. Core ML has no arrays of bool: the model takes other numbers for
        /// them, and which ones is the converter's choice.
        private let integers: Set<String>

        /// Takes a compiled `.mlmodelc` if the package has one; else compiles the `.mlpackage` once per system build.
        static func prepare(_ model: ModelFile, cache: URL) async throws -> URL {
            if let compiled = try? model.url(extension: "mlmodelc") { return compiled }
            let package = try model.url()
            return try await CompiledModelCache(folder: cache, modelHash: model.sha256).compiled(package) {
                try await MLModel.compileModel(at: package)
            }
        }

        init(
            opening file: URL, of contract: ModelContract, on accelerator: Accelerator, options: ModelOptions
        ) throws {
            let configuration = MLModelConfiguration()
            configuration.computeUnits = accelerator.computeUnits
            model = try MLModel(contentsOf: file, configuration: configuration)
            self.contract = contract
            let description = model.modelDescription
            let inputs = description.inputDescriptionsByName
            integers = Set(inputs.filter { $0.value.multiArrayConstraint?.dataType == .int32 }.keys)
            try contract.check(inputs: Array(inputs.keys), outputs: Array(description.outputDescriptionsByName.keys))
        }

        func run(_ inputs: [Numbers]) throws -> [Numbers] {
            let features = zip(contract.inputs, inputs).map { spec, numbers in
                (spec.name, feature(numbers, isInteger: integers.contains(spec.name)))
            }
            let given = try MLDictionaryFeatureProvider(dictionary: Dictionary(uniqueKeysWithValues: features))
            let made = try model.prediction(from: given)
            return try contract.outputs.map { spec in
                guard let array = made.featureValue(for: spec.name)?.multiArrayValue else {
                    throw ModelError.modelCorrupt(reason: "its output \(spec.name) is not an array")
                }
                return spec.numbers(array)
            }
        }

        private func feature(_ numbers: Numbers, isInteger: Bool) -> MLFeatureValue {
            isInteger
                ? MLFeatureValue(shapedArray: MLShapedArray(scalars: numbers.ints, shape: numbers.shape))
                : MLFeatureValue(shapedArray: MLShapedArray(scalars: numbers.floats, shape: numbers.shape))
        }
    }

    extension TensorSpec {
        /// What is in an array of the model's, which may have strides, and other numbers than the contract.
        fileprivate func numbers(_ array: MLMultiArray) -> Numbers {
            let shape = isOpen ? array.shape.map(\.intValue) : shape
            let made =
                array.dataType == .int32
                ? Numbers(MLShapedArray<Int32>(converting: array).scalars, shape: shape)
                : Numbers(MLShapedArray<Float>(converting: array).scalars, shape: shape)
            return switch type {
            case .float32: Numbers(made.floats, shape: shape)
            case .int32: Numbers(made.ints, shape: shape)
            case .bool: Numbers(made.bools, shape: shape)
            }
        }
    }

    extension Accelerator {
        /// Core ML always may fall back to the CPU for an operation that the accelerator lacks.
        fileprivate var computeUnits: MLComputeUnits {
            switch self {
            case .neuralEngine: .cpuAndNeuralEngine
            case .gpu: .cpuAndGPU
            case .cpu: .cpuOnly
            }
        }
    }
#endif
