import BenchCore
import Instruments
import Synchronization

/// A clock for tests with one task: sleeping moves it on.
final class SteppedTime: Timekeeper {
    private let moment = Mutex(BenchInstant(nanoseconds: 0))

    var now: BenchInstant { moment.withLock { $0 } }
    var scale: Double? { nil }
    var executor: (any TaskExecutor)? { nil }
    func utc(_ moment: BenchInstant) -> String { "\(moment.seconds)" }
    func sleep(until end: BenchInstant) async throws { moment.withLock { $0 = max($0, end) } }
    /// Moves on by seconds.
    func pass(_ seconds: Double) { moment.withLock { $0 = $0 + seconds } }
}

/// Loads of the tests: three phases of 230 V.
enum Loads {
    static func balanced(_ current: Double, lag: Double = 0, voltage: Double = 230) -> LoadSetting {
        LoadSetting(
            frequency: 50,
            phases: [0.0, -120, 120].map {
                PhaseLoad(voltage: voltage, voltageAngle: $0, current: current, currentLag: lag)
            })
    }
    static func single(_ current: Double, phase: Int) -> LoadSetting {
        var load = balanced(0)
        load.phases[phase - 1].current = current
        return load
    }
}

/// A small bench whose only random parts are those that a test asks for.
enum Quiet {
    /// One bench with the meters given; no noise, no jitter, no wander, an ideal source and standard.
    static func world(
        _ meters: [SimulatedMeter], constant: Double = 10_000, faults: [PlannedFault] = [],
        change: (inout WorldMaker) -> Void = { _ in }
    ) -> World {
        var maker = WorldMaker(positions: meters.count, constant: constant)
        maker.world.meters = meters
        maker.world.faults = faults
        change(&maker)
        return World(maker.world, bench: maker.bench, types: maker.types)
    }

    static func meter(_ position: Int, _ change: (inout SimulatedMeter) -> Void = { _ in }) -> SimulatedMeter {
        var m = SimulatedMeter(position: position, type: "synthetic-05s", serial: "T-\(position)")
        m.registerStart = 0
        m.registerResolution = 1e-12
        change(&m)
        return m
    }
}

/// A clock that stands still and notes until when somebody wanted to wait: for requests at the same moment.
final class FrozenTime: Timekeeper {
    private let latest = Mutex(BenchInstant(nanoseconds: 0))

    var now: BenchInstant { BenchInstant(nanoseconds: 0) }
    var last: BenchInstant { latest.withLock { $0 } }
    var scale: Double? { nil }
    var executor: (any TaskExecutor)? { nil }
    func utc(_ moment: BenchInstant) -> String { "\(moment.seconds)" }
    func sleep(until end: BenchInstant) async throws { latest.withLock { $0 = max($0, end) } }
}
