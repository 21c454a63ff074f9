import BenchCore
import TestSupport
import Testing

@testable import Instruments

private let setting = ZeroSpan(center: 868.95e6, bandwidth: 100e3, duration: 1, referenceLevel: 0)

@Suite("Spectrum analyzers in zero span")
struct ZeroSpanTests {
    static let makers: [(String, SimulatedSpectrum.Maker, Int)] = [
        ("keysight-x-series", .keysight, 1001), ("rigol-dsa800", .rigol, 601), ("siglent-ssa3000x", .siglent, 751),
        ("rohde-schwarz-fpl", .rohde, 1001),
    ]

    @Test("bursts of 50 ms every 250 ms are 20 % of the points, at every maker's trace", arguments: makers)
    func bursts(name: String, maker: SimulatedSpectrum.Maker, points: Int) async throws {
        let server = try LoopbackServer(SimulatedSpectrum(maker))
        let analyzer = try await typed(name, server.address, as: SCPISpectrumAnalyzer.self)
        let trace = try await analyzer.sweep(setting)
        #expect(trace.power.count == points && trace.setting == setting)
        #expect(abs(trace.interval - 1 / Double(points - 1)) < 1e-6)
        // Power at half of the burst level or more: the time it takes is the bursts' own, within a point at each of eight edges.
        let occupied = Double(trace.power.filter { $0 >= -23 }.count) * trace.interval
        #expect(abs(occupied - 0.2) < 8 * trace.interval)
        #expect(abs((trace.power.max() ?? 0) + 20) < 0.01 && abs((trace.power.min() ?? 0) + 95) < 0.01)
        #expect(analyzer.frequencies.contains(868.95e6))
        #expect(try await analyzer.errors().isEmpty)
    }

    @Test("beside the carrier there is only the floor")
    func beside() async throws {
        let server = try LoopbackServer(SimulatedSpectrum(.rohde))
        let analyzer = try await typed("rohde-schwarz-fpl", server.address, as: SCPISpectrumAnalyzer.self)
        var other = setting
        other.center = 869.5e6
        #expect(try await analyzer.sweep(other).power.allSatisfy { abs($0 + 95) < 1e-6 })
    }

    @Test("what it cannot be set to is refused before anything is sent")
    func refusals() async throws {
        let server = try ScriptedServer { _, _ in [] }
        let analyzer = try await typed(
            "rigol-dsa800", .tcp(host: "127.0.0.1", port: server.port), as: SCPISpectrumAnalyzer.self)
        for change: (inout ZeroSpan) -> Void in [
            { $0.center = 2.4e9 }, { $0.bandwidth = 120e3 }, { $0.duration = 1e4 }, { $0.referenceLevel = 40 },
        ] {
            var wrong = setting
            change(&wrong)
            #expect(await faultCode { try await analyzer.sweep(wrong) } == .refused)
        }
        #expect(server.lines.isEmpty)
    }

    /// A Rigol that stands at `center` and answers its trace with `trace`.
    private func rigol(
        center: String = "868950000", sweep: String? = "1", trace: String
    ) async throws -> (SCPISpectrumAnalyzer, ScriptedServer) {
        let server = try ScriptedServer { line, _ in
            let answer: String?
            switch line {
            case "SYST:ERR?": answer = "0,\"No error\""
            case ":SENSe:FREQuency:CENTer?": answer = center
            case ":SENSe:BANDwidth:RESolution?": answer = "1.000000e+05"
            case ":SENSe:SWEep:TIME?": answer = "1.01"
            case ":DISPlay:WINDow:TRACe:Y:SCALe:RLEVel?": answer = "0.00"
            case ":INITiate:IMMediate;*OPC?": answer = sweep
            case ":TRACe:DATA? TRACE1": answer = trace
            default: answer = ""
            }
            guard let answer else { return nil }
            return answer.isEmpty ? [] : Array((answer + "\n").utf8)
        }
        return (
            try await typed(
                "rigol-dsa800", .tcp(host: "127.0.0.1", port: server.port), as: SCPISpectrumAnalyzer.self), server
        )
    }

