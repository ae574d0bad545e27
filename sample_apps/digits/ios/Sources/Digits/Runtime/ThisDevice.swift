import Foundation

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

/// The device and its operating system.
enum ThisDevice {
    /// The system's version and build for people, for example `Version 18.1 (Build 22B83)`.
    static var system: String { ProcessInfo.processInfo.operatingSystemVersionString }

    /// The same for file names: it changes with every build of the system.
    static var systemKey: String {
        String(system.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" })
    }

    /// The hardware's name, for example `iPhone17,1`.
    static var model: String {
        var names = utsname()
        guard uname(&names) == 0 else { return "unknown" }
        return withUnsafeBytes(of: &names.machine) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    /// Where the app may keep what can be made again.
    static var caches: URL {
        FileManager.default.urls(for: .cachesDirectory, in: .userDomainMask).first
            ?? FileManager.default.temporaryDirectory
    }
}
