// Copied into a generated package by test_swift_compiles.py: the cache of compiled Core ML models, with a stand-in for
// the compiler.

import Foundation
import Testing

@testable import Torture

@Suite struct CompiledModelCacheTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    private let package = URL(fileURLWithPath: "/nowhere/Model.mlpackage")

    private func cache(system: String = "18-0", hash: String = "0123456789abcdef01") -> CompiledModelCache {
        CompiledModelCache(folder: folder, modelHash: hash, system: system)
    }

    @Sendable private static func compile(files: Int = 0) throws -> URL {
        let made = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: made, withIntermediateDirectories: true)
        for name in 0..<files {
            try Data([1]).write(to: made.appendingPathComponent("\(name)"))
        }
        return made
    }

    @Test func compilesOncePerSystemBuild() async throws {
        let first = try await cache().compiled(package) { try Self.compile() }
        #expect(FileManager.default.fileExists(atPath: first.path))
        let second = try await cache().compiled(package) { throw CancellationError() }
        #expect(second == first)
    }

    @Test func anotherBuildCompilesAnewAndTheOldOneGoes() async throws {
        let old = try await cache(system: "18-0").compiled(package) { try Self.compile() }
        let other = try await cache(hash: "fedcba98765432100").compiled(package) { try Self.compile() }
        let new = try await cache(system: "18-1").compiled(package) { try Self.compile() }
        #expect(new != old)
        #expect(!FileManager.default.fileExists(atPath: old.path))
        #expect(FileManager.default.fileExists(atPath: other.path), "another model's is not touched")
    }

    @Test func twoLoadsAtOnceShareOneResult() async throws {
        let cache = cache()
        let found = try await cache.compiled(package) {
            _ = try await cache.compiled(URL(fileURLWithPath: "/nowhere")) { try Self.compile() }
            return try Self.compile()
        }
        #expect(FileManager.default.fileExists(atPath: found.path))
    }

    @Test func loadsInParallelGetOneWholeResult() async throws {
        for round in 0..<50 {
            let cache = cache(hash: "\(round)-of-fifty-rounds")
            let made = try await withThrowingTaskGroup(of: [String].self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        let found = try await cache.compiled(package) { try Self.compile(files: 20) }
                        return try FileManager.default.contentsOfDirectory(atPath: found.path)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1.count) }
            }
            #expect(made == Array(repeating: 20, count: 8))
            try FileManager.default.removeItem(at: folder)
        }
    }

    @Test func aFailedCompilationLeavesNothing() async throws {
        await #expect(throws: CancellationError.self) {
            try await cache().compiled(package) { throw CancellationError() }
        }
        #expect(!FileManager.default.fileExists(atPath: folder.path))
    }
}
