internal import BenchCore

#if canImport(Glibc)
    import Glibc
#endif

/// What the shape of a load adds to the fundamental of one phase.
struct ShapeEffect: Sendable {
    /// Effective voltage and current over those of the fundamental.
    var voltage = 1.0, current = 1.0
    /// Active power beside that of the fundamental, W; distortion of the voltage, percent.
    var power = 0.0, distortion = 0.0

    /// Of a phase of a load that a source with these errors gives.
    init(_ load: LoadSetting, _ index: Int, _ error: WorldState.SourceError) {
        guard load.shape != nil else { return }
        var sine = load
        sine.shape = nil
        let (whole, plain) = (load.effective(index), sine.effective(index))
        if plain.voltage > 0 { voltage = whole.voltage / plain.voltage }
        if plain.current > 0 { current = whole.current / plain.current }
        power = (whole.power - plain.power) * (1 + error.voltage) * (1 + error.current)
        distortion = load.voltageDistortion(index)
    }

    init() {}
}

extension MeterState {
    /// The factor of each phase under a load, moved by what influences the meter.
    func factors(under load: LoadSetting?, temperature: Double) -> [Complex] {
        guard let load, !truth.influences.isEmpty else { return factors }
        let shift = truth.influences.reduce(0) { sum, one in
            sum + one.value * Self.size(of: one.key, in: load, type.nameplate, temperature)
        }
        return factors.map { (1 + shift / 100) * $0 }
    }

    /// How large an influence is, 1 at the size of the standards' tests.
    private static func size(
        of influence: Influence, in load: LoadSetting, _ plate: Nameplate, _ temperature: Double
    ) -> Double {
        let connected = plate.wiring.phases.map { load.phases[$0 - 1] }
        let live = connected.filter { $0.voltage > 0 }
        func harmonic(_ quantity: LoadShape.Output.Quantity, _ order: Int) -> Double {
            let parts = (load.shape?.parts ?? []).filter { $0.output.quantity == quantity }
            return parts.flatMap(\.harmonics).filter { $0.order == order }.map(\.percent).max() ?? 0
        }
        switch influence {
        case .voltage:
            let highest = live.map(\.voltage).max() ?? plate.nominalVoltage.value
            return (highest / plate.nominalVoltage.value - 1) / 0.1
        case .frequency: return (load.frequency / plate.nominalFrequency.value - 1) / 0.02
        case .phaseSequence:
            guard live.count == 3 else { return 0 }
            let turn = (live[1].voltageAngle - live[0].voltageAngle).truncatingRemainder(dividingBy: 360)
            return turn == 120 || turn == -240 ? 1 : 0
        case .voltageUnbalance: return !live.isEmpty && live.count < connected.count ? 1 : 0
        case .fifthHarmonic:
            return harmonic(.voltage, 5) > 0 ? (harmonic(.voltage, 5) / 10 + harmonic(.current, 5) / 40) / 2 : 0
        case .halfWave: return harmonic(.current, 0) > 0 ? 1 : 0
        case .phaseFired: return harmonic(.current, 0) == 0 && harmonic(.current, 3) > 5 ? 1 : 0
        case .burst:
            let parts = (load.shape?.parts ?? []).filter { $0.output.quantity == .current }
            return (parts.compactMap(\.fluctuation?.depth).max() ?? 0) / 200
        case .temperature: return temperature - 23
        case .selfHeating: return 0
        }
    }
}
