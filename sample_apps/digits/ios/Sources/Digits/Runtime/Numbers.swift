import Foundation

/// Numbers that models take and give.
enum NumberType: String, Sendable {
    case float32
    case int32
    case bool

    /// Of one number in a file of the package.
    fileprivate var bytes: Int { self == .bool ? 1 : 4 }
}

/// A tensor at the model's border: its shape, and its numbers in C order.
struct Numbers: Sendable, Equatable {
    enum Values: Sendable, Equatable {
        case floats([Float])
        case ints([Int32])
        case bools([Bool])
    }

    let shape: [Int]
    let values: Values

    init(_ values: [Float], shape: [Int]) {
        (self.values, self.shape) = (.floats(values), shape)
    }

    init(_ values: [Int32], shape: [Int]) {
        (self.values, self.shape) = (.ints(values), shape)
    }

    init(_ values: [Bool], shape: [Int]) {
        (self.values, self.shape) = (.bools(values), shape)
    }

    var type: NumberType {
        switch values {
        case .floats: .float32
        case .ints: .int32
        case .bools: .bool
        }
    }

    var count: Int {
        switch values {
        case .floats(let values): values.count
        case .ints(let values): values.count
        case .bools(let values): values.count
        }
    }

    /// Real numbers; integers are turned into them, and what is true is 1.
    var floats: [Float] {
        switch values {
        case .floats(let values): values
        case .ints(let values): values.map(Float.init)
        case .bools(let values): values.map { $0 ? 1 : 0 }
        }
    }

    /// Integers; real numbers are cut down to them, and what is true is 1.
    var ints: [Int32] {
        switch values {
        case .floats(let values): values.map { Int32(exactly: $0.rounded(.towardZero)) ?? .min }
        case .ints(let values): values
        case .bools(let values): values.map { $0 ? 1 : 0 }
        }
    }

    /// What is true: all but 0.
    var bools: [Bool] {
        switch values {
        case .floats(let values): values.map { $0 != 0 }
        case .ints(let values): values.map { $0 != 0 }
        case .bools(let values): values
        }
    }
}

/// One tensor at the model's border, as the contract names it.
struct TensorSpec: Sendable {
    let name: String
    let type: NumberType
    /// -1 for a size that is known at run time only.
    let shape: [Int]
    /// How a picture becomes this input, if it is one.
    let picture: ImagePreprocessing?
    /// Of an input: the output that the next call is given here. The first call is given zeros.
    let state: String?
    /// Of an input: the names of its open sizes, by axis.
    let open: [Int: String]

    init(_ name: String, _ type: NumberType, _ shape: [Int], state: String? = nil, open: [Int: String] = [:]) {
        (self.name, self.type, self.shape, self.state, self.open) = (name, type, shape, state, open)
        picture = nil
    }

    private init(_ name: String, _ picture: ImagePreprocessing) {
        (self.name, type, shape, self.picture, state) = (name, .float32, picture.shape, picture, nil)
        open = [:]
    }

    static func picture(_ name: String, _ picture: ImagePreprocessing) -> TensorSpec {
        TensorSpec(name, picture)
    }

    var isOpen: Bool { shape.contains(-1) }

    /// How many numbers it has, unless it ``isOpen``.
    var count: Int { shape.reduce(1, *) }

    /// The same input with `sizes` in place of the open ones.
    func at(_ sizes: [String: Int]) -> TensorSpec {
        guard isOpen else { return self }
        let known = shape.indices.map { axis in open[axis].flatMap { sizes[$0] } ?? shape[axis] }
        return TensorSpec(name, type, known, state: state)
    }

    /// Whether `other` is a shape of this tensor's; of open sizes nothing is said.
    func fits(_ other: [Int]) -> Bool {
        shape.count == other.count && zip(shape, other).allSatisfy { $0 == -1 || $0 == $1 }
    }

    var zeros: Numbers {
        switch type {
        case .float32: Numbers([Float](repeating: 0, count: count), shape: shape)
        case .int32: Numbers([Int32](repeating: 0, count: count), shape: shape)
        case .bool: Numbers([Bool](repeating: false, count: count), shape: shape)
        }
    }

    /// The tensor in a file, as it lies in memory: little-endian, as all of Apple's devices are, and one byte for what
    /// is true or false.
    /// - Throws: ``ModelError/modelCorrupt(reason:)`` if the file has another size.
    func read(_ file: Data) throws -> Numbers {
        guard file.count == count * type.bytes else {
            throw ModelError.modelCorrupt(
                reason: "\(name) takes \(count * type.bytes) bytes, and the file has \(file.count)")
        }
        return switch type {
        case .float32: Numbers(file.numbers(count, zero: Float(0)), shape: shape)
        case .int32: Numbers(file.numbers(count, zero: Int32(0)), shape: shape)
        case .bool: Numbers(file.map { $0 != 0 }, shape: shape)
        }
    }
}

extension Data {
    /// `count` numbers as they lie in memory; `zero` says of which type.
    func numbers<Number: Numeric>(_ count: Int, zero: Number) -> [Number] {
        var numbers = [Number](repeating: zero, count: count)
        numbers.withUnsafeMutableBytes { _ = copyBytes(to: $0) }
        return numbers
    }
}
