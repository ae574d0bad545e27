#if canImport(CoreML)
    import CoreML

    /// Runs a Core ML model.
    final class CoreMLEngine: Engine {
        private let model: MLModel
        private let file: ModelFile

        /// Takes a compiled `.mlmodelc` if the package has one; else compiles the `.mlpackage` once per system build.
        static func prepare(_ model: ModelFile, cache: URL) async throws -> URL {
            if let compiled = try? model.url(extension: "mlmodelc") { return compiled }
            let package = try model.url()
            return try await CompiledModelCache(folder: cache, modelHash: model.sha256).compiled(package) {
                try await MLModel.compileModel(at: package)
            }
        }

        init(opening file: URL, of model: ModelFile, on accelerator: Accelerator, options: ModelOptions) throws {
            let configuration = MLModelConfiguration()
            configuration.computeUnits = accelerator.computeUnits
            self.model = try MLModel(contentsOf: file, configuration: configuration)
            self.file = model
            let description = self.model.modelDescription
            guard
                description.inputDescriptionsByName[model.input] != nil,
                description.outputDescriptionsByName[model.output] != nil
            else {
                throw ModelError.modelCorrupt(reason: "it has no input \(model.input) or no output \(model.output)")
            }
        }

        func predict(_ input: [Float]) throws -> [Float] {
            let tensor = MLShapedArray<Float>(scalars: input, shape: file.inputShape)
            let features = try MLDictionaryFeatureProvider(
                dictionary: [file.input: MLFeatureValue(shapedArray: tensor)])
            let result = try model.prediction(from: features)
            guard let scores = result.featureValue(for: file.output)?.multiArrayValue else {
                throw ModelError.modelCorrupt(reason: "its output \(file.output) is not an array")
            }
            // Converts what an fp16 model gives, and any strides.
            return MLShapedArray<Float>(converting: scores).scalars
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
