import Foundation

public func say(_ text: String = "a ) \(f(")")) ${", to other: @escaping () -> Void) async throws -> [Int] { [] }

struct Hidden {}

extension Hidden {
    public var member: Int { 1 }
}

extension Int {
    public func doubled() -> Int { 2 * self }
    func hidden() {}
}

public enum Level: String, Sendable {
    case low, high(number: Int)
    indirect case nested(Level)

    var number: Int {
        switch self {
        case .low: 1
        default: 2
        }
    }
}

public struct Settings<T: Hashable> {
    public private(set) var read: Int
    public var inferred = Date()
    public var computed: T {
        get { value }
        set { value = newValue }
    }
    private var value: T

    public init?(_ value: T) {}
}

#if os(iOS)
    public extension Settings {
        func extended() {}

        private func hidden() {}
    }
#endif

public protocol Callback {
    func call()
}

let raw = #"raw \" { "#
