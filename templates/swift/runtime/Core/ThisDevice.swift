import Foundation

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

/// The device and its operating system.
enum ThisDevice {
    /// The system's version and build for people, for example `iOS Version 18.1 (Build 22B83)`.
    static var system: String { name + ProcessInfo.processInfo.operatingSystemVersionString }

    private static var name: String {
        #if os(iOS)
            "iOS "
        #elseif os(macOS)
            "macOS "
        #else
            ""
        #endif
    }

    /// The same for file names: it changes with every build of the system.
    static var systemKey: String {
        String(system.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" })
    }

    /// The hardware's name, for example `iPhone17,1`; in the simulator, with that word, what it plays.
    static var model: String {
        #if targetEnvironment(simulator)
            "\(ProcessInfo.processInfo.environment["SIMULATOR_MODEL_IDENTIFIER"] ?? "unknown") simulator"
        #else
            machine
        #endif
    }

    private static var machine: String {
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
