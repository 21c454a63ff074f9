import BenchCore
import Instruments
import TestSupport
import Testing

@Suite("World files")
struct WorldFileTests {
    private func complaints(_ text: String) throws -> [String] {
        let bench = SyntheticBench.bench(positions: 2, sharedBus: true)
        let type = SyntheticBench.meterType(constant: 10_000)
        do {
            _ = try WorldFile.load(Array(text.utf8), file: "w.yaml", bench: bench, types: [type.id: type])
            return []
        } catch let error as Diagnostics {
            return error.all.map(\.description)
        }
    }

    @Test("Every complaint has its line and column and says what would be right")
    func broken() throws {
        let text = """
            world: w
            seed: 1
            meter-types: ../Meters
            source: { settle: 2, error: 0.02 % }
            meters:
              - { position: 1, type: synthetic-05s, serial: A, gain: 0.1 }
              - { position: 3, type: synthetic-05, serial: B }
              - { position: 1, type: synthetic-05s, serial: C, offest: 1 W }
            faults:
              - { fault: silent }
              - { at: position 9, fault: silent }
              - { at: position 1, fault: exception, code: 99 }
              - { at: meter, fault: late, by: 2 s }
              - { at: source, fault: source-fault, text: hot }
            """
        let found = try complaints(text)
        let places = found.map { $0.split(separator: " ").first.map(String.init) ?? "" }
        #expect(
            places == [
                "w.yaml:4:19:", "w.yaml:6:58:", "w.yaml:7:17:", "w.yaml:7:26:", "w.yaml:8:17:", "w.yaml:8:52:",
                "w.yaml:10:14:", "w.yaml:11:11:", "w.yaml:12:47:", "w.yaml:13:11:", "w.yaml:14:11:",
            ], "\(found.joined(separator: "\n"))")
        #expect(found.contains { $0.contains("did you mean «synthetic-05s»?") })
        #expect(found.contains { $0.contains("bench synthetic-2 has no position 3") })
    }

    @Test("All words of a world are understood")
    func complete() throws {
        let text = """
            world: w
            seed: 12
            meter-types: ../Meters
            ambient: { temperature: 24 °C, humidity: 40 %, wander: 0.1 K }
            source: { settle: 2 s, error: 0.02 %, noise: 0.01 %, distortion: 0.5 % }
            reply: 20 ms
            not-played: [position 2, climate]
            meters:
              - { position: 1, type: synthetic-05s, serial: A, gain: 0.1 %, phase: 0.02 °, offset: 1 mW, noise: 0.01 %,
                  gain-L2: 0.1 %, phase-L3: 0.1 °, threshold: 1 W, creep: 0.2 W, constant: 9900 imp/kWh,
                  register-gain: 1 %, register-resolution: 1 Wh, register-start: 5 kWh, swapped-registers: yes,
                  export-as-import: no, missing-pulses: 1 %, double-pulses: 1 %, jitter: 1 ms, integer-model: yes,
                  events: { hold-up: 100 ms, restart: 2 s, counts-nothing-in-dips: yes, pulses-at-return: 3, register-loss: 5 Wh,
                            error-after: -1 %, logs: no, logs-changes: yes, residual-error: 2 % } }
            faults:
              - { at: position 1, fault: late, by: 300 ms, every: 4 }
              - { at: source, fault: silent, after: 10 min }
              - { fault: temperature-step, by: -3 K, after: 1 h }
              - { fault: memory, edges: 100 }
            """
        let bench = SyntheticBench.bench(positions: 2, sharedBus: true)
        let type = SyntheticBench.meterType(constant: 10_000)
        let world = try WorldFile.load(Array(text.utf8), file: "w.yaml", bench: bench, types: [type.id: type])
        #expect(world.seed == 12 && world.replyTime == 0.02)
        #expect(world.ambient == AmbientTruth(temperature: 24, humidity: 40, wander: 0.1))
        #expect(world.notPlayed == [.position(2), .instrument("climate")])
        let m = try #require(world.meters.first)
        #expect(m.offset == 0.001 && m.constant == 9900 && m.swappedRegisters && m.integerModel)
        // The register counts in kWh: 1 Wh is 0.001 of them.
        #expect(abs(try #require(m.registerResolution) - 0.001) < 1e-15)
        var events = EventTruth()
        (events.holdUp, events.restart, events.deaf, events.returnPulses) = (0.1, 2, true, 3)
        (events.registerLoss, events.errorAfter) = (0.005, -1)
        (events.logs, events.logsChanges, events.residualError) = (false, true, 2)
        #expect(m.events == events)
        #expect(m.phaseGains == [0, 0.1, 0] && m.phaseAngles == [0, 0, 0.1])
        #expect(
            world.faults == [
                PlannedFault(.position(1), .late(0.3), every: 4), PlannedFault(.instrument("source"), .silent, at: 600),
                PlannedFault(.bench, .temperatureStep(-3), at: 3600), PlannedFault(.bench, .memory(100)),
            ])
    }

    @Test("The demonstration world holds four good meters, one bad at low current, one bad by its register")
    func demonstration() throws {
        let simulation = try Simulation.load(bench: Checkout.path("Fixtures/Benches/demo.yaml"))
        let truth = PlantedTruth(World(simulation.world, bench: simulation.bench, types: simulation.types))
        // IEC 62053-22:2003, 8.1 Table 4, class 0.5S: (current in In, lag, limit in percent); PF 0.8 cap is −36.87°.
        let points: [(Double, Double, Double)] = [
            (0.01, 0, 1), (0.05, 0, 0.5), (1, 0, 0.5), (1.2, 0, 0.5), (0.02, 60, 1), (0.1, 60, 0.6), (1.2, 60, 0.6),
            (0.02, -36.87, 1), (0.1, -36.87, 0.6), (1.2, -36.87, 0.6),
        ]
        // Two fifths of the limit on either side are left to the uncertainty: U is some 0.03 % to 0.1 %.
        for position in 1...6 {
            var failed: [Double] = []
            for (current, lag, limit) in points {
                for direction in [0.0, 180] {
                    let load = Loads.balanced(5 * current, lag: lag + direction)
                    let errors = try #require(truth.errors(position: position, load: load))
                    let pulses = try #require(errors.pulses)
                    let comfortable = 0.85 * limit
                    if abs(pulses) > limit + 0.1 { failed.append(current) }
                    #expect(
                        abs(pulses) < comfortable || abs(pulses) > limit + 0.1,
                        "position \(position) at \(current) In, \(lag)°: \(pulses) % is neither good nor bad")
                    if position != 5, current == 1.2, lag == 0 { #expect(abs(errors.register) < comfortable) }
                    if position == 5 { #expect(abs(errors.register) > 1) }
                }
            }
            if position == 3 {
                #expect(failed.contains(0.01) && failed.allSatisfy { $0 <= 0.02 })
            } else {
                #expect(failed.isEmpty)
            }
        }
    }
}
