#if canImport(CryptoKit)
    import CryptoKit
    import Foundation

    extension ModelFile {
        /// Compares the shipped file with the one that this package was made for. Where only a compiled model is there,
        /// there is nothing to compare.
        /// - Throws: ``ModelError/modelCorrupt(reason:)`` if it is another one.
        func verify() throws {
            guard let shipped = try? url() else { return }
            let found: String
            do {
                found = try Self.sha256(of: shipped)
            } catch {
                throw ModelError.modelCorrupt(reason: "\(shipped.lastPathComponent) cannot be read")
            }
            guard found == sha256 else {
                throw ModelError.modelCorrupt(
                    reason: "\(shipped.lastPathComponent) has SHA-256 \(found), and this code was made for \(sha256)")
            }
        }

        /// Of a file its bytes; of a folder, such as an `.mlpackage`, the paths, sizes and bytes of all its files, in the
        /// order of their paths. deploykit counts the same (`deploykit/digests.py`).
        static func sha256(of url: URL) throws -> String {
            var digest = SHA256()
            if try url.resourceValues(forKeys: [.isDirectoryKey]).isDirectory == true {
                for path in try FileManager.default.subpathsOfDirectory(atPath: url.path).sorted(by: precedes) {
                    let file = url.appendingPathComponent(path)
                    guard try file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true else { continue }
                    let bytes = try Data(contentsOf: file, options: .mappedIfSafe)
                    digest.update(data: Data("\(path)\n\(bytes.count)\n".utf8))
                    digest.update(data: bytes)
                }
            } else {
                digest.update(data: try Data(contentsOf: url, options: .mappedIfSafe))
            }
            return digest.finalize().map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        }

        /// Folder by folder: a name counts before what is in it.
        private static func precedes(_ a: String, _ b: String) -> Bool {
            a.split(separator: "/").lexicographicallyPrecedes(b.split(separator: "/"))
        }
    }
#endif
