import BenchCore
import TestSupport
import Testing

@testable import Instruments

/// With implementations that are not ours. A HiSLIP server that is not ours could not be found in Debian 12 or on PyPI: there our
/// client is only tested with our own server, and our server with the client of pyvisa-py.
@Suite("VXI-11, HiSLIP and sockets with other people's programs")
struct LinkInteropTests {
    private static let visa = Checkout.hasPython("pyvisa_py") && Checkout.hasPython("pyvisa")
    private static let vxi = Checkout.hasPython("vxi11")

    private func peer(_ script: String, _ arguments: [String]) async throws -> [String] {
        let python = try #require(Checkout.python)
        let result = try await Peer.run(
            python, [Checkout.path("Tests/InstrumentsTests/Peers/\(script)")] + arguments, within: 300)
        #expect(result.exit == 0)
        return result.output.split(separator: "\n").map(String.init)
    }

    private var sum: Int { TalkingInstrument.pattern(100_000).reduce(0) { $0 + Int($1) } }

    @Test(
        "pyvisa-py talks to our VXI-11 and HiSLIP servers, clears them after a time-out and polls them",
        .enabled(if: visa, "skipped: no pyvisa-py"), arguments: LinkKind.allCases)
    func pyvisa(kind: LinkKind) async throws {
        let server = try kind.serve()
        let port = server.address.tcpPort
        let resource =
            kind == .vxi11 ? "TCPIP::127.0.0.1,\(port)::inst0::INSTR" : "TCPIP::127.0.0.1::hislip0,\(port)::INSTR"
        let said = try await peer("visa_links.py", [resource])
        #expect(
            said == [
                "idn MeterBench,Talking instrument,7,1", "big 100000 \(sum)", "length 100008", "slow VI_ERROR_TMO",
                "after clear 5", "later 6", "status 0",
            ])
    }

    @Test("pyvisa-py talks to our raw socket", .enabled(if: visa, "skipped: no pyvisa-py"))
    func socket() async throws {
        let server = try LoopbackServer(TalkingInstrument())
        let said = try await peer("visa_links.py", ["TCPIP::127.0.0.1::\(server.address.tcpPort)::SOCKET"])
        #expect(said == ["idn MeterBench,Talking instrument,7,1", "big 100000 \(sum)", "length 4008"])
    }

    @Test(
        "python-vxi11 talks to our VXI-11 server: pieces, triggers, status byte, locks, abort and clear",
        .enabled(if: vxi, "skipped: no python-vxi11"))
    func pythonVXI11() async throws {
        let server = try LinkKind.vxi11.serve()
        let said = try await peer("vxi11_client.py", [String(server.address.tcpPort)])
        #expect(
            said == [
                "idn MeterBench,Talking instrument,7,1", "length 100008", "big 100009", "triggers 2", "status 16",
                "echo 1", "slow 15", "after clear 5", "later 6",
            ])
    }

    @Test(
        "our VXI-11 client talks to an instrument on python-vxi11's RPC, found by its port mapper",
        .enabled(if: vxi, "skipped: no python-vxi11"))
    func clientOfPythonVXI11() async throws {
        let python = try #require(Checkout.python)
        let peer = try Peer(python, [Checkout.path("Tests/InstrumentsTests/Peers/vxi11_instrument.py")])
        let ports = try #require(try await peer.line()).split(separator: " ").compactMap { Int($0) }
        try #require(ports.count == 2)
        let mapped = try await blocking {
            let port = try VXI11Port(
                host: "127.0.0.1", device: "inst0", portMapper: ports[0],
                timeouts: WireTimeouts(connect: 10, response: 20, late: 0), instrument: "x", tap: nil)
            try port.send(Array("ECHO? 7\n".utf8), until: WireTime.now + 20)
            return try port.receive(until: WireTime.now + 20, unless: nil)
        }
        #expect(mapped == PortBytes(bytes: Array("7\n".utf8), end: true))
        let wire = SCPIConnection(
            wire: .vxi11(host: "127.0.0.1", device: "inst0", port: ports[1]),
            timeouts: WireTimeouts(connect: 10, response: 3, late: 0))
        #expect(try await wire.query("*IDN?", for: "x").first == .word("python-vxi11"))
        #expect(try await wire.query("BIG? 100000", for: "x") == [.block(TalkingInstrument.pattern(100_000))])
        let long = "LENGTH? " + String(repeating: "a", count: 5000)
        #expect(try await wire.query(long, for: "x") == [.word("5008")])
        #expect(await faultCode { try await wire.query("SLOW? 4,111", for: "x") } == .timeout)
        for number in 0..<5 { #expect(try await wire.query("ECHO? \(number)", for: "x") == [.word(String(number))]) }
        #expect(try await wire.statusByte(for: "x") == 0)
        #expect(await wire.generation == 1)
    }
}
