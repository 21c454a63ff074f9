/// Interlock and signal lamp around a run, where the bench has them.
public struct BenchWatch: Sendable {
    let interlocks: [any Interlock], lamps: [any SignalLamp]
    let time: any Timekeeper

    /// Seconds of life between two looks at the interlock, and that one look may take.
    static let interval = 0.25, limit = 0.5

    /// Takes interlocks and lamps out of the instruments of a bench.
    public init(_ instruments: [any Instrument], _ time: any Timekeeper) {
        interlocks = instruments.compactMap { $0 as? any Interlock }
        lamps = instruments.compactMap { $0 as? any SignalLamp }
        self.time = time
    }

    /// Throws `Fault(.interlock)` unless every loop is closed; one that cannot be read counts as open.
    public func mustBeClosed() async throws {
        for interlock in interlocks {
            let state: InterlockState
            do {
                state = try await time.within(
                    life: Self.limit, else: Fault(.timeout, interlock.id, "no answer within \(Self.limit) s")
                ) { try await interlock.state() }
            } catch {
                let fault = Fault.from(error, at: interlock.id)
                throw Fault(.interlock, interlock.id, "cannot be read, which counts as open: \(fault.detail)")
            }
            guard state.closed else {
                let what = state.open.isEmpty ? "" : ": " + state.open.joined(separator: ", ")
                throw Fault(.interlock, interlock.id, "is open\(what)")
            }
        }
    }

    /// Looks at the interlocks until it is cancelled or one opens, which is told to `opened`.
    public func watch(_ opened: @Sendable (String) -> Void) async {
        while !Task.isCancelled {
            do {
                try await time.sleep(seconds: time.bench(life: Self.interval))
                try await mustBeClosed()
            } catch let fault as Fault {
                return opened("interlock «\(fault.instrument)» \(fault.detail)")
            } catch { return }
        }
    }

    /// Shows a signal; what went wrong comes back, and never stops anything.
    public func show(_ signal: LampSignal) async -> [Fault] {
        var faults: [Fault] = []
        for lamp in lamps {
            do {
                try await time.within(
                    life: Self.limit, else: Fault(.timeout, lamp.id, "no answer within \(Self.limit) s")
                ) { try await lamp.show(signal) }
            } catch { faults.append(Fault.from(error, at: lamp.id)) }
        }
        return faults
    }
}
