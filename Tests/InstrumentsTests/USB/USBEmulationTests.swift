import Glibc
import TestSupport
import Testing

/// Everything that needs a device runs in a second process with umockdev's library in front of the C library.
@Suite("USB with emulated devices")
struct USBEmulationTests {
    @Test(
        "all tests with emulated devices pass", .enabled(if: Umockdev.isThere, "skipped: no umockdev"),
        .enabled(if: !Umockdev.isPreloaded, "this is the second process"), .timeLimit(.minutes(10)))
    func secondProcess() async throws {
        var own = [CChar](repeating: 0, count: 4096)
        let size = readlink("/proc/self/exe", &own, own.count - 1)
        try #require(size > 0)
        let program = String(decoding: own[..<size].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let result = try await Peer.run(
            program, ["--testing-library", "swift-testing", "--no-parallel", "--filter", "EmulatedUSB"],
            environment: ["LD_PRELOAD": Umockdev.library], mergeErrors: true, within: 560)
        for line in result.output.split(separator: "\n") where line.contains("figure:") { print(line) }
        #expect(result.exit == 0, "\(result.output)")
        #expect(result.output.contains("passed"), "\(result.output)")
    }
}
