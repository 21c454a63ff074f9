import FoundationEssentials
import TestSupport
import Testing

/// The sampling thread neither allocates nor locks: RealtimeSanitizer, loaded before the program, would end it.
///
/// The sanitizer and the compiler are those of the Swift toolchain; where they are not to be had, the tests say so.
@Suite(
    "Real time, watched by RealtimeSanitizer", .serialized,
    .enabled(if: RealtimeSanitizer.tools != nil, "skipped: no RealtimeSanitizer in the Swift toolchain"))
struct RealTimeTests {
    /// Builds what is loaded before the program.
    private func checker(_ folder: TemporaryFolder) async throws -> String {
        let tools = try #require(RealtimeSanitizer.tools)
        return try await MarkedRecording.checker(
            "checker", compiler: tools.compiler,
            ["-Wl,--whole-archive", tools.library, "-Wl,--no-whole-archive", "-lpthread", "-lm", "-lrt"], folder)
    }

    private func record(
        _ way: MarkedRecording.Way, _ environment: [String: String] = [:]
    ) async throws -> (exit: Int32, output: String) {
        let folder = try TemporaryFolder()
        return try await MarkedRecording.run(
            Product.path("meterbench"), way, loaded: try await checker(folder), environment, folder)
    }

    /// How often the loop was entered, as the checker prints at the end.
    private func entered(_ output: String) throws -> Int {
        let found = try #require(output.firstMatch(of: /realtime: entered ([0-9]+)/))
        return try #require(Int(found.output.1))
    }

    @Test(
        "the sampling loop allocates nothing and locks nothing, from its first block to its last",
        arguments: MarkedRecording.Way.allCases.filter(\.isThere))
    func clean(way: MarkedRecording.Way) async throws {
        let result = try await record(way)
        #expect(result.exit == 0 && !result.output.contains("RealtimeSanitizer"), "\(result.output)")
        // Once at least for each of the 75 blocks of 20 ms that came by network: the marks are really there.
        #expect(try entered(result.output) >= (way == .network ? 75 : 5), "\(result.output)")
    }

    @Test("the check itself finds an allocation in the loop, and ends the program")
    func spoilt() async throws {
        let result = try await record(.network, ["REALTIME_CHECK_SPOIL": "1"])
        #expect(result.exit != 0, "\(result.output)")
        #expect(result.output.contains("RealtimeSanitizer") && result.output.contains("malloc"), "\(result.output)")
    }
}

/// The sanitizer of the Swift toolchain.
enum RealtimeSanitizer {
    struct Tools: Sendable {
        var compiler: String, library: String
    }

    /// Clang and the sanitizer's library beside the Swift compiler; `nil` where they are not.
    static let tools: Tools? = {
        guard let swift = Checkout.program("swift") else { return nil }
        let real = (try? FileManager.default.destinationOfSymbolicLink(atPath: swift)) ?? swift
        #if arch(arm64)
            let machine = "aarch64"
        #else
            let machine = "x86_64"
        #endif
        for path in [swift, real] where path.hasPrefix("/") && path.hasSuffix("/bin/swift") {
            let top = String(path.dropLast("/bin/swift".count))
            for version in (try? FileManager.default.contentsOfDirectory(atPath: top + "/lib/clang")) ?? [] {
                let library = top + "/lib/clang/\(version)/lib/linux/libclang_rt.rtsan-\(machine).a"
                if FileManager.default.fileExists(atPath: library), Checkout.isExecutable(top + "/bin/clang") {
                    return Tools(compiler: top + "/bin/clang", library: library)
                }
            }
        }
        return nil
    }()
}
