internal import BenchCore

#if canImport(Glibc)
    import Glibc
#endif

/// A receiver in zero span as a model: it hears the meters of its world that have voltage.
struct ModelReceiver: RFReceiver {
    let link: ModelLink, description: InstrumentDescription
    var id: String { link.id }
    var frequencies: ClosedRange<Double> { 9e3...6e9 }
    /// Points of a trace, and the noise of each, dBm.
    private static let points = 1001, noise = -95.0

    func identify() async throws -> InstrumentIdentity {
        try await link.request(link.world.description.replyTime)
        return link.identity(Simulator.model(description), description.serial)
    }

    func sweep(_ setting: ZeroSpan) async throws -> PowerTrace {
        guard frequencies.contains(setting.center), setting.duration > 0 else {
            throw Fault(.refused, id, "\(Decimal.shortest(setting.center)) Hz is outside its range")
        }
        try await link.request(link.world.description.replyTime)
        let begin = link.time.now.seconds
        try await link.time.sleep(seconds: setting.duration)
        let heard = link.ask { $0.transmissions(setting) }
        let interval = setting.duration / Double(Self.points)
        var power = [Double](repeating: pow(10, Self.noise / 10), count: Self.points)
        for signal in heard { signal.add(to: &power, from: begin, interval: interval) }
        let levels = power.map { 10 * log10($0) }
        return PowerTrace(interval: interval, power: levels, setting: setting)
    }
}

extension WorldState {
    /// What a meter sends, as far as a receiver hears it.
    struct Transmission: Sendable {
        /// When the first begins, the time from one to the next, and the length of each, s; level, dBm.
        var first: Double, every: Double, length: Double, level: Double

        /// Adds what it sends to the mean power of each point, mW, of a trace that begins at a moment.
        func add(to power: inout [Double], from start: Double, interval: Double) {
            let strength = pow(10, level / 10), end = start + Double(power.count) * interval
            var begin = first + ((start - length - first) / every).rounded(.up) * every
            while begin < end {
                let from = max(0, (begin - start) / interval),
                    to = min(Double(power.count), (begin + length - start) / interval)
                var point = Int(from)
                while point < power.count, Double(point) < to {
                    power[point] += strength * (min(to, Double(point + 1)) - max(from, Double(point)))
                    point += 1
                }
                begin += every
            }
        }
    }

    /// The meters that have voltage and send in the receiver's bandwidth.
    func transmissions(_ setting: ZeroSpan) -> [Transmission] {
        guard on, contactorClosed, (applied?.phases.contains { $0.voltage > 0 }) ?? false else { return [] }
        return meters.compactMap { meter in
            guard let radio = meter.truth.radio, abs(radio.frequency - setting.center) <= setting.bandwidth / 2 else {
                return nil
            }
            var random = SeededGenerator(seed: description.seed, label: "radio of position \(meter.truth.position)")
            return Transmission(
                first: random.uniform(in: 0...radio.every), every: radio.every, length: radio.length, level: radio.level
            )
        }
    }
}
