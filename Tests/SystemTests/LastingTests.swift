import TestSupport
import Testing

/// What `make bench` runs for a day of simulated time, for some minutes of it: nothing is missing, and memory stays where it was.
@Suite("Lasting")
struct LastingTests {
    @Test("nine minutes through windows, events, flicker and aggregation leaves memory where it was")
    func minutes() async throws {
        let result = try await Peer.run(
            Product.path("meterbench-figures"), ["sampling", "day", "0.15"], mergeErrors: true, within: 900)
        #expect(result.exit == 0 && result.output.contains("All demands are met."), "\(result.output)")
        #expect(result.output.contains("grown by"), "\(result.output)")
    }
}
