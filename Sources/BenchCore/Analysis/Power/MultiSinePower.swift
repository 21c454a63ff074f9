extension MultiSineFit {
    /// The power with the corrections of both channels, each component at its own frequency, and its parts by order; what is no harmonic belongs to the
    /// nearest. Where the rows of a correction do not reach, components stay as recorded, and `outside` says how much that is.
    public func corrected(voltage: ChannelCorrection?, current: ChannelCorrection?) -> CorrectedPower {
        var orders: [Int: CorrectedPower.Order] = [:], only = CorrectedPower.Order(order: 1)
        var before = CorrectedPower.Order(order: 0), after = before
        var lost = CorrectedPower.Pair(voltage: 0, current: 0)
        let base = fundamental.frequency
        let direct = Tone(
            frequency: 0, frequencyNoise: 0, order: 0, voltage: SpectralLine(re: directVoltage, im: 0),
            current: SpectralLine(re: directCurrent, im: 0))
        func add(_ u: SpectralLine, _ i: SpectralLine, to sum: inout CorrectedPower.Order) {
            let (p, q) = SpectralLine.power(u, i)
            sum.active += p
            sum.reactive += q
            sum.voltage += u.power
            sum.current += i.power
        }
        for tone in [direct] + tones {
            add(tone.voltage, tone.current, to: &before)
            let factors = (
                voltage.map { $0.at(tone.frequency) } ?? .one, current.map { $0.at(tone.frequency) } ?? .one
            )
            if factors.0 == nil { lost.voltage += tone.voltage.power }
            if factors.1 == nil { lost.current += tone.current.power }
            let u = (factors.0 ?? .one) * tone.voltage, i = (factors.1 ?? .one) * tone.current
            let order = tone.order ?? Int((tone.frequency / base).rounded())
            add(u, i, to: &orders[order, default: CorrectedPower.Order(order: order)])
            add(u, i, to: &after)
            if tone.order == 1 { add(u, i, to: &only) }
        }
        func magnitude(_ correction: ChannelCorrection?) -> Double { correction?.at(base)?.magnitude ?? 1 }
        func corrected(_ raw: Double, _ change: Double) -> Double { max(0, raw * raw + change).squareRoot() }
        let gains = (voltage: magnitude(voltage), current: magnitude(current))
        let change = after.active - before.active
        let power = ReferencePower(
            voltage: corrected(power.voltage, after.voltage - before.voltage),
            current: corrected(power.current, after.current - before.current), active: power.active + change,
            activeNoise: power.activeNoise * gains.voltage * gains.current,
            voltageNoise: power.voltageNoise * gains.voltage, currentNoise: power.currentNoise * gains.current)
        func share(_ lost: Double, _ all: Double) -> Double { all > 0 ? lost / all : 0 }
        return CorrectedPower(
            power, orders: (0...(orders.keys.max() ?? 0)).map { orders[$0] ?? CorrectedPower.Order(order: $0) },
            fundamental: only, difference: change,
            outside: CorrectedPower.Pair(
                voltage: share(lost.voltage, before.voltage), current: share(lost.current, before.current)))
    }
}

extension CorrectedPower {
    /// Values that were found by components, to be kept together.
    fileprivate init(_ power: ReferencePower, orders: [Order], fundamental: Order, difference: Double, outside: Pair) {
        self.power = power
        self.orders = orders
        self.fundamental = fundamental
        self.difference = difference
        self.outside = outside
    }
}
