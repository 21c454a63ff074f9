internal import BenchCore

extension MeterState {
    /// What its pulse output counts.
    var pulses: CountedPower { pulsePower ?? view.power }
    /// What it counts below its threshold, W.
    var creep: Double { truth.creep + (exported ? truth.creepAfterExport : 0) }
}

extension WorldState {
    /// The views of the single phases of a meter in the piece that begins now.
    ///
    /// A meter that adds its phases by amount counts on its pulse output what flows in all of them, whichever way.
    mutating func rebuildPhases(
        _ i: Int, _ terms: [(a: Complex, b: Complex, c: Complex)], _ factors: [Complex], _ carrying: [Int],
        _ live: Bool,
        _ integral: (Double) -> Double
    ) {
        let meter = meters[i]
        let steady = meter.view.power.curve.a
        if abs(steady) > meter.threshold { meters[i].exported = steady < 0 }
        meters[i].pulsePower = nil
        guard !meter.phaseViews.isEmpty else { return }
        var sum = PowerCurve(start: begin, tau: tau)
        var ways: Set<Double> = []
        for p in 0..<3 {
            let alone = (0..<3).map { $0 == p ? factors[p] : .zero }
            let one = curve(terms, alone, offset: carrying.contains(p) ? meter.truth.offset / 3 : 0)
            let threshold = meter.threshold / Double(max(1, meter.type.nameplate.wiring.elements))
            meters[i].phaseViews[p].power = CountedPower(
                curve: one, threshold: threshold, creep: live && p == 0 ? meters[i].creep : 0, fluctuation: integral)
            let way: Double = one.a < 0 ? -1 : 1
            if one.a != 0 { ways.insert(way) }
            sum.a += way * one.a
            sum.b += way * one.b
            sum.c += way * one.c
        }
        guard meter.summation != .vectorial, ways.count > 1 else { return }
        meters[i].pulsePower = CountedPower(
            curve: sum, threshold: meter.threshold, creep: live ? meters[i].creep : 0, fluctuation: integral)
    }

    /// Energy of the standard since its integrator was started, by direction and phase; `nil` where it does not keep it or was not started.
    var splitEnergy: SplitEnergy? {
        guard let energyStart, !standardPhases.isEmpty else { return nil }
        let whole = standardView.energy(now) { fluctuation.integral($0) - fluctuationAtBegin }
        let phases = zip(standardPhases, phasesStart).map { view, start in
            let e = view.energy(now) { fluctuation.integral($0) - fluctuationAtBegin }
            return DirectedEnergy(imported: e.forward - start.forward, exported: e.reverse - start.reverse)
        }
        return SplitEnergy(
            total: DirectedEnergy(
                imported: whole.forward - energyStart.forward, exported: whole.reverse - energyStart.reverse),
            phases: phases)
    }

    /// Forward and reverse energy that the registers of a meter have counted, W·s.
    func counted(_ meter: MeterState) -> (forward: Double, reverse: Double) {
        let whole = meter.view.energy(now) { fluctuation.integral($0) - fluctuationAtBegin }
        guard meter.summation != .vectorial else { return whole }
        var sum = DirectedEnergy()
        for view in meter.phaseViews {
            let e = view.energy(now) { fluctuation.integral($0) - fluctuationAtBegin }
            sum += DirectedEnergy(imported: e.forward, exported: e.reverse)
        }
        return meter.summation == .absolute ? (sum.throughput, 0) : (sum.imported, sum.exported)
    }

    /// Whether energy of any phase flows backwards through a meter now.
    func flowsBackwards(_ meter: MeterState) -> Bool {
        let threshold = meter.threshold / Double(max(1, meter.type.nameplate.wiring.elements))
        return meter.phaseViews.contains { $0.power.power(now) < -threshold }
    }
}
