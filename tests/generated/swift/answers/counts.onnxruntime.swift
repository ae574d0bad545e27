import Tagger

/// ONNX Runtime's package for Swift has no bool.
func counted(_ values: [Bool]) throws -> IntTensor {
    try IntTensor(values.map { $0 ? 1 : 0 }, shape: [1, values.count])
}
