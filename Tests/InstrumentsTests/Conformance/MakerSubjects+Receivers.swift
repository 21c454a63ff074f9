import BenchCore
import TestSupport
import Testing

@testable import Instruments

/// Clock counters and spectrum analyzers of makers.
extension MakerSubjects {
    static var receivers: [ConformanceSubject] {
        get throws {
            try [
                clock("keysight-53220", .keysight), clock("pendulum-cnt90", .pendulum),
                analyzer("keysight-x-series", .keysight, .scpiBlocks), analyzer("rigol-dsa800", .rigol, .scpi),
                analyzer("siglent-ssa3000x", .siglent, .scpi), analyzer("rohde-schwarz-fpl", .rohde, .scpiBlocks),
            ]
        }
    }

    /// A counter at a clock of 4 Hz that is 20 ppm fast.
    private static func clock(_ name: String, _ maker: SimulatedClockCounter.Maker) throws -> ConformanceSubject {
        let description = described(name, .clockCounter)
        var facts = ConformanceFacts()
        facts.exempt = played
        facts.channels = 1...2
        // A counter that keeps silent once and then says who it is has no signal, as far as anybody can know.
        facts.alsoFaults = [.noPulses]
        return .wired(
            name, entry: try DriverRegistry.entry(for: description, types: try types(name)), description: description,
            facts: facts, language: .scpi, wire: .tcp
        ) { _ in
            let counter = SimulatedClockCounter(maker, clocks: [1: 4 * (1 + 20e-6)])
            var hooks = ConformanceHooks()
            hooks.feed = { counter.feed($0) }
            return (counter, hooks)
        }
    }

    /// An analyzer before a meter that sends bursts.
    private static func analyzer(
        _ name: String, _ maker: SimulatedSpectrum.Maker, _ language: TroubleLanguage
    ) throws -> ConformanceSubject {
        let description = described(name, .radioReceiver)
        var facts = ConformanceFacts()
        facts.exempt = played
        facts.sweep = ZeroSpan(center: 868.95e6, bandwidth: 100e3, duration: 1, referenceLevel: 0)
        return .wired(
            name, entry: try DriverRegistry.entry(for: description, types: try types(name)), description: description,
            facts: facts, language: language, wire: .tcp
        ) { _ in (SimulatedSpectrum(maker), ConformanceHooks()) }
    }
}
