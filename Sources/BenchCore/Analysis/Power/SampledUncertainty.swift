#if canImport(Glibc)
    import Glibc
#endif

/// What the uncertainties of a sampled phase come from, and what they make of its results.
///
/// One model serves both ways: the law of propagation takes each input one standard uncertainty up and down (JCGM 100:2008, 5.1.3
/// note 2), drawing takes all of them at once (JCGM 101:2008). Inputs are independent of each other. Gain and phase of a part act on all orders
/// at once, each order with the uncertainty that the part has at its frequency: fully correlated over frequency.
/// Noise turns and stretches the phasors; what of it meets the harmonics acts on the power alone. Noise is measured in the record itself, and so
/// holds rounding and jitter already: budgets tell them apart by what they must be, and rounding and jitter that are told are the least that noise can be.
public struct SampledUncertainty: Sendable {
    /// What is known of one channel.
    public struct Channel: Sendable {
        /// Name for the budget.
        public var name: String
        /// Standard deviation of its samples' noise, rounding to `step` included, V or A; `nil` where it could not be found.
        public var noise: Double?
        /// Step of the digitizer, V or A; 0 where unknown.
        public var step: Double
        /// Mean of the samples: the direct component, V or A.
        public var mean: Double
        /// Its correction.
        public var correction: ChannelCorrection?

        /// A channel by its parts.
        public init(
            name: String, noise: Double?, step: Double = 0, mean: Double = 0, correction: ChannelCorrection? = nil
        ) {
            self.name = name
            self.noise = noise
            self.step = step
            self.mean = mean
            self.correction = correction
        }

        /// Variances of rounding, jitter (for an effective value at a frequency) and of what else the noise holds.
        func variances(_ rms: Double, _ frequency: Double) -> [(name: String, variance: Double)] {
            let slope = 2 * Double.pi * frequency * rms * (correction?.jitter ?? 0)
            let rounding = step * step / 12, jitter = slope * slope
            let rest = max(0, (noise ?? 0) * (noise ?? 0) - rounding - jitter)
            return [("quantisation", rounding), ("jitter", jitter), ("noise", rest)]
        }
    }

    /// An input of the model: its name, its unit, and one standard uncertainty of it in that unit.
    private struct Input: Sendable {
        var name: String, unit: String, u: Double
        var effect: Effect
        /// How a line of the budget shares it out: names and shares of its variance.
        var shares: [(name: String, share: Double)] = []
    }

    /// What one standard uncertainty of an input does.
    private enum Effect: Sendable {
        /// Relative changes of voltage and of current, by order.
        case voltageGain([Double]), currentGain([Double])
        /// Turns the complex power of each order forward, rad.
        case turn([Double])
        /// Added to the direct component, V or A.
        case voltageOffset(Double), currentOffset(Double)
        /// Added to the active power, W.
        case active(Double)
        /// Added to the energy, W·s; a share of time; added to the frequency, Hz.
        case energy(Double), clock(Double), frequency(Double)
    }

    private let orders: [CorrectedPower.Order], fundamental: CorrectedPower.Order, first: Int
    private let power: ReferencePower, means: (u: Double, i: Double)
    private let energyValue: Double?, duration: Double, frequencyValue: Double?
    private var inputs: [Input] = []

    /// - Parameters:
    ///   - power: the phase's corrected power.
    ///   - voltage, current: what is known of its channels.
    ///   - frequency: of the fundamental, Hz; `frequencyNoise` its standard uncertainty by noise, Hz, 0 where it is not to be stated.
    ///   - duration: of the record, s; `energy` over it, W·s, `nil` where it is not to be stated.
    ///   - samples: their number.
    ///   - clockUncertainty: standard uncertainty of the rate, as a share; `nil` where nothing is known, and then energy and frequency do not hold it.
    public init(
        _ power: CorrectedPower, voltage: Channel, current: Channel, frequency: Double, frequencyNoise: Double? = nil,
        duration: Double, energy: Double? = nil, samples: Int, clockUncertainty: Double? = nil
    ) {
        // Orders that hold no millionth of a millionth are told together with the fundamental.
        let most = power.power.apparent
        var kept: [CorrectedPower.Order] = []
        for order in power.orders
        where order.order == 1 || abs(order.active) + abs(order.reactive) > 1e-9 * most
            || order.voltage > 1e-9 * power.power.voltage * power.power.voltage
            || order.current > 1e-9 * power.power.current * power.power.current
        {
            kept.append(order)
        }
        orders = kept
        first = kept.firstIndex { $0.order == 1 } ?? 0
        fundamental = power.fundamental
        self.power = power.power
        means = (voltage.mean, current.mean)
        energyValue = energy
        self.duration = duration
        frequencyValue = frequencyNoise == nil ? nil : frequency
        add(voltage, frequency, isVoltage: true)
        add(current, frequency, isVoltage: false)
        addNoise(voltage, current, frequency, samples)
        if let frequencyNoise, frequencyNoise > 0 {
            inputs.append(
                Input(name: "frequency.noise", unit: "Hz", u: frequencyNoise, effect: .frequency(frequencyNoise)))
        }
        if let clockUncertainty {
            inputs.append(
                Input(name: "clock", unit: "ppm", u: 1e6 * clockUncertainty, effect: .clock(clockUncertainty)))
        }
    }

