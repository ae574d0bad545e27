import Foundation

/// How far loading a model is. The first load on a device, and the first after an update of the operating system, can
/// take long: the model is made ready for the device's hardware.
public enum LoadState: Sendable, Hashable {
    case idle
    /// Accelerators are being opened; `progress` is the share of them that were tried, 0…1.
    case loading(progress: Double)
    /// An accelerator's result is being compared to the expected one.
    case verifying(Accelerator)
    case ready(Accelerator)
    case failed(ModelError)
}

/// Tells every listener the current state and the ones that follow.
final class LoadProgress: Sendable {
    private let hub = Hub()

    /// A stream for one listener: the current state at once, then each change.
    var states: AsyncStream<LoadState> {
        let (stream, continuation) = AsyncStream.makeStream(of: LoadState.self)
        let (hub, id) = (hub, UUID())
        continuation.onTermination = { _ in Task { await hub.remove(id) } }
        Task { await hub.add(continuation, as: id) }
        return stream
    }

    func report(_ state: LoadState) async {
        await hub.report(state)
    }

    /// Does `load`, and reports a failure of it.
    func track<Value: Sendable>(_ load: @Sendable (LoadProgress) async throws -> Value) async throws -> Value {
        do {
            return try await load(self)
        } catch is CancellationError {
            await report(.idle)
            throw CancellationError()
        } catch {
            let failure = error as? ModelError ?? .modelCorrupt(reason: error.localizedDescription)
            await report(.failed(failure))
            throw failure
        }
    }

    private actor Hub {
        private var current = LoadState.idle
        private var listeners: [UUID: AsyncStream<LoadState>.Continuation] = [:]

        func add(_ listener: AsyncStream<LoadState>.Continuation, as id: UUID) {
            if case .terminated = listener.yield(current) { return }
            listeners[id] = listener
        }

        func remove(_ id: UUID) {
            listeners[id] = nil
        }

        func report(_ state: LoadState) {
            current = state
            for listener in listeners.values {
                listener.yield(state)
            }
        }
    }
}
