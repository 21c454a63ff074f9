import BenchCore
import TestSupport
import Testing

@testable import Instruments

@Suite("ZERA around a simulated world")
struct ZeraBenchTests {
    private static let expected = InstrumentIdentity(
        manufacturer: "ZERA", model: "", serial: "1", firmware: "", simulated: false)

    private func simulated(
        _ dialect: ZeraDialect, faults: [PlannedFault] = []
    ) throws -> (World, SteppedTime, FrameConnection<ZeraFraming>, LoopbackServer) {
        let world = Quiet.world(
            [Quiet.meter(1) { $0.gain = -0.3 }], constant: 10_000, faults: faults)
        let time = SteppedTime()
        // Behind an open contactor nothing of the source reaches standard and meters.
        world.at(time.now) { state, _ in state.setContactor(closed: true) }
        let context = FramedContext(world: world, time: time, place: .instrument("source"))
        let server = try LoopbackServer(SimulatedMT786(context: context, dialect: dialect))
        let wire = FrameConnection(
            wire: server.address, framing: ZeraFraming(), timeouts: WireTimeouts(connect: 10, response: 10, late: 0),
            language: "zera", log: nil
        ) { ZeraFaultWord(line: $0)?.fault }
        return (world, time, wire, server)
    }

    private func source(_ wire: FrameConnection<ZeraFraming>, _ dialect: ZeraDialect) -> ZeraSource {
        ZeraSource(id: "source", wire: wire, dialect: dialect, expected: Self.expected, range: nil)
    }

    @Test("A MT786: load, reading, energy, error, currents off, all off", arguments: [60.0, -60, 180])
    func portable(lag: Double) async throws {
        let (world, time, wire, _server) = try simulated(.mt786)
        defer { withExtendedLifetime(_server) {} }
        let source = source(wire, .mt786)
        let standard = ZeraStandard(id: "standard", wire: wire, expected: Self.expected)
        let calculator = ZeraErrorCalculator(id: "errors", wire: wire, expected: Self.expected)
        let identity = try await source.identify()
        #expect(identity.simulated)
        #expect(identity.model == "MT786")
        let load = Loads.balanced(5, lag: lag)
        try await source.prepare(load)
        try await source.apply()
        let constant = try await standard.range(for: load)
        #expect(abs(constant / world.at(time.now) { state, _ in state.standard.constant } - 1) < 1e-9)
        try await time.sleep(until: BenchInstant(nanoseconds: 60_000_000_000))
        let reading = try await standard.read()
        // 230 V · 5 A · 3 phases · the cosine of the lag.
        #expect(abs(reading.totalPower - load.activePower) < 1)
        #expect(abs(reading.frequency - 50) < 0.001)
        try await standard.startEnergy()
        try await calculator.start(
            ErrorCalculation(meterConstant: 10_000, referenceConstant: nil, pulses: 100, input: 1, continuous: false))
        #expect(try await calculator.state().stage == .running)
        try await time.sleep(until: BenchInstant(nanoseconds: 120_000_000_000))
        #expect(abs(try await standard.energy() / (load.activePower * 60) - 1) < 1e-3)
        let error = try await calculator.state()
        #expect(error.stage == .finished)
        // The meter's planted gain is −0.3 %.
        #expect(abs((error.error ?? 0) + 0.3) < 0.02, "\(error)")
        try await source.perform(.currentOff)
        try await time.sleep(until: BenchInstant(nanoseconds: 121_000_000_000))
        #expect(world.at(time.now) { state, _ in state.reading.currents.allSatisfy { $0 < 0.001 } })
        #expect(world.at(time.now) { state, _ in state.reading.voltages.allSatisfy { $0 > 229 } })
        try await source.perform(.voltageOff)
        try await time.sleep(until: BenchInstant(nanoseconds: 122_000_000_000))
        #expect(world.at(time.now) { state, _ in state.reading.voltages.allSatisfy { $0 < 1 } })
    }

    @Test("A FG30x tells a fault of the source by itself, and the state keeps it")
    func generator() async throws {
        let (_, time, wire, _server) = try simulated(
            .fg30x, faults: [PlannedFault(.bench, .sourceFault("amplifier"), at: 30)])
        defer { withExtendedLifetime(_server) {} }
        let source = source(wire, .fg30x)
        try await source.prepare(Loads.balanced(5))
        try await source.apply()
        try await time.sleep(until: BenchInstant(nanoseconds: 60_000_000_000))
        let state = try await source.state()
        #expect(state.fault?.hasPrefix("amplifier error") == true)
        #expect(!state.settled)
        try await source.perform(.voltageOff)
        #expect(await faultCode { try await source.apply() } == .sourceFault)
    }
}
