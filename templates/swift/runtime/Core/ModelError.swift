import Foundation

/// Everything that can go wrong with a model, apart from `CancellationError`.
public enum ModelError: Error, LocalizedError, Sendable, Hashable {
    /// A file of the package is not in the app's bundle.
    case modelMissing(file: String)
    /// A file is there but is not what this package was generated for.
    case modelCorrupt(reason: String)
    /// No wished accelerator of this device runs the model correctly; `reason` has a line for each.
    case unsupportedDevice(reason: String)
    /// The accelerator failed while the model ran.
    case acceleratorFailed(reason: String)
    /// The input cannot be used.
    case invalidInput(reason: String)
    /// The model was closed.
    case closed

    /// Whether another accelerator would not help.
    var isOfFiles: Bool {
        switch self {
        case .modelMissing, .modelCorrupt: true
        default: false
        }
    }

    public var errorDescription: String? {
        switch self {
        case .modelMissing(let file): "The model's file \(file) is missing from the app."
        case .modelCorrupt(let reason): "The model's files do not fit this app: \(reason)."
        case .unsupportedDevice(let reason): "This device does not run the model correctly.\n\(reason)"
        case .acceleratorFailed(let reason): "The accelerator failed: \(reason)."
        case .invalidInput(let reason): "The input cannot be used: \(reason)."
        case .closed: "The model is closed; load it again."
        }
    }
}
