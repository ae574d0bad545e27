/// What one input is given.
enum Given: Sendable {
    case picture(Pixels, ImageOrientation)
    case numbers(Numbers)
}

/// What the model made of its inputs.
struct Prediction: Sendable {
    /// In the contract's order.
    let outputs: [Numbers]
    /// Where each given picture lies in the one that the model saw.
    let placements: [Placement]
}

/// Runs an engine as the contract says: pictures become inputs, states go from call to call, sizes are checked.
///
/// It never leaves the actor that made it.
final class Predictor {
    private let contract: ModelContract
    private let engine: any Engine
    /// What the next call is given in inputs that are states, by their places.
    private var states: [Int: Numbers] = [:]

    init(_ contract: ModelContract, _ engine: any Engine) {
        self.contract = contract
        self.engine = engine
    }

    /// Runs the model on `given`, one for each input that is no state.
    func predict(_ given: [Given]) throws -> Prediction {
        let (inputs, placements) = try prepare(given)
        return Prediction(outputs: try run(inputs), placements: placements)
    }

    /// All inputs. Nothing is computed yet, so a caller may still change its mind.
    func prepare(_ given: [Given]) throws -> (inputs: [Numbers], placements: [Placement]) {
        var (inputs, placements): ([Numbers], [Placement]) = ([], [])
        var rest = given[...]
        for (place, spec) in contract.inputs.enumerated() {
            if spec.state != nil {
                inputs.append(states[place] ?? zeros(spec))
                continue
            }
            switch rest.popFirst() {
            case .picture(let pixels, let orientation):
                guard let steps = spec.picture else {
                    throw ModelError.invalidInput(reason: "\(spec.name) takes no picture")
                }
                inputs.append(Numbers(steps(pixels, orientation: orientation), shape: spec.shape))
                placements.append(steps.placement(of: pixels, orientation: orientation))
            case .numbers(let numbers):
                inputs.append(try checked(numbers, spec))
            case nil:
                throw ModelError.invalidInput(reason: "nothing is given for \(spec.name)")
            }
        }
        guard rest.isEmpty else { throw ModelError.invalidInput(reason: "\(rest.count) inputs are too many") }
        try contract.sizes(of: inputs)
        return (inputs, placements)
    }

    /// Runs the model on all inputs.
    func run(_ inputs: [Numbers]) throws -> [Numbers] {
        let outputs = try engine.run(inputs)
        for (spec, output) in zip(contract.outputs, outputs) {
            guard spec.fits(output.shape), output.count == output.shape.reduce(1, *) else {
                let made = "\(output.count) numbers of \(output.shape)"
                throw ModelError.modelCorrupt(reason: "the model gave \(made) in \(spec.name), not \(spec.shape)")
            }
        }
        for (place, spec) in contract.inputs.enumerated() {
            if let kept = contract.outputs.firstIndex(where: { $0.name == spec.state }) {
                states[place] = outputs[kept]
            }
        }
        return outputs
    }

    /// Runs the model on zeros, and leaves states as they are.
    func warm() throws {
        _ = try engine.run(contract.inputs.map(zeros))
    }

    /// Forgets all states: the next call is the first one.
    func reset() {
        states = [:]
    }

    private func zeros(_ spec: TensorSpec) -> Numbers { spec.at(contract.usualSizes).zeros }

    private func checked(_ numbers: Numbers, _ spec: TensorSpec) throws -> Numbers {
        guard numbers.type == spec.type, spec.fits(numbers.shape) else {
            throw ModelError.invalidInput(
                reason: "\(spec.name) takes \(spec.type) \(spec.shape), not \(numbers.type) \(numbers.shape)")
        }
        return numbers
    }
}
