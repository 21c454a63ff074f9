import BenchCore
import Synchronization

/// Counts calls; from one on, everything goes wrong.
final class Trip: Sendable {
    private let calls = Mutex(0)
    private let after: Int
    init(after: Int) { self.after = after }
    var isTripped: Bool { calls.withLock { $0 > after } }
    func count() -> Bool {
        calls.withLock { $0 += 1 }
        return isTripped
    }
}

/// Hangs for ever and does not even hear that it is cancelled.
func hang() async { await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in } }

/// A source that answers nothing any more after some calls.
struct HangingSource: ReferenceSource {
    let inner: any ReferenceSource, trip: Trip
    var id: String { inner.id }
    private func pass() async { if trip.count() { await hang() } }
    func identify() async throws -> InstrumentIdentity {
        await pass()
        return try await inner.identify()
    }
    func prepare(_ load: LoadSetting) async throws {
        await pass()
        try await inner.prepare(load)
    }
    func apply() async throws {
        await pass()
        try await inner.apply()
    }
    func state() async throws -> SourceState {
        await pass()
        return try await inner.state()
    }
    func perform(_ action: SafeAction) async throws {
        await pass()
        try await inner.perform(action)
    }
}

/// A standard whose line breaks after some readings.
struct LostStandard: ReferenceStandard {
    let inner: any ReferenceStandard, trip: Trip
    var id: String { inner.id }
    func identify() async throws -> InstrumentIdentity { try await inner.identify() }
    func range(for load: LoadSetting) async throws -> Double { try await inner.range(for: load) }
    func read() async throws -> StandardReading {
        if trip.count() { throw Fault(.connectionLost, id, "the line is broken") }
        return try await inner.read()
    }
    func startEnergy() async throws { try await inner.startEnergy() }
    func energy() async throws -> Double { try await inner.energy() }
    func stopEnergy() async throws -> Double { try await inner.stopEnergy() }
}

/// A disk that is full after some lines.
final class FullDisk: EventSink {
    private let inner: any EventSink, trip: Trip
    init(_ inner: any EventSink, after: Int) {
        self.inner = inner
        trip = Trip(after: after)
    }
    func append(_ event: JournalEvent) async throws {
        if trip.count() { throw Fault(.diskFull, "journal", "no space left") }
        try await inner.append(event)
    }
}

/// A value that tasks of a test share.
final class Noted<Value: Sendable>: Sendable {
    private let value: Mutex<Value>
    init(_ value: Value) { self.value = Mutex(value) }
    func withLock<T: Sendable>(_ body: (inout sending Value) -> sending T) -> T { value.withLock(body) }
}