    @Test("the setting in force is the one that stands in the trace: 1.01 s, not the second that was asked for")
    func inForce() async throws {
        let trace = try await rigol(trace: "#9000000028 -1.0e+01, -2.0e+01, -3.0e+0").0.sweep(setting)
        #expect(trace.power == [-10, -20, -3] && trace.setting.duration == 1.01 && trace.interval == 1.01 / 2)
    }

    @Test("an analyzer that stands elsewhere than asked is refused; so is a trace with marks, holes or one point")
    func wrong() async throws {
        #expect(await faultCode { try await rigol(center: "869500000", trace: "-1,-2").0.sweep(setting) } == .refused)
        for trace in ["-1,9.91E+37", "-1", "-1,,-2", "hello", "-1,\"x\"", "-1,INF"] {
            #expect(await faultCode { try await rigol(trace: trace).0.sweep(setting) } == .badAnswer)
        }
        #expect(await faultCode { try await rigol(sweep: "0", trace: "-1,-2").0.sweep(setting) } == .badAnswer)
        #expect(await faultCode { try await rigol(sweep: nil, trace: "-1,-2").0.sweep(setting) } == .connectionLost)
    }

    @Test("a time axis that is uneven, too short or backwards is a bad answer")
    func axes() throws {
        let path = Checkout.path("Fixtures/Instruments/rohde-schwarz-fpl.yaml")
        _ = try InstrumentTypeFile.load(try Disk.read(path), file: path)
        let place = try CommandTemplate("X?", places: [])
        var table = SpectrumTable(
            frequencies: 1...2, bandwidths: [1], durations: 1...2, levels: 0...1, setup: [], sweep: place,
            center: place, bandwidth: place, duration: place, level: place, trace: place)
        table.spacing = .axis(place)
        func interval(_ axis: [Double]) throws -> Double {
            try ZeroSpanWire.trace(
                [.word("-1"), .word("-2"), .word("-3")], table, duration: 9, axis: axis, "TRAC?", "receiver"
            ).interval
        }
        #expect(try interval([0, 0.5, 1]) == 0.5)
        for axis in [[0, 0.1, 1], [0, 1], [1, 0.5, 0], [0, 0, 0], [0, .nan, 1]] {
            #expect(throws: Fault.self) { try interval(axis) }
        }
    }

    @Test("blocks with the least significant byte first, and pairs of odd number")
    func blocks() throws {
        let place = try CommandTemplate("X?", places: [])
        var table = SpectrumTable(
            frequencies: 1...2, bandwidths: [1], durations: 1...2, levels: 0...1, setup: [], sweep: place,
            center: place, bandwidth: place, duration: place, level: place, trace: place)
        table.format = .single
        table.order = .swapped
        table.spacing = .points
        let block = SCPIValue.block(SCPINumberBlock.bytes(single: [-50, -60, -70, -80], .swapped))
        let trace = try ZeroSpanWire.trace([block], table, duration: 2, axis: nil, "TRAC?", "receiver")
        #expect(trace.power == [-50, -60, -70, -80] && trace.interval == 0.5)
        table.layout = .pairs
        table.spacing = .pairs
        let odd = SCPIValue.block(SCPINumberBlock.bytes(single: [0, -60, 1], .swapped))
        #expect(throws: Fault.self) {
            try ZeroSpanWire.trace([odd], table, duration: 2, axis: nil, "TRAC?", "receiver")
        }
    }

    @Test("the exchanges of the manual: Rigol's text behind a header of nine digits (2-182)")
    func transcript() async throws {
        let transcript = try TranscriptWire.fixture("rigol-dsa800")
        let server = try LoopbackServer(transcript)
        let analyzer = try await typed("rigol-dsa800", server.address, as: SCPISpectrumAnalyzer.self)
        #expect(
            try await analyzer.sweep(setting).power == [-13.9053, -71.08871, -70.89631, -69.92984, -70.1077])
        #expect(await transcript.spoken() == nil)
    }
}
