/// Makes values of 150/180 cycles, ten minutes and two hours of those of 10/12 cycles (IEC 61000-4-30:2015, 4.5, class A).
///
/// Basic intervals follow each other without a gap and begin anew at each tick of ten minutes of UTC, so that the last
/// before a tick may overlap the first after it. The last one counts for the ten minutes before, and the 150/180
/// cycles that a tick meets are completed with what comes after it, while the next 150/180 cycles begin at the tick as well: both
/// overlaps of the standard.
public struct Aggregator: Sendable {
    private static let tenMinutes: Int64 = 600_000_000_000
    private static let twoHours: Int64 = 7_200_000_000_000

    private struct Sum: Sendable {
        var start: Int64
        var end: Int64
        var tick: Int64
        var sums: [Double]
        var count = 0
        var flagged = false
        var gapless = true
    }

    private let rules: [Aggregation.Rule]
    private let tolerance: Int64
    private var veryShort: [Sum] = []
    private var short: Sum?
    private var long: Sum?
    private var last: (start: Int64, end: Int64)?

    /// For so many quantities, each with its rule.
    ///
    /// - Parameters:
    ///   - rules: the rule of each quantity.
    ///   - tolerance: gap between two basic intervals that still counts as none, s; and how far the first may begin after a tick.
    ///     1 ms by default, what clocks and rounding make.
    public init(_ rules: [Aggregation.Rule], tolerance: Double = 0.001) {
        self.rules = rules
        self.tolerance = Int64((max(0, min(tolerance, 1)) * 1e9).rounded())
    }

    /// Takes the next basic interval; gives the longer ones that are complete or closed with it, short before long.
    ///
    /// - Throws: `PowerQualityTrouble` where it has another number of quantities, is no basic interval, ends before it begins, or
    ///   begins before the one before it.
    public mutating func add(_ basic: AggregatedValues) throws(PowerQualityTrouble) -> [AggregatedValues] {
        guard basic.interval == .basic, basic.values.count == rules.count else {
            throw PowerQualityTrouble(
                "aggregation takes 10/12-cycle values of \(rules.count) quantities, not \(basic.interval.rawValue) of \(basic.values.count)"
            )
        }
        guard basic.end > basic.start else { throw PowerQualityTrouble("an interval ends after it begins") }
        if let last, basic.start <= last.start {
            throw PowerQualityTrouble("10/12-cycle values come in the order of their starts, each once")
        }
        let tick = Self.floored(basic.start + tolerance, Self.tenMinutes)
        // Overlap is in order at a tick alone; a gap never.
        let joined = last.map { basic.start - $0.end <= tolerance } ?? true
        var results: [AggregatedValues] = []
        if let current = short, current.tick != tick {
            results += closeShort(reached: joined && tick - current.tick == Self.tenMinutes)
        }
        if !joined { veryShort.removeAll() }
        if veryShort.isEmpty || veryShort.last?.tick != tick { veryShort.append(sum(basic, tick)) }
        for n in veryShort.indices { add(basic, to: &veryShort[n]) }
        for done in veryShort where done.count == 15 { results.append(values(done, .veryShort, complete: true)) }
        veryShort.removeAll { $0.count == 15 }
        if short == nil {
            var fresh = sum(basic, tick)
            fresh.gapless = basic.start - tick <= tolerance
            short = fresh
        }
        if !joined { short?.gapless = false }
        if var current = short {
            add(basic, to: &current)
            short = current
        }
        last = (basic.start, basic.end)
        return results
    }

    /// What is open at the end of a recording: ten minutes and two hours, not complete.
    public mutating func finish() -> [AggregatedValues] {
        var results = short == nil ? [] : closeShort(reached: false)
        if let long { results.append(values(long, .long, complete: false)) }
        long = nil
        veryShort = []
        last = nil
        return results
    }

    private mutating func closeShort(reached: Bool) -> [AggregatedValues] {
        guard let done = short else { return [] }
        short = nil
        let ten = values(done, .short, complete: done.gapless && reached)
        var results = [ten]
        let tick = Self.floored(done.tick, Self.twoHours)
        if let current = long, current.tick != tick {
            results.append(values(current, .long, complete: false))
            long = nil
        }
        var current = long ?? sum(ten, tick)
        if !ten.complete { current.gapless = false }
        add(ten, to: &current)
        long = current
        if done.tick + Self.tenMinutes == tick + Self.twoHours {
            results.append(values(current, .long, complete: current.count == 12 && current.gapless))
            long = nil
        }
        return results
    }

    private func sum(_ first: AggregatedValues, _ tick: Int64) -> Sum {
        Sum(start: first.start, end: first.end, tick: tick, sums: [Double](repeating: 0, count: rules.count))
    }

    private func add(_ part: AggregatedValues, to sum: inout Sum) {
        for n in rules.indices {
            sum.sums[n] += rules[n] == .rootMeanSquare ? part.values[n] * part.values[n] : part.values[n]
        }
        sum.end = max(sum.end, part.end)
        sum.count += 1
        if part.flagged { sum.flagged = true }
    }

    private func values(_ sum: Sum, _ interval: AggregationInterval, complete: Bool) -> AggregatedValues {
        let means = rules.indices.map { n -> Double in
            let mean = sum.sums[n] / Double(sum.count)
            return rules[n] == .rootMeanSquare ? mean.squareRoot() : mean
        }
        return AggregatedValues(
            interval: interval, start: sum.start, end: sum.end, values: means, count: sum.count, flagged: sum.flagged,
            complete: complete)
    }

    private static func floored(_ time: Int64, _ step: Int64) -> Int64 {
        let rest = time % step
        return time - (rest < 0 ? rest + step : rest)
    }
}
