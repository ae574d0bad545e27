// Digests are Python's, at the other end of a pipe.

import Foundation
import Reference

/// https://developer.apple.com/documentation/cryptokit/sha256
public struct SHA256 {
    private var bytes = Data()

    public init() {}

    /// https://developer.apple.com/documentation/cryptokit/hashfunction/update(data:)
    public mutating func update<D: DataProtocol>(data: D) {
        bytes.append(contentsOf: data)
    }

    /// https://developer.apple.com/documentation/cryptokit/hashfunction/finalize()
    public func finalize() -> SHA256Digest {
        let given = ReferenceArray(name: "bytes", dtype: "uint8", shape: [bytes.count], bytes: bytes)
        let told = try? Reference.ask("sha256", path: "", [given])
        return SHA256Digest(bytes: [UInt8](told?.first?.bytes ?? Data()))
    }
}

/// https://developer.apple.com/documentation/cryptokit/sha256digest
public struct SHA256Digest: Sequence {
    fileprivate let bytes: [UInt8]

    public func makeIterator() -> Array<UInt8>.Iterator { bytes.makeIterator() }
}
