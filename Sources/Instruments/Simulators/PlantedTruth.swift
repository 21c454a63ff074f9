public import BenchCore

/// The true percentage errors of a simulated meter, for comparison with what a run reports.
///
/// Systematic errors only: what an ideal standard would find over an infinitely long gate. Noise, jitter, lost pulses and the
/// steps of a register are not part of it.
public struct PlantedTruth: Sendable {
    private let world: World

    /// The truth of a world.
    public init(_ world: World) { self.world = world }

    /// What is true of a meter at a load.
    public struct Errors: Sendable, Hashable {
        /// Percentage error of the pulse output against the nameplate's constant; `nil` without an output for that direction.
        public var pulses: Double?
        /// Percentage error of the energy register of the load's direction.
        public var register: Double
        /// True active power, W, or reactive power, var; negative for export.
        public var power: Double
    }

    /// The errors of the meter at a position under a load, percent; `nil` where there is no meter or no power of that energy.
    public func errors(position: Int, load: LoadSetting, energy: EnergyKind = .active) -> Errors? {
        guard let meter = world.description.meters.first(where: { $0.position == position }),
            let type = world.types[meter.type]
        else { return nil }
        return world.at(BenchInstant(nanoseconds: 0)) { state, _ -> Errors? in
            guard let i = state.index[position], load.phases.count == 3 else { return nil }
            var factors = state.meters[i].factors(
                under: load, temperature: world.description.ambient.temperature)
            let reactive = energy == .reactive
            if reactive { factors = state.meters[i].reactiveFactors(factors) }
            func part(_ power: Complex) -> Double { reactive ? power.im : power.re }
            var truth = 0.0
            var seen = 0.0
            var carrying = 0
            for p in 0..<3 {
                let (u, c) = WorldState.output(load.phases[p], state.sourceErrors[p])
                let power = u * c.conjugate
                let more = reactive ? 0 : ShapeEffect(load, p, state.sourceErrors[p]).power
                if factors[p] != .zero { truth += part(power) + more }
                seen += part(power * factors[p]) + more * factors[p].magnitude
                if factors[p] != .zero, u != .zero, c != .zero { carrying += 1 }
            }
            seen += (reactive ? meter.reactiveOffset : meter.offset) / 3 * Double(carrying)
            guard truth != 0 else { return nil }
            if abs(seen) < state.meters[i].threshold { seen = reactive ? 0 : meter.creep }
            let forward = max(seen, 0)
            let reverse = max(-seen, 0)
            let direction = truth > 0 ? EnergyDirection.import : .export

            func rate(_ direction: EnergyDirection) -> Double {
                type.constant(direction, energy).map {
                    (reactive ? meter.reactiveConstant : meter.constant) ?? $0.pulsesPerKilowattHour
                } ?? 0
            }
            var pulses: Double?
            if let nominal = type.constant(direction, energy)?.pulsesPerKilowattHour {
                let shown = (forward * rate(.import) + reverse * rate(.export)) / nominal
                pulses = (shown / abs(truth) - 1) * 100
            }
            var imported = forward
            var exported = reverse
            if meter.exportAsImport, !reactive { (imported, exported) = (imported + exported, 0) }
            if meter.swappedRegisters, !reactive { swap(&imported, &exported) }
            let registered = (direction == .import ? imported : exported) * (1 + meter.registerGain / 100)
            return Errors(pulses: pulses, register: (registered / abs(truth) - 1) * 100, power: truth)
        }
    }
}