    private mutating func add(_ channel: Channel, _ frequency: Double, isVoltage: Bool) {
        guard let correction = channel.correction else { return }
        let at = correction.causes(frequency)
        for cause in at {
            func byOrder(_ part: (ChannelCorrection.Cause) -> Double) -> [Double] {
                orders.map { order in
                    let there = correction.causes(frequency * Double(order.order)).first { $0.name == cause.name }
                    return there.map(part) ?? 0
                }
            }
            if cause.gain > 0 {
                let effect = byOrder(\.gain)
                inputs.append(
                    Input(
                        name: "\(channel.name).\(cause.name).gain", unit: "ppm", u: 1e6 * cause.gain,
                        effect: isVoltage ? .voltageGain(effect) : .currentGain(effect)))
            }
            if cause.phase > 0 {
                // The phase of the current turns complex power the other way.
                let sign = (isVoltage ? 1.0 : -1) * .pi / 180
                inputs.append(
                    Input(
                        name: "\(channel.name).\(cause.name)" + (cause.name == "skew" ? "" : ".phase"), unit: "°",
                        u: cause.phase, effect: .turn(byOrder(\.phase).map { $0 * sign })))
            }
        }
        if correction.offsetUncertainty > 0 {
            let u = correction.offsetUncertainty
            inputs.append(
                Input(
                    name: "\(channel.name).offset", unit: isVoltage ? "V" : "A", u: u,
                    effect: isVoltage ? .voltageOffset(u) : .currentOffset(u)))
        }
    }

    private mutating func addNoise(_ voltage: Channel, _ current: Channel, _ frequency: Double, _ samples: Int) {
        var explained = 0.0
        var energySquare = 0.0
        for (channel, isVoltage) in [(voltage, true), (current, false)] {
            let rms = isVoltage ? power.voltage : power.current
            let other = isVoltage ? power.current : power.voltage
            let parts = channel.variances(rms, frequency)
            let variance = parts.reduce(0) { $0 + $1.variance }
            guard variance > 0, rms > 0 else { continue }
            // From the standard deviation of a sample to that of the windowed effective value.
            let found = isVoltage ? power.voltageNoise : power.currentNoise
            let share: Double
            if found > 0, let noise = channel.noise, noise > 0 {
                share = found / rms * (variance.squareRoot() / noise).magnitude
            } else {
                share = (1.94 * variance / Double(max(1, samples))).squareRoot() / rms
            }
            let shares = parts.filter { $0.variance > 0 }.map {
                (name: "\(channel.name).\($0.name)", share: $0.variance / variance)
            }
            let all = [Double](repeating: share, count: orders.count)
            let sigma = variance.squareRoot(), unit = isVoltage ? "V" : "A"
            inputs.append(
                Input(
                    name: "\(channel.name).noise", unit: unit, u: sigma,
                    effect: isVoltage ? .voltageGain(all) : .currentGain(all), shares: shares))
            inputs.append(
                Input(
                    name: "\(channel.name).noise", unit: unit, u: sigma,
                    effect: .turn(isVoltage ? all : all.map { -$0 }), shares: shares))
            let reactive = orders.reduce(0) { $0 + $1.reactive }
            explained += share * share * (power.active * power.active + reactive * reactive)
            energySquare += variance * other * other / Double(max(1, samples))
        }
        let rest = power.activeNoise * power.activeNoise - explained
        if rest > 1e-3 * power.activeNoise * power.activeNoise {
            let u = rest.squareRoot()
            inputs.append(Input(name: "harmonics.noise", unit: "W", u: u, effect: .active(u)))
        }
        if energySquare > 0 {
            let u = energySquare.squareRoot() * duration
            inputs.append(Input(name: "energy.noise", unit: "Ws", u: u, effect: .energy(u)))
        }
    }

    // MARK: the model

