#if canImport(OnnxRuntimeBindings)
    import Foundation
    import OnnxRuntimeBindings

    /// Runs an ONNX model by ONNX Runtime.
    final class OnnxEngine: Engine {
        private let environment: ORTEnv
        private let session: ORTSession
        private let file: ModelFile

        /// ONNX Runtime opens the shipped file itself.
        static func prepare(_ model: ModelFile, cache: URL) async throws -> URL {
            try model.url()
        }

        init(opening file: URL, of model: ModelFile, on accelerator: Accelerator, options: ModelOptions) throws {
            environment = try ORTEnv(loggingLevel: .warning)
            let sessionOptions = try ORTSessionOptions()
            try sessionOptions.setIntraOpNumThreads(Int32(options.threads))
            if let coreML = accelerator.coreMLOptions {
                guard ORTIsCoreMLExecutionProviderAvailable() else {
                    throw ModelError.unsupportedDevice(reason: "this ONNX Runtime is built without Core ML")
                }
                try sessionOptions.appendCoreMLExecutionProvider(with: coreML)
            }
            session = try ORTSession(env: environment, modelPath: file.path, sessionOptions: sessionOptions)
            self.file = model
            guard
                try session.inputNames().contains(model.input),
                try session.outputNames().contains(model.output)
            else {
                throw ModelError.modelCorrupt(reason: "it has no input \(model.input) or no output \(model.output)")
            }
        }

        func predict(_ input: [Float]) throws -> [Float] {
            let data = input.withUnsafeBytes { NSMutableData(bytes: $0.baseAddress, length: $0.count) }
            let tensor = try ORTValue(
                tensorData: data, elementType: .float, shape: file.inputShape.map { NSNumber(value: $0) })
            let result = try session.run(
                withInputs: [file.input: tensor], outputNames: [file.output], runOptions: nil)
            guard let scores = result[file.output] else {
                throw ModelError.modelCorrupt(reason: "its output \(file.output) is missing")
            }
            return floats(try scores.tensorData() as Data)
        }

        private func floats(_ data: Data) -> [Float] {
            [Float](unsafeUninitializedCapacity: data.count / MemoryLayout<Float>.size) { buffer, count in
                count = data.copyBytes(to: buffer) / MemoryLayout<Float>.size
            }
        }
    }

    extension Accelerator {
        /// The hardware is reached by way of Core ML; the CPU is ONNX Runtime's own.
        fileprivate var coreMLOptions: ORTCoreMLExecutionProviderOptions? {
            guard self != .cpu else { return nil }
            let options = ORTCoreMLExecutionProviderOptions()
            options.createMLProgram = true
            options.onlyAllowStaticInputShapes = true
            options.onlyEnableForDevicesWithANE = self == .neuralEngine
            options.useCPUAndGPU = self == .gpu
            return options
        }
    }
#endif
