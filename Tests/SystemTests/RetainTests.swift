import TestSupport
import Testing

/// The sampling loop counts no references and makes no objects: what the Swift runtime is asked for between the marks of the loop is counted by
/// functions that stand in for its own, loaded before the program.
///
/// Only a release build is held to it: the compiler leaves such counts in a debug build that an optimized one does not have. `make sanitize`
/// makes one and runs this.
@Suite(
    "Real time, without counting references", .serialized,
    .enabled(if: ReleaseBuild.counted, "skipped: \(ReleaseBuild.missing)"))
struct RetainTests {
    private func record(_ way: MarkedRecording.Way, _ environment: [String: String] = [:]) async throws -> (
        exit: Int32, output: String
    ) {
        let folder = try TemporaryFolder()
        let compiler = try #require(RealtimeSanitizer.tools?.compiler)
        let counter = try await MarkedRecording.checker("counter", compiler: compiler, [], folder)
        return try await MarkedRecording.run(ReleaseBuild.path, way, loaded: counter, environment, folder)
    }

    /// How often each was asked for within the marks, as the counter prints at the end.
    private func counts(_ output: String) -> [String: Int] {
        var found: [String: Int] = [:]
        for match in output.matches(of: /realtime: (\w+) ([0-9]+)/) { found[String(match.1)] = Int(match.2) }
        return found
    }

    @Test(
        "the sampling loop of a release build neither counts references nor makes objects",
        arguments: MarkedRecording.Way.allCases.filter(\.isThere))
    func clean(way: MarkedRecording.Way) async throws {
        let result = try await record(way)
        let counts = counts(result.output)
        #expect(result.exit == 0, "\(result.output)")
        // The loop was entered often, once at least for each of the 75 blocks of 20 ms that came by network; all functions were looked at.
        #expect(counts["entered"] ?? 0 >= (way == .network ? 75 : 5) && counts.count == 14, "\(result.output)")
        #expect(counts.allSatisfy { $0.key == "entered" || $0.value == 0 }, "\(result.output)")
    }

    @Test("the check itself finds one reference counted in the loop")
    func spoilt() async throws {
        let counts = counts(try await record(.network, ["REALTIME_CHECK_SPOIL": "1"]).output)
        #expect(counts["swift_retain"] == 1)
    }
}

/// A release build of this checkout.
enum ReleaseBuild {
    static let path = Checkout.path(".build/release/meterbench")

    /// Whether its references can be counted here.
    static var counted: Bool {
        #if arch(x86_64)
            Checkout.isExecutable(path) && RealtimeSanitizer.tools != nil
        #else
            false
        #endif
    }

    /// What is missing for that.
    static var missing: String {
        #if arch(x86_64)
            RealtimeSanitizer.tools == nil ? "no clang in the Swift toolchain" : "no release build (make sanitize)"
        #else
            "references are counted on x86-64 alone"
        #endif
    }
}
