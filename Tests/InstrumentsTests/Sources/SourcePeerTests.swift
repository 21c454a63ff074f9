import BenchCore
import TestSupport
import Testing

@testable import Instruments

@Suite("Sources and other people's programs", .timeLimit(.minutes(2)))
struct SourcePeerTests {
    @Test(
        "PyVISA sets our simulated Fluke over a socket, and reads what it set",
        .enabled(if: Checkout.hasPython("pyvisa_py"), "skipped: no pyvisa-py"))
    func client() async throws {
        let instrument = FlukeModel.instrument()
        let server = try LoopbackServer(instrument)
        guard case .tcp(let host, let port) = server.address, let python = Checkout.python else { return }
        let peer = try Peer(python, [Checkout.path("Tests/InstrumentsTests/Peers/visa_client.py"), host, "\(port)"])
        try await peer.expect("ready")
        func say(_ line: String) async throws -> String? {
            peer.tell(line)
            return try await peer.line()
        }
        #expect(try await say("*IDN?") == "FLUKE,6105A,123456789,1.25")
        for line in [
            "*RST", "SOUR:PHAS2:VOLT:RANG 0,360", "SOURce:PHASe2:VOLTage:MHARmonics:HARMonic1 230,-120",
            ":SOUR:PHAS2:VOLT:MHAR:HARM5 11.5,0;STAT ON", "SOUR:PHAS2:VOLT:STAT ON;:OUTP ON",
        ] { #expect(try await say(line) == "ok") }
        #expect(try await say("SYST:ERR?") == "0,\"No error\"")
        #expect(try await say("OUTP:STAT?") == "1")
        #expect(instrument.model { $0.voltage(2) } == 230)
        #expect(instrument.model { $0.phases[1][0].harmonicsOn })
        // Number forms of the manual, p. 141.
        #expect(
            try await say("SOUR:PHAS2:VOLT:MHAR:ALL?")
                == "2.3E2,-1.2E2,0.0E0,0.0E0,0.0E0,0.0E0,0.0E0,0.0E0,1.15E1,0.0E0")
        #expect(try await say("SOUR:PHAS2:VOLT:MHAR:HARM5? AMPL") == "1.15E1")
        #expect(try await say("SOUR:PHAS2:VOLT:MHAR:HARM0 1,90") == "ok")
        #expect(try await say("SYST:ERR?") == "-224,\"Illegal parameter value\"")
        #expect(try await say("VOLTS 3") == "ok")
        #expect(try await say("SYST:ERR?")?.hasPrefix("-113,") == true)
        #expect(try await say("*STB?") == "32", "the standard event register still tells")
        #expect(try await say("*ESR?") == "48")
    }

    @Test(
        "our driver runs a device of pyvisa-sim that somebody else's program describes",
        .enabled(if: Checkout.hasPython("pyvisa_sim"), "skipped: no pyvisa-sim"))
    func device() async throws {
        guard let python = Checkout.python else { return }
        let folder = Checkout.path("Tests/InstrumentsTests/Peers")
        let peer = try Peer(python, ["\(folder)/visa_device.py", "\(folder)/visa_source.yaml"])
        let port = try #require(Int(try await peer.expect("ready ")))
        let address = WireAddress.tcp(host: "127.0.0.1", port: port)
        let wires = Wires(scpi: WireTimeouts(connect: 10, response: 30, late: 0), modbus: .modbus, log: nil)
        let source = try await SourceFixture.source(
            try SourceFixture.type("chroma-61600"), at: address, wires: wires)
        #expect(try await source.identify().serial == "616040000001")
        try await source.prepare(SourceFixture.single(230))
        #expect(try await source.state().on == false)
        try await source.apply()
        #expect(try await source.state() == SourceState(on: true, settled: false, fault: nil))
        let wire = await wires.scpi(address)
        #expect(try await wire.query("SOUR:VOLT:AC?", for: "source") == [.word("230.0")])
        #expect(try await wire.query("SOUR:FREQ?", for: "source") == [.word("50.00")])
        try await source.perform(.voltageOff)
        #expect(try await source.state().on == false)
    }
}
