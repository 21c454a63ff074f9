import BenchCore

extension MeterCertificate {
    /// A test with dips, interruptions or swells.
    public struct EventRow: Sendable, Hashable, Codable {
        /// The point.
        public var head: PointHead
        /// What was asked for, in words, and how often.
        public var event: String, times: Int
        /// What the digitizer's class A detection saw: lowest (of a swell highest) voltage in percent of the declared one, and duration in ms, of the
        /// event that was furthest from what was asked.
        public var extreme: Figure?, duration: Figure?
        /// Energy on the register and by the standard over the whole test, Wh.
        public var registered: Figure?, reference: Figure?
        /// Percentage error before, over and after the events, with U and k of the last.
        public var before: Figure?, during: Figure?, after: Figure?, U: Figure?, k: Figure?
        /// Longest time until the meter answered again, s; `nil` where it was never silent or not asked.
        public var silent: Figure?
        /// Events that its own log counted; `nil` where the meter type has none.
        public var logged: Figure?
        /// The limit of the error as printed, and its bounds in percent.
        public var limit: String, lower: Double?, upper: Double?
        /// What was found beside.
        public var findings: [String]
    }
}

extension MeterCertificate.EventRow {
    init(_ point: TestPoint, _ head: MeterCertificate.PointHead, _ result: PointResult?) {
        let found = result?.evaluation
        self.init(
            head: head, event: point.event?.words ?? "", times: point.event?.times ?? 0,
            k: found?.k.map { Printed.number($0, 2) }, limit: point.limit.map { Printed.limit($0) } ?? "",
            lower: point.limit?.lowerPercent, upper: point.limit?.upperPercent, findings: found?.findings ?? [])
        guard case .event(let seen) = result?.measurement else { return }
        let declared = point.load.phases.map(\.voltage).max() ?? 0
        if let wanted = point.event?.expected.first, declared > 0 {
            let events = seen.firings.compactMap { firing in firing.seen.first { $0.kind == wanted.kind } }
            let worst = events.max {
                abs(100 * $0.extreme / declared - wanted.extreme) < abs(100 * $1.extreme / declared - wanted.extreme)
            }
            extreme = worst.map { Printed.number(100 * $0.extreme / declared, 1) }
            duration = events.max { abs($0.duration - wanted.duration) < abs($1.duration - wanted.duration) }
                .map { Printed.number(1000 * $0.duration, 0) }
        }
        if point.event?.isChange == true, declared > 0, let asked = point.event {
            // The largest change seen, as a voltage; how long it lasted is from the first change to the second.
            let largest = seen.firings.flatMap(\.changes).map { 100 * $0.largestChange / declared }.max()
            extreme = largest.map { Printed.number(asked.residual < 100 ? 100 - $0 : 100 + $0, 1) }
            duration = seen.firings.compactMap { firing in
                firing.changes.count == 2 ? firing.changes[1].start - firing.changes[0].start : nil
            }.max().map { Printed.number(1000 * $0, 0) }
        }
        let decimals = max(0, Decimal.decimals(of: 1000 * seen.tested.resolution, significant: 1))
        registered = Printed.number(1000 * (seen.tested.end - seen.tested.begin), decimals)
        reference = Printed.number(seen.referenceEnergy / 3600, decimals + 1)
        if let first = found?.errors.first { before = Printed.error(first, U: found?.U) }
        if let gate = seen.during, let gates = seen.before {
            during = gate.error(meterConstant: gates.meterConstant, referenceConstant: gates.referenceConstant)
                .map { Printed.error($0, U: found?.U) }
        }
        after = found?.error.map { Printed.error($0, U: found?.U) }
        U = found?.U.map { Printed.uncertainty($0) }
        silent = seen.firings.filter { $0.requests > 1 }.compactMap(\.answered).max().map { Printed.number($0, 1) }
        if let begin = seen.log?.count, let end = seen.firings.last?.log?.count {
            logged = Printed.number(end - begin, 0)
        }
    }
}
