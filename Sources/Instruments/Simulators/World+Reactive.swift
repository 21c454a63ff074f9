internal import BenchCore

extension MeterState {
    /// Factors of complex power as its reactive measurement sees them, from those of active energy.
    func reactiveFactors(_ factors: [Complex]) -> [Complex] {
        let more = Complex(magnitude: 1 + truth.reactiveGain / 100, degrees: -truth.reactivePhase)
        return factors.map { $0 * more }
    }

    /// Moves the beginning of the reactive piece to `t`; energy goes to the quadrant in which the piece ends.
    mutating func closeReactive(_ t: Double, _ fluctuation: (Double) -> Double) {
        reactiveTrain.close(t, power: reactiveView.power, fluctuation: fluctuation)
        quadrants = quadrants(t, fluctuation)
        reactiveView.close(t, fluctuation)
    }

    /// Reactive energy by quadrant until `t`, var·s.
    func quadrants(_ t: Double, _ fluctuation: (Double) -> Double) -> [Quadrant: Double] {
        var all = quadrants
        let here = reactiveView.power.energy(t, fluctuation: fluctuation)
        // Active power has one sign for all of a piece but its first moments; where nothing is left of it, that of its beginning.
        let steady = view.power.curve.a != 0 ? view.power.curve.a : view.power.curve.power(view.power.curve.start)
        let active: EnergyDirection = steady < 0 ? .export : .import
        all[Quadrant(active: active, reactive: .import), default: 0] += here.forward
        all[Quadrant(active: active, reactive: .export), default: 0] += here.reverse
        return all
    }
}
