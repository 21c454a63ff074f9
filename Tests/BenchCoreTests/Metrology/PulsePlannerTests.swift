import Testing

@testable import BenchCore

@Suite("Pulses and time of test points")
struct PulsePlannerTests {
    func plan(
        _ point: TestPoint, constant: Double = 10000, reference: Double? = nil,
        _ bench: BenchDescription = PlantedWorld.bench()
    ) throws -> PulsePlan {
        try PulsePlanner.plan(point, bench: bench, meterConstant: constant, referenceConstant: reference)
    }

    @Test(
        "time follows from the uncertainty asked, and pulses from constant and power",
        arguments: [1000.0, 10000, 100_000])
    func pulses(constant: Double) throws {
        let point = PlantedWorld.point(targetU: 0.05)
        let found = try plan(point, constant: constant)
        // 3 · 230 V · 5 A = 3450 W: t = 3.6·10⁶·N/(k·P).
        #expect(abs(found.gateSeconds - 3.6e6 * Double(found.pulses) / (constant * 3450)) < 1e-9)
        #expect(found.expectedU <= 0.05)
        #expect(found.gateSeconds >= 2 && found.gateSeconds < 2 + 3.6e6 / (constant * 3450))
        #expect(found.edges == 3 * found.pulses + 1)
    }

    @Test("the smaller the uncertainty asked, the more pulses")
    func sharp() throws {
        let point = PlantedWorld.point(targetU: 0.05)
        let bench = PlantedWorld.bench(jitter: 1e-3)
        let loose = try plan(PlantedWorld.point(targetU: 0.1), constant: 100_000, bench)
        let tight = try plan(point, constant: 100_000, bench)
        let tighter = try plan(PlantedWorld.point(targetU: 0.03), constant: 100_000, bench)
        #expect(loose.pulses < tight.pulses && tight.pulses < tighter.pulses)
    }

    @Test("more jitter, fewer repeats and coarser reference pulses need longer gates")
    func influences() throws {
        let point = PlantedWorld.point(targetU: 0.05)
        let bench = PlantedWorld.bench(jitter: 1e-3)
        let base = try plan(point, constant: 100_000, bench)
        #expect(base.gateSeconds > 4)
        #expect(try plan(point, constant: 100_000, PlantedWorld.bench(jitter: 2e-3)).pulses > base.pulses * 19 / 10)
        #expect(try plan(point, constant: 100_000, reference: 1e6, bench).pulses > base.pulses)
        #expect(try plan(PlantedWorld.point(repeats: 10, targetU: 0.05), constant: 100_000, bench).pulses < base.pulses)
    }

    @Test("what the bench cannot reach is planned generously, never for ever, and says so")
    func unreachable() throws {
        let point = PlantedWorld.point(targetU: 0.001)
        let found = try plan(point, constant: 100_000)
        #expect(found.expectedU > 0.02 && found.expectedU < 0.03)
        #expect(found.gateSeconds < 30)
        #expect(
            try #require(PulsePlanner.reachableU(point, bench: PlantedWorld.bench(), meter: PlantedWorld.meter()))
                > 0.02)
    }

    @Test("there are always three intervals at least, so that a missing edge shows")
    func fewest() throws {
        #expect(try plan(PlantedWorld.point(current: 0.5, repeats: 1, targetU: 0.2), constant: 1000).pulses == 3)
        #expect(try plan(PlantedWorld.point(current: 0.5, repeats: 2, targetU: 0.2), constant: 1000).pulses == 2)
    }

    @Test("in a repeatability test the bench scatters at most a thirtieth of the limit")
    func repeatability() throws {
        let found = try plan(PlantedWorld.point(.repeatability, repeats: 10, targetU: nil), constant: 100_000)
        #expect(100 * 50e-6 * 2.0.squareRoot() / found.gateSeconds <= 0.5 / 30)
    }

    @Test(
        "a meter without output, a load outside the standard's ranges and a counter without specification are refused")
    func refused() {
        #expect(throws: BudgetTrouble.self) { try plan(PlantedWorld.point(), constant: 0) }
        #expect(throws: BudgetTrouble.self) { try plan(PlantedWorld.point(current: 200)) }
        var bench = PlantedWorld.bench()
        bench.instruments[2].counter = nil
        #expect(throws: BudgetTrouble.self) { try plan(PlantedWorld.point(), bench) }
    }

    @Test("the shortest dwell is the gates and the wait for the first edge of the last of M meters")
    func dwell() throws {
        let point = PlantedWorld.point()
        let found = try plan(point)
        let pulse = 3.6e6 / (10000 * 3450)
        let dwell = PulsePlanner.minimumDwell(
            point, bench: PlantedWorld.bench(), meterConstant: 10000, positions: 48)
        #expect(abs(dwell - (found.seconds + 48.0 / 49 * pulse)) < 1e-9)
        // With 2 ms of jitter and no demand on U, jitter over a fifth of the limit: 2 ms/0.1 % = 2 s.
        let slow = PulsePlanner.minimumDwell(
            PlantedWorld.point(targetU: 5), bench: PlantedWorld.bench(jitter: 2e-3), meterConstant: 1_000_000,
            positions: 1)
        #expect(slow >= 2)
    }

    @Test("warm-up and no-load take their time, starting two pulses, a register test its energy")
    func others() {
        func dwell(_ point: TestPoint) -> Double {
            PulsePlanner.minimumDwell(point, bench: PlantedWorld.bench(), meterConstant: 1000, positions: 1)
        }
        #expect(dwell(PlantedWorld.point(.warmUp, duration: 3600)) == 3600)
        #expect(dwell(PlantedWorld.point(.noLoad, duration: 1565.2)) == 1565.2)
        #expect(abs(dwell(PlantedWorld.point(.register, energy: 3.45e6)) - 1000) < 1e-6)
        // 3 · 230 V · 5 mA = 3.45 W at 1000 imp/kWh: a pulse takes 1043 s; half of that until the first, on average, then the second.
        #expect(abs(dwell(PlantedWorld.point(.starting, current: 0.005, duration: 9999)) - 1.5 * 3.6e6 / 3450) < 1e-6)
    }

    @Test("reachable U of a register test holds the register's resolution")
    func reachable() throws {
        let (bench, meter) = (PlantedWorld.bench(), PlantedWorld.meter())
        let short = try #require(
            PulsePlanner.reachableU(PlantedWorld.point(.register, energy: 3.6e5), bench: bench, meter: meter))
        let long = try #require(
            PulsePlanner.reachableU(PlantedWorld.point(.register, energy: 3.6e7), bench: bench, meter: meter))
        // 0.1 Wh of 100 Wh: 2 · 0.1 %/√6 = 0.082 %.
        #expect(short > 0.082 && short < 0.09 && long < 0.03)
        #expect(PulsePlanner.reachableU(PlantedWorld.point(.noLoad), bench: bench, meter: meter) == nil)
    }
}
