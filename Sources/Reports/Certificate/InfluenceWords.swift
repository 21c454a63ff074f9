import BenchCore

extension Influence {
    /// The influence at a test point as a certificate says it.
    func words(at point: TestPoint) -> String {
        let load = point.load, reference = point.reference ?? point.load
        func share(_ value: Double, _ base: Double, _ symbol: String) -> String {
            RelativeQuantity((value / base * 1e6).rounded() / 1e6, symbol).description
        }
        switch self {
        case .voltage:
            let (now, was) = (load.phases.map(\.voltage).max() ?? 0, reference.phases.map(\.voltage).max() ?? 0)
            return was > 0 ? "voltage " + share(now, was, "Un") : "voltage"
        case .frequency: return "frequency " + share(load.frequency, reference.frequency, "fn")
        case .phaseSequence: return "reversed phase sequence"
        case .voltageUnbalance:
            let gone = zip(load.phases, reference.phases).enumerated().filter {
                $0.element.0.voltage == 0 && $0.element.1.voltage > 0
            }
            return "voltage of " + gone.map { "L\($0.offset + 1)" }.joined(separator: ", ") + " interrupted"
        case .fifthHarmonic: return "5th harmonic in voltage (10 %) and current (40 %)"
        case .halfWave: return "half-wave rectified current"
        case .phaseFired: return "current fired at 90°"
        case .burst: return "current in bursts of two cycles"
        case .temperature: return "temperature"
        case .selfHeating: return "self-heating"
        }
    }
}
