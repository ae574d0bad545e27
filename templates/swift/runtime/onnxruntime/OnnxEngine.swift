#if canImport(OnnxRuntimeBindings)
    import Foundation
    import OnnxRuntimeBindings

    /// Runs an ONNX model by ONNX Runtime.
    final class OnnxEngine: Engine {
        private let environment: ORTEnv
        private let session: ORTSession
        private let contract: ModelContract

        /// ONNX Runtime opens the shipped file itself.
        static func prepare(_ model: ModelFile, cache: URL) async throws -> URL {
            try model.url()
        }

        init(
            opening file: URL, of contract: ModelContract, on accelerator: Accelerator, options: ModelOptions
        ) throws {
            environment = try ORTEnv(loggingLevel: .warning)
            let sessionOptions = try ORTSessionOptions()
            try sessionOptions.setIntraOpNumThreads(Int32(options.threads))
            if let coreML = accelerator.coreMLOptions {
                // Of sizes that a call chooses it would take nothing then.
                coreML.onlyAllowStaticInputShapes = contract.sizes.isEmpty
                guard ORTIsCoreMLExecutionProviderAvailable() else {
                    throw ModelError.unsupportedDevice(reason: "this ONNX Runtime is built without Core ML")
                }
                try sessionOptions.appendCoreMLExecutionProvider(with: coreML)
            }
            session = try ORTSession(env: environment, modelPath: file.path, sessionOptions: sessionOptions)
            self.contract = contract
            try contract.check(inputs: try session.inputNames(), outputs: try session.outputNames())
        }

        func run(_ inputs: [Numbers]) throws -> [Numbers] {
            let given = try zip(contract.inputs, inputs).map { ($0.name, try value($1)) }
            let made = try session.run(
                withInputs: Dictionary(uniqueKeysWithValues: given),
                outputNames: Set(contract.outputs.map(\.name)), runOptions: nil)
            // What `tensorData()` gives is the value's own memory.
            return try withExtendedLifetime(made) {
                try contract.outputs.map { spec in
                    guard let output = made[spec.name] else {
                        throw ModelError.modelCorrupt(reason: "its output \(spec.name) is missing")
                    }
                    let shape =
                        spec.isOpen ? try output.tensorTypeAndShapeInfo().shape.map(\.intValue) : spec.shape
                    return try numbers(try output.tensorData() as Data, spec.type, shape)
                }
            }
        }

        private func value(_ numbers: Numbers) throws -> ORTValue {
            let shape = numbers.shape.map { NSNumber(value: $0) }
            return switch numbers.values {
            case .floats(let values): try ORTValue(tensorData: data(values), elementType: .float, shape: shape)
            case .ints(let values): try ORTValue(tensorData: data(values), elementType: .int32, shape: shape)
            case .bools: throw noBool()
            }
        }

        private func data<Number>(_ values: [Number]) -> NSMutableData {
            values.withUnsafeBytes { NSMutableData(bytes: $0.baseAddress, length: $0.count) }
        }

        private func numbers(_ data: Data, _ type: NumberType, _ shape: [Int]) throws -> Numbers {
            switch type {
            case .float32: Numbers(data.numbers(data.count / 4, zero: Float(0)), shape: shape)
            case .int32: Numbers(data.numbers(data.count / 4, zero: Int32(0)), shape: shape)
            case .bool: throw noBool()
            }
        }

        /// Its package for Swift has no such element type; deploykit makes no package that needs it.
        private func noBool() -> ModelError { .modelCorrupt(reason: "ONNX Runtime takes no bool from Swift") }
    }

    extension Accelerator {
        /// The hardware is reached by way of Core ML; the CPU is ONNX Runtime's own.
        fileprivate var coreMLOptions: ORTCoreMLExecutionProviderOptions? {
            guard self != .cpu else { return nil }
            let options = ORTCoreMLExecutionProviderOptions()
            options.createMLProgram = true
            options.onlyEnableForDevicesWithANE = self == .neuralEngine
            options.useCPUAndGPU = self == .gpu
            return options
        }
    }
#endif
