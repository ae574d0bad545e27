/// A part of the device that computes.
public enum Accelerator: String, Sendable, Hashable, Codable, CaseIterable {
    case neuralEngine = "neural_engine"
    case gpu
    case cpu
}
