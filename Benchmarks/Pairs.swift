import BenchCore

/// Times two bodies in turn, so that what disturbs the machine disturbs both.
struct Pairs {
    /// The median of theirs ÷ ours, and the medians of both, s for one call.
    let ratio: Double, ours: Double, theirs: Double

    /// `rounds` pairs of `times` calls each; each body begins as often as the other.
    init(rounds: Int, times: Int, _ ours: () -> Void, _ theirs: () -> Void) {
        func seconds(_ body: () -> Void) -> Double {
            let begin = MachineClock.nanoseconds
            for _ in 0..<times { body() }
            return Double(MachineClock.nanoseconds - begin) / 1e9 / Double(times)
        }
        _ = (seconds(ours), seconds(theirs))
        var pairs: [(ours: Double, theirs: Double)] = []
        for round in 0..<rounds {
            let first = round % 2 == 0 ? seconds(ours) : seconds(theirs)
            let second = round % 2 == 0 ? seconds(theirs) : seconds(ours)
            pairs.append(round % 2 == 0 ? (first, second) : (second, first))
        }
        ratio = Self.median(pairs.map { $0.theirs / $0.ours })
        self.ours = Self.median(pairs.map(\.ours))
        self.theirs = Self.median(pairs.map(\.theirs))
    }

    /// The value in the middle.
    static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}
