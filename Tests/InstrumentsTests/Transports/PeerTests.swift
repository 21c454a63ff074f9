import TestSupport
import Testing

/// The tool that other tests start their peers with.
@Suite("Peers of tests")
struct PeerTests {
    @Test("a program runs to its end and its exit code and output come back")
    func runs() async throws {
        let result = try await Peer.run(
            "/bin/sh", ["-c", "echo $WORD; pwd; exit 3"], folder: "/", environment: ["WORD": "hi"])
        #expect(result.exit == 3)
        #expect(result.output == "hi\n/\n")
    }

    @Test("a peer answers line by line, and a line that does not come is an error in bounded time")
    func talks() async throws {
        let peer = try Peer("/bin/cat")
        peer.tell("ready 5")
        #expect(try await peer.expect("ready ") == "5")
        await #expect(throws: PeerError.self) { try await peer.line(within: 0.05) }
        peer.closeInput()
        #expect(try await peer.line() == nil)
    }
}
