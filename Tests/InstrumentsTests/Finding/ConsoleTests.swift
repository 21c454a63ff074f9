import BenchCore
import Synchronization
import TestSupport
import Testing

@testable import Instruments

/// A SCPI instrument that remembers every line it was sent and answers a few.
final class RecordedInstrument: WireProtocol {
    let lines = Mutex<[String]>([])
    let answers: [String: String]
    init(_ answers: [String: String]) { self.answers = answers }
    func session() -> any WireSession { Session(instrument: self) }
    private struct Session: WireSession {
        let instrument: RecordedInstrument
        mutating func consume(_ buffer: inout [UInt8]) -> [WireReply] {
            var replies: [WireReply] = []
            while let end = buffer.firstIndex(of: 10) {
                let line = String(decoding: buffer[..<end], as: UTF8.self)
                buffer.removeSubrange(...end)
                instrument.lines.withLock { $0.append(line) }
                if let answer = instrument.answers[line] {
                    replies.append(WireReply(bytes: Array((answer + "\n").utf8)))
                }
            }
            return replies
        }
    }
}

@Suite("Talking to one instrument, and looking at all")
struct ConsoleTests {
    private static let answers = [
        "*IDN?": "MeterBench,Simulated Source,SIM-S-1,1", "SYST:ERR?": "0,\"No error\"", "OUTP:STAT?": "0,0,\"\"",
        "MEAS:ALL?": "1,2", "*OPC?": "1",
    ]

    /// The demonstration bench, cut down to its source, at a server.
    private func bench(_ server: LoopbackServer) throws -> BenchDescription {
        var bench = try BenchFile.load(
            try Disk.read(Checkout.path("Fixtures/Benches/demo.yaml")), file: "demo.yaml")
        bench.instruments = [bench.instruments[0]]
        bench.instruments[0].wire = server.address
        bench.positions = []
        bench.safe = bench.safe.filter { $0.instrument == "source" }
        return bench
    }

    @Test("queries are always allowed; what may energise needs «energise» first, and the end performs the safe chain")
    func energise() async throws {
        let instrument = RecordedInstrument(Self.answers)
        let server = try LoopbackServer(instrument)
        let talk = try await InstrumentConsole.open(
            "source", of: try bench(server), types: [:], time: RealTime(), log: nil)
        #expect(await talk.say("  OUTP:STAT? ") == .said("0,0,\"\""))
        guard case .trouble(let refused) = await talk.say("OUTP:APPL") else {
            Issue.record("it was not refused")
            return
        }
        #expect(refused.code == .refused)
        // A command smuggled in beside a query counts as a command.
        guard case .trouble = await talk.say("OUTP:STAT?;:OUTP:APPL") else {
            Issue.record("it was not refused")
            return
        }
        #expect(instrument.lines.withLock { $0.contains { $0.contains("APPL") } } == false)
        guard case .said = await talk.say("energise") else {
            Issue.record("it cannot be energised")
            return
        }
        #expect(await talk.say("OUTP:APPL") == .said("taken"))
        #expect(await talk.isLive)
        let told = await talk.end()
        #expect(told.count == 2 && told.allSatisfy { $0.contains("done in") })
        #expect(
            instrument.lines.withLock { $0.filter { $0.hasPrefix("OUTP:") && !$0.hasSuffix("?") } }
                == ["OUTP:APPL", "OUTP:CURR OFF", "OUTP:VOLT OFF"])
    }

    @Test("an open interlock refuses to energise")
    func interlock() async throws {
        let instrument = RecordedInstrument(Self.answers)
        let server = try LoopbackServer(instrument)
        var bench = try bench(server)
        // Nobody listens there: an interlock that cannot be read counts as open.
        bench.instruments.append(
            InstrumentDescription(
                id: "doors", role: .interlock, driver: "modbus-interlock",
                wire: .modbusTCP(host: "127.0.0.1", port: try freePort(), unit: 1), manufacturer: "", model: "",
                serial: "",
                traceability: nil, source: nil, accuracy: [], counter: nil, climate: nil))
        let talk = try await InstrumentConsole.open("source", of: bench, types: [:], time: RealTime(), log: nil)
        guard case .trouble(let fault) = await talk.say("energise") else {
            Issue.record("it was not refused")
            return
        }
        #expect(fault.code == .interlock)
        #expect(await talk.end().isEmpty)
    }

    @Test(
        "check compares who answers with the bench file, and says what the error queue held; a dead one costs only itself"
    )
    func check() async throws {
        let instrument = RecordedInstrument(Self.answers)
        let server = try LoopbackServer(instrument)
        var bench = try bench(server)
        bench.instruments.append(bench.instruments[0])
        bench.instruments[1].id = "other"
        bench.instruments[1].serial = "SIM-S-2"
        bench.instruments.append(bench.instruments[0])
        bench.instruments[2].id = "dead"
        bench.instruments[2].wire = .tcp(host: "127.0.0.1", port: try freePort())
        let found = await InstrumentCheck.run(bench, types: [:], day: "2026-11-21")
        #expect(found.map(\.id) == ["source", "other", "dead"])
        #expect(found[0].grade == .warning)
        #expect(found[0].reasons == ["MeterBench Simulated Source SIM-S-1 1", "is a simulator"])
        #expect(found[1].grade == .failed && found[1].fault?.code == .wrongDevice)
        #expect(found[2].fault?.code == .connectionRefused)
        #expect(instrument.lines.withLock { Set($0) } == ["*IDN?", "SYST:ERR?"])
        bench.instruments[0].traceability = Traceability(
            certificate: "C-1", issuer: "I", calibrated: "2020-01-01", validUntil: "2021-01-01")
        #expect(await InstrumentCheck.run(bench, types: [:], day: "2026-11-21")[0].fault?.code == .expired)
    }

    @Test("a scan asks «*IDN?» and nothing else, and proposes a bench file that names what is missing")
    func scan() async throws {
        let instrument = RecordedInstrument(Self.answers)
        let server = try LoopbackServer(instrument)
        guard case .tcp(_, let port) = server.address else { return }
        var request = InstrumentScan.Request()
        request.hosts = ["127.0.0.1"]
        request.local = false
        request.doors.scpi = [port, try freePort()]
        request.doors.hislip = nil
        request.doors.vxi11 = nil
        request.doors.modbus = nil
        let found = await InstrumentScan.run(request)
        #expect(found.map(\.identity?.serial) == ["SIM-S-1"])
        #expect(instrument.lines.withLock { $0 } == ["*IDN?"])
        let text = BenchProposal.text(found, types: [], folder: "../Instruments", day: "2026-11-21")
        #expect(text.contains("wire: { tcp: 127.0.0.1:\(port) }"))
        #expect(text.contains("serial: SIM-S-1"))
        // What is known is accepted: no complaint is about the wire or the names.
        do {
            _ = try BenchFile.load(Array(text.utf8), file: "b.yaml")
            Issue.record("a proposal is never complete")
        } catch let diagnostics as Diagnostics {
            #expect(!diagnostics.all.contains { $0.message.contains("wire") && !$0.message.contains("role") })
            #expect(diagnostics.all.contains { $0.message.contains("FILL IN") })
        }
    }
}
