internal import BenchCore

#if canImport(Glibc)
    import Glibc
#endif

/// A digitizer at the terminals of a world: what the source gives, as 24-bit numbers, with frames that can be lost on purpose.
final class SimulatedDigitizer: Digitizer {
    let id: String
    let capability: DigitizerCapability
    private let signal: WorldSignal, time: any Timekeeper
    private let running = RunningFeed()

    init(id: String, world: World, time: any Timekeeper) {
        self.id = id
        self.time = time
        signal = WorldSignal(world: world)
        capability = WorldSignal.capability(form: .int32)
    }

    func identify() async throws -> InstrumentIdentity {
        InstrumentIdentity(
            manufacturer: Simulator.manufacturer, model: "Simulated Digitizer", serial: "SIM-D-1",
            firmware: Simulator.firmware, simulated: true)
    }

    func start(rate: Double) async throws -> SampleStream {
        try capability.check(rate, id)
        let (signal, time, from) = (signal, time, time.now)
        let feed = PacedFeed(capability, rate: rate, time: time, traceability: "the simulated bench's clock") {
            first, frames, room in
            signal.write(.int32, from: from, rate: rate, first: first, frames: frames, now: time.now, into: room)
        }
        return try running.begin(feed, id)
    }

    func wait() async throws { try await running.wait(id) }

    func stop() async throws -> SamplingEnd { running.stop() }

    /// Loses frames before the next block.
    func lose(_ frames: Int64) { running.lose(frames) }
}

/// Voltages and currents at the terminals of a world, as a digitizer of 24 bits sees them.
struct WorldSignal: Sendable {
    let world: World
    /// Peak values at full scale: V and A.
    static let fullScale = (voltage: 600.0, current: 200.0)
    static let bits = 24, channels = 6
    /// Which harmonic a simulated source's distortion of the voltage is.
    static let distortedOrder = 5.0

    /// Six channels, at the rates of common digitizers.
    static func capability(form: SampleForm) -> DigitizerCapability {
        let steps = Double(Int64(1) << Int64(bits - 1))
        let channels = ["U1", "U2", "U3", "I1", "I2", "I3"].map { name in
            let voltage = name.hasPrefix("U")
            return RecordedChannel(
                name: name, unit: voltage ? "V" : "A",
                scale: (voltage ? fullScale.voltage : fullScale.current) / steps, lowest: -steps, highest: steps - 1)
        }
        return DigitizerCapability(channels: channels, rates: [5_000, 10_000, 51_200, 100_000], form: form)
    }

    /// Writes frames of six numbers of 24 bits each, as `int24` or `int32`; frame 0 was taken at `from`.
    func write(
        _ form: SampleForm, from: BenchInstant, rate: Double, first: Int64, frames: Int, now: BenchInstant,
        into room: UnsafeMutableRawBufferPointer
    ) {
        let steps = Double(Int64(1) << Int64(Self.bits - 1))
        world.at(now) { state, _ in
            let frequency = (state.applied?.frequency ?? 50) + state.frequencyShift
            let distortion = (state.description.source.distortion + state.extraDistortion) / 100
            let parts = state.applied?.shape?.parts.filter { !$0.isPlain } ?? []
            var place = 0
            func put(_ value: Double, _ scale: Double) {
                let number = Int32(max(-steps, min(steps - 1, (value / scale * steps).rounded())))
                for byte in 0..<form.width {
                    room[place] = UInt8(truncatingIfNeeded: number >> Int32(8 * byte))
                    place += 1
                }
            }
            // The piece that a moment lies in: what was is shown as it was, also where a new piece has begun since.
            var at = 0
            for index in 0..<Int64(frames) {
                let t = (from + Double(first + index) / rate).seconds
                while at + 1 < state.pieces.count, state.pieces[at + 1].begin <= t { at += 1 }
                let piece = state.pieces[at]
                let z = exp((piece.begin - max(t, piece.begin)) / piece.tau)
                let turn = 2 * Double.pi * (frequency * t).truncatingRemainder(dividingBy: 1)
                let (sine, cosine) = (sin(turn), cos(turn))
                func shaped(_ value: Double, _ phase: Int, _ quantity: LoadShape.Output.Quantity, _ phasor: Complex)
                    -> Double
                {
                    guard !parts.isEmpty,
                        let part = parts.first(where: {
                            $0.output == LoadShape.Output(phase: phase + 1, quantity: quantity)
                        })
                    else { return value }
                    return part.wave(
                        value, effective: phasor.magnitude, angle: turn + atan2(phasor.im, phasor.re),
                        seconds: t - piece.begin)
                }
                for phase in 0..<3 {
                    let u = piece.phases[phase].voltage + z * piece.phases[phase].voltageGap
                    let extra = distortion * u.magnitude * sin(Self.distortedOrder * (turn + atan2(u.im, u.re)))
                    // Effective value times √2; the real part is the cosine of the phasor's angle against a sine.
                    let wave = 2.0.squareRoot() * (u.re * sine + u.im * cosine + extra)
                    put(shaped(wave, phase, .voltage, u), Self.fullScale.voltage)
                }
                for phase in 0..<3 {
                    let i = piece.phases[phase].current + z * piece.phases[phase].currentGap
                    let wave = 2.0.squareRoot() * (i.re * sine + i.im * cosine)
                    put(shaped(wave, phase, .current, i), Self.fullScale.current)
                }
            }
        }
    }
}

extension LoadShape.Part {
    /// Whether it puts nothing on a steady sine; an event is part of the course itself.
    var isPlain: Bool { harmonics.isEmpty && interharmonics.isEmpty && fluctuation == nil }

    /// A fundamental's momentary value with what this part puts on it; `effective` is the fundamental's effective value, `angle` where it is, rad.
    func wave(_ value: Double, effective: Double, angle: Double, seconds: Double) -> Double {
        var wave = value
        for harmonic in harmonics {
            let size = effective * harmonic.percent / 100, shift = harmonic.angle * .pi / 180
            wave +=
                harmonic.order == 0
                ? size * cos(shift) : size * 2.0.squareRoot() * sin(Double(harmonic.order) * angle + shift)
        }
        for tone in interharmonics {
            wave += effective * tone.percent / 100 * 2.0.squareRoot() * sin(2 * .pi * tone.frequency * seconds)
        }
        guard let fluctuation else { return wave }
        let swing = sin(2 * .pi * fluctuation.frequency * seconds)
        return wave * (1 + fluctuation.depth / 200 * (fluctuation.form == .sinusoidal ? swing : swing >= 0 ? 1 : -1))
    }
}
