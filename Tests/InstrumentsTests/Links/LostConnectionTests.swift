import BenchCore
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Instruments

/// A gate, an integration, a prepared load live in the instrument: when the connection was lost meanwhile, nobody knows whether
/// the instrument was switched off and on, and a number would be worse than none.
@Suite("What was started before a connection was lost")
struct LostConnectionTests {
    private static let noError = Array("0,\"No error\"\n".utf8)

    /// A standard, a counter and a source at once. `DIE` closes the connection.
    private func server() throws -> ScriptedServer {
        try ScriptedServer { line, _ in
            switch line {
            case "SYST:ERR?": return Self.noError
            case "ENER?": return Array("1234.5\n".utf8)
            case "ENER:STOP?": return Array("2000\n".utf8)
            case "SOUR:CHEC?": return Array("\"OK\"\n".utf8)
            case "DIE": return nil
            case _ where line.hasPrefix("PULS:DATA?"): return Array("5,0,0,#10\n".utf8)
            default: return []
            }
        }
    }

    private func connection(_ server: ScriptedServer) -> SCPIConnection {
        SCPIConnection(
            host: "127.0.0.1", port: server.port, timeouts: WireTimeouts(connect: 60, response: 60, late: 0))
    }

    /// Has the server close the connection, and waits until that is known here.
    private func lose(_ wire: SCPIConnection) async {
        let code = await faultCode { try await wire.query("DIE", for: "other") }
        #expect(code == .connectionLost, "\(String(describing: code))")
    }

    @Test("an integration that outlives its connection is a fault, not a number; a new one counts again")
    func integration() async throws {
        let wire = connection(try server())
        let standard = SCPIStandard(id: "standard", wire: wire)
        try await standard.startEnergy()
        #expect(try await standard.energy() == 1234.5)
        await lose(wire)
        for _ in 0..<2 { #expect(await faultCode { try await standard.energy() } == .connectionLost) }
        var fault: Fault?
        do { _ = try await standard.stopEnergy() } catch { fault = error as? Fault }
        #expect(fault?.code == .connectionLost)
        #expect(fault?.detail.contains("was lost since the energy integration began") == true)
        try await standard.startEnergy()
        #expect(try await standard.stopEnergy() == 2000)
    }

    @Test("edges of a counter whose connection was lost are a fault until it is armed anew")
    func stamping() async throws {
        let wire = connection(try server())
        let counter = SCPICounter(id: "counter", wire: wire)
        try await counter.arm(channels: [1])
        #expect(try await counter.edges(channel: 1, from: 0).now == 5)
        await lose(wire)
        #expect(await faultCode { try await counter.edges(channel: 1, from: 0) } == .connectionLost)
        try await counter.arm(channels: [1])
        #expect(try await counter.edges(channel: 1, from: 0).now == 5)
    }

    @Test("a load that was prepared on a lost connection is never applied; switching off always works")
    func load() async throws {
        let instrument = try server()
        let wire = connection(instrument)
        let source = SCPISource(id: "source", wire: wire)
        try await source.prepare(Loads.balanced(5))
        await lose(wire)
        #expect(await faultCode { try await source.apply() } == .connectionLost)
        #expect(!instrument.lines.contains("OUTP:APPL"))
        try await source.perform(.currentOff)
        try await source.prepare(Loads.balanced(5))
        try await source.apply()
        #expect(instrument.lines.contains("OUTP:APPL"))
    }

    @Test("two instruments on one connection do not answer for each other")
    func two() async throws {
        let wire = connection(try server())
        let one = SCPIStandard(id: "one", wire: wire)
        let other = SCPIStandard(id: "other", wire: wire)
        try await one.startEnergy()
        await lose(wire)
        try await other.startEnergy()
        #expect(try await other.energy() == 1234.5)
        #expect(await faultCode { try await one.energy() } == .connectionLost)
    }

    @Test(
        "a connection that its other end closed unseen is made anew for a question that rests on nothing, and counted")
    func anew() async throws {
        let wire = connection(try server())
        #expect(try await wire.query("ENER?", for: "x") == [.word("1234.5")])
        await lose(wire)
        #expect(try await wire.query("ENER?", for: "x") == [.word("1234.5")])
        #expect(await wire.generation == 2)
    }

    @Test("an idle connection is watched: keep-alive is on, and bytes nobody acknowledges end it")
    func keepAlive() async throws {
        let server = try server()
        try await blocking {
            let stream = try TCPStream(host: "127.0.0.1", port: server.port, within: 10, instrument: "x")
            func option(_ level: Int32, _ name: Int32) -> Int32 {
                var value: Int32 = -1
                var length = socklen_t(MemoryLayout<Int32>.size)
                getsockopt(stream.descriptor, level, name, &value, &length)
                return value
            }
            let tcp = Int32(IPPROTO_TCP)
            #expect(option(SOL_SOCKET, SO_KEEPALIVE) == 1)
            #expect(option(tcp, TCP_KEEPIDLE) == 5 && option(tcp, TCP_KEEPINTVL) == 1 && option(tcp, TCP_KEEPCNT) == 3)
            #expect(option(tcp, TCP_USER_TIMEOUT) == 8000)
        }
    }
}
