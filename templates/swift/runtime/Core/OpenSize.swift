/// A size that is known at run time only. Inputs that name the same one have the same size there.
struct OpenSize: Sendable {
    let name: String
    /// That of zeros, which warm the model up.
    let usual: Int
    let allows: @Sendable (Int) -> Bool
    /// What it may be, in words.
    let told: String

    init(_ name: String, usual: Int, allowed: some Sequence<Int> & Sendable, told: String) {
        (self.name, self.usual, self.told) = (name, usual, told)
        allows = { allowed.contains($0) }
    }
}

extension ModelContract {
    var usualSizes: [String: Int] {
        Dictionary(uniqueKeysWithValues: sizes.map { ($0.name, $0.usual) })
    }

    /// The size that each open one has in `inputs`, whose other sizes are right.
    /// - Throws: ``ModelError/invalidInput(reason:)`` if one is not allowed, or differs between two inputs.
    @discardableResult
    func sizes(of inputs: [Numbers]) throws -> [String: Int] {
        var found: [String: Int] = [:]
        for (spec, numbers) in zip(self.inputs, inputs) {
            for (axis, name) in spec.open {
                let size = numbers.shape[axis]
                guard let allowed = sizes.first(where: { $0.name == name }), allowed.allows(size) else {
                    let told = sizes.first { $0.name == name }?.told ?? "in the contract"
                    throw ModelError.invalidInput(reason: "\(name) is \(size) in \(spec.name), and has to be \(told)")
                }
                let first = found[name, default: size]
                guard first == size else {
                    throw ModelError.invalidInput(
                        reason: "\(name) is \(size) in \(spec.name), and \(first) in an input before it")
                }
                found[name] = size
            }
        }
        return found
    }
}
