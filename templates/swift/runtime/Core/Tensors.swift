/// Real numbers in C order: the last index changes first.
public struct FloatTensor: Sendable, Hashable, Codable {
    public let values: [Float]
    /// The size of each dimension.
    public let shape: [Int]

    /// - Throws: ``ModelError/invalidInput(reason:)`` if `values` do not fill `shape`.
    public init(_ values: [Float], shape: [Int]) throws {
        try checkSize(values.count, shape)
        (self.values, self.shape) = (values, shape)
    }

    init(_ numbers: Numbers) {
        (values, shape) = (numbers.floats, numbers.shape)
    }

    var numbers: Numbers { Numbers(values, shape: shape) }
}

/// Integers in C order.
public struct IntTensor: Sendable, Hashable, Codable {
    public let values: [Int32]
    /// The size of each dimension.
    public let shape: [Int]

    /// - Throws: ``ModelError/invalidInput(reason:)`` if `values` do not fill `shape`.
    public init(_ values: [Int32], shape: [Int]) throws {
        try checkSize(values.count, shape)
        (self.values, self.shape) = (values, shape)
    }

    init(_ numbers: Numbers) {
        (values, shape) = (numbers.ints, numbers.shape)
    }

    var numbers: Numbers { Numbers(values, shape: shape) }
}

/// What is true or false, in C order.
public struct BoolTensor: Sendable, Hashable, Codable {
    public let values: [Bool]
    /// The size of each dimension.
    public let shape: [Int]

    /// - Throws: ``ModelError/invalidInput(reason:)`` if `values` do not fill `shape`.
    public init(_ values: [Bool], shape: [Int]) throws {
        try checkSize(values.count, shape)
        (self.values, self.shape) = (values, shape)
    }

    init(_ numbers: Numbers) {
        (values, shape) = (numbers.bools, numbers.shape)
    }

    var numbers: Numbers { Numbers(values, shape: shape) }
}

private func checkSize(_ count: Int, _ shape: [Int]) throws {
    var size = 1
    var overflows = false
    for side in shape {
        let (product, overflow) = size.multipliedReportingOverflow(by: side)
        (size, overflows) = (product, overflows || overflow || side < 0)
    }
    guard !overflows, count == size else {
        let sides = shape.map(String.init).joined(separator: " × ")
        throw ModelError.invalidInput(reason: "\(count) numbers are no tensor of \(sides)")
    }
}