    /// The results with each input so many standard uncertainties from its estimate, in the order of `Quantity.allCases`.
    private func results(_ drawn: [Double]) -> [Double] {
        var squareU = power.voltage * power.voltage, squareI = power.current * power.current
        var active = power.active
        var gainU = [Double](repeating: 1, count: orders.count), gainI = gainU
        var turn = [Double](repeating: 0, count: orders.count)
        var offsetU = 0.0, offsetI = 0.0, added = 0.0, energy = 0.0, clock = 0.0, frequency = 0.0
        // The energy has noise of its own: that of the window is not in it.
        var systematic = 0.0
        for (input, e) in zip(inputs, drawn) where e != 0 {
            switch input.effect {
            case .voltageGain(let by): for n in by.indices { gainU[n] += e * by[n] }
            case .currentGain(let by): for n in by.indices { gainI[n] += e * by[n] }
            case .turn(let by): for n in by.indices { turn[n] += e * by[n] }
            case .voltageOffset(let by): offsetU += e * by
            case .currentOffset(let by): offsetI += e * by
            case .active(let by): added += e * by
            case .energy(let by): energy += e * by
            case .clock(let by): clock += e * by
            case .frequency(let by): frequency += e * by
            }
            if input.shares.isEmpty {
                switch input.effect {
                case .voltageGain(let by), .currentGain(let by):
                    for n in by.indices { systematic += e * by[n] * orders[n].active }
                case .turn(let by): for n in by.indices { systematic -= e * by[n] * orders[n].reactive }
                case .voltageOffset(let by): systematic -= e * by * means.i
                case .currentOffset(let by): systematic -= e * by * means.u
                default: break
                }
            }
        }
        for (n, order) in orders.enumerated() {
            squareU += order.voltage * (gainU[n] * gainU[n] - 1)
            squareI += order.current * (gainI[n] * gainI[n] - 1)
            let both = gainU[n] * gainI[n]
            active += both * (order.active * cos(turn[n]) - order.reactive * sin(turn[n])) - order.active
        }
        // An offset too large was taken off: what was left is too small.
        squareU += offsetU * offsetU - 2 * offsetU * means.u
        squareI += offsetI * offsetI - 2 * offsetI * means.i
        active += offsetU * offsetI - offsetU * means.i - offsetI * means.u + added
        let u = max(0, squareU).squareRoot(), i = max(0, squareI).squareRoot()
        let angle = turn.isEmpty ? 0 : turn[first]
        let reactive =
            (turn.isEmpty ? 1 : gainU[first] * gainI[first])
            * (fundamental.reactive * cos(angle) + fundamental.active * sin(angle))
        let phase = atan2(fundamental.reactive, fundamental.active) + angle
        // A clock that runs fast makes time short.
        let joules = ((energyValue ?? 0) + systematic * duration + energy) * (1 - clock)
        return [
            u, i, active, u * i, u * i > 0 ? active / (u * i) : 0, reactive, phase * 180 / .pi, joules,
            (frequencyValue ?? 0) * (1 + clock) + frequency,
        ]
    }

    /// Every result with its budget, and by `trials` draws where there are any.
    public func results(trials: Int = 0, seed: UInt64 = 1) -> [SampledResult] {
        let none = [Double](repeating: 0, count: inputs.count)
        let values = results(none)
        var budgets = [[BudgetLine]](repeating: [], count: values.count)
        for n in inputs.indices {
            var up = none, down = none
            up[n] = 1
            down[n] = -1
            let (high, low) = (results(up), results(down))
            for q in values.indices { add(inputs[n], (high[q] - low[q]) / 2, values[q], to: &budgets[q]) }
        }
        let drawn = trials >= 100 ? draw(trials, seed) : []
        return SampledResult.Quantity.allCases.indices.compactMap { q in
            let quantity = SampledResult.Quantity.allCases[q]
            if quantity == .energy, energyValue == nil { return nil }
            if quantity == .frequency, frequencyValue == nil { return nil }
            var simulation: SampledResult.Simulation?
            if !drawn.isEmpty, let found = MonteCarlo(drawn: drawn[q], probability: StudentT.twoSigma) {
                simulation = SampledResult.Simulation(
                    trials: trials, seed: seed, standardUncertainty: found.standardUncertainty,
                    low: found.interval.lowerBound, high: found.interval.upperBound)
            }
            return SampledResult(quantity, values[q], budgets[q], simulation)
        }
    }

    private func draw(_ trials: Int, _ seed: UInt64) -> [[Double]] {
        var random = SeededGenerator(seed: seed, label: "sampled power")
        var drawn = [[Double]](repeating: [], count: SampledResult.Quantity.allCases.count)
        for q in drawn.indices { drawn[q].reserveCapacity(trials) }
        for _ in 0..<trials {
            let values = results(inputs.map { _ in random.normal() })
            for q in values.indices { drawn[q].append(values[q]) }
        }
        return drawn
    }

    /// Adds what one standard uncertainty of an input does; inputs of one name act in different ways and add in squares.
    private func add(_ input: Input, _ change: Double, _ value: Double, to budget: inout [BudgetLine]) {
        // What rounding of the differences leaves is nothing.
        guard abs(change) > 1e-13 * abs(value) else { return }
        let shares = input.shares.isEmpty ? [(name: input.name, share: 1.0)] : input.shares
        for (name, share) in shares {
            let u = input.u * share.squareRoot(), part = change * share.squareRoot()
            if let place = budget.firstIndex(where: { $0.name == name }) {
                budget[place].sensitivity = Aggregation.root([budget[place].sensitivity, part / u])
            } else {
                budget.append(
                    BudgetLine(
                        name: name, distribution: "normal", standardUncertainty: u, unit: input.unit,
                        sensitivity: part / u, degreesOfFreedom: nil))
            }
        }
    }
}
