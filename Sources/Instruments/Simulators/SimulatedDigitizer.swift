internal import BenchCore
internal import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// A digitizer at the terminals of a world: sines of what the source gives, in blocks of 20 ms, with samples
/// that can be lost on purpose.
final class SimulatedDigitizer: Digitizer {
    let id: String
    let capability = DigitizerCapability(
        channels: ["U1", "U2", "U3", "I1", "I2", "I3"], rates: [10_000, 51_200, 100_000], bits: 24)
    /// Peak values at full scale: V and A.
    static let fullScale = (voltage: 600.0, current: 200.0)

    private struct Running {
        var channels: [Int], rate: Double, from: BenchInstant
        var next: Int64 = 0
        /// Samples to leave out before the next block.
        var lost: Int64 = 0
    }
    private let world: World, time: any Timekeeper
    private let running = Mutex<Running?>(nil)

    init(id: String, world: World, time: any Timekeeper) {
        self.id = id
        self.world = world
        self.time = time
    }

    func identify() async throws -> InstrumentIdentity {
        InstrumentIdentity(
            manufacturer: Simulator.manufacturer, model: "Simulated Digitizer", serial: "SIM-D-1",
            firmware: Simulator.firmware, simulated: true)
    }

    func start(channels: [String], rate: Double) async throws {
        let numbers = channels.compactMap { capability.channels.firstIndex(of: $0) }
        guard !channels.isEmpty, numbers.count == channels.count, Set(numbers).count == numbers.count else {
            throw Fault(
                .refused, id,
                "channels are \(capability.channels.joined(separator: ", ")), each at most once; asked: \(channels)")
        }
        guard capability.rates.contains(rate) else {
            throw Fault(.refused, id, "\(rate) samples a second are not among \(capability.rates)")
        }
        running.withLock { $0 = Running(channels: numbers, rate: rate, from: time.now) }
    }

    func block() async throws -> SampleBlock {
        let taken = running.withLock { running -> (run: Running, first: Int64, overrun: Bool, count: Int)? in
            guard var run = running else { return nil }
            let count = Int(run.rate / 50)
            let overrun = run.lost > 0
            let first = run.next + run.lost
            run.lost = 0
            run.next = first + Int64(count)
            running = run
            return (run, first, overrun, count)
        }
        guard let taken else { throw Fault(.refused, id, "it is not sampling") }
        let (run, first, overrun, count) = taken
        try await time.sleep(until: run.from + Double(run.next) / run.rate)
        let samples = world.at(time.now) { state, _ in
            (0..<count).flatMap { index -> [Int32] in
                let t = (run.from + Double(first + Int64(index)) / run.rate).seconds
                return run.channels.map { Self.sample(state, channel: $0, at: t, bits: capability.bits) }
            }
        }
        return SampleBlock(first: first, samples: samples, overrun: overrun)
    }

    func stop() async throws { running.withLock { $0 = nil } }

    /// Loses samples before the next block.
    func lose(_ samples: Int64) { running.withLock { $0?.lost += samples } }

    private static func sample(_ state: WorldState, channel: Int, at t: Double, bits: Int) -> Int32 {
        let (voltage, current) = state.phases[channel % 3].at(state.decay(max(t, state.begin)))
        let phasor = channel < 3 ? voltage : current
        let frequency = (state.applied?.frequency ?? 50) + state.frequencyShift
        let turn = 2 * Double.pi * (frequency * t).truncatingRemainder(dividingBy: 1)
        // Effective value times √2; the real part is the cosine.
        let value = 2.0.squareRoot() * (phasor.re * sin(turn) + phasor.im * cos(turn))
        let scale = channel < 3 ? fullScale.voltage : fullScale.current
        let most = Double(Int64(1) << Int64(bits - 1))
        return Int32(max(-most, min(most - 1, (value / scale * most).rounded())))
    }
}
