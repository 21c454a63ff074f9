extension Influence {
    /// The influence at a test point as a certificate says it: `voltage 90 % Un`.
    public func words(at point: TestPoint) -> String {
        switch self {
        case .voltage, .frequency: return short(at: point)
        case .phaseSequence: return "reversed phase sequence"
        case .voltageUnbalance: return "voltage of " + Self.interrupted(point).joined(separator: ", ") + " interrupted"
        case .fifthHarmonic: return "5th harmonic in voltage (10 %) and current (40 %)"
        case .halfWave: return "half-wave rectified current"
        case .phaseFired: return "current fired at 90°"
        case .burst: return "current in bursts of two cycles"
        case .temperature: return "temperature"
        case .selfHeating: return "self-heating"
        }
    }

    /// The same in few words, for tables: `voltage-unbalance L1+L2`.
    func short(at point: TestPoint) -> String {
        let load = point.load, reference = point.reference ?? point.load
        func share(_ value: Double, _ base: Double, _ symbol: String) -> String {
            base > 0 ? " " + RelativeQuantity((value / base * 1e6).rounded() / 1e6, symbol).description : ""
        }
        switch self {
        case .voltage:
            return rawValue
                + share(
                    load.phases.map(\.voltage).max() ?? 0, reference.phases.map(\.voltage).max() ?? 0, "Un")
        case .frequency: return rawValue + share(load.frequency, reference.frequency, "fn")
        case .voltageUnbalance: return rawValue + " " + Self.interrupted(point).joined(separator: "+")
        default: return rawValue
        }
    }

    /// Phases whose voltage is there at the reference load only.
    private static func interrupted(_ point: TestPoint) -> [String] {
        zip(point.load.phases, point.reference?.phases ?? point.load.phases).enumerated()
            .filter { $0.element.0.voltage == 0 && $0.element.1.voltage > 0 }.map { "L\($0.offset + 1)" }
    }
}
