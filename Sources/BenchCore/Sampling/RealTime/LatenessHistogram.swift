/// How late a loop woke up, in classes of a thirty-second of an octave from 1 ns to 2⁴⁰ ns: part of a run's evidence.
public struct LatenessHistogram: Sendable, Hashable, Codable {
    /// Classes in one octave, and octaves.
    static let fine = 1 << bits, octaves = 40
    private static let bits = 5
    /// How often each class was met.
    public private(set) var counts: [UInt64]

    /// An empty histogram.
    public init() { counts = [UInt64](repeating: 0, count: Self.fine * Self.octaves) }
    /// A histogram of counts that a loop has taken.
    init(counts: UnsafeBufferPointer<UInt64>) { self.counts = Array(counts) }

    /// The class of a lateness in ns; early counts as on time.
    @inline(__always)
    static func index(_ nanoseconds: Int64) -> Int {
        let value = UInt64(max(1, nanoseconds))
        let octave = 63 &- value.leadingZeroBitCount
        // The bits behind the first.
        let mask = UInt64(fine &- 1)
        let rest =
            octave >= bits
            ? Int((value &>> UInt64(octave &- bits)) & mask) : Int((value &<< UInt64(bits &- octave)) & mask)
        return min(octave &* fine &+ rest, fine &* octaves &- 1)
    }

    /// The upper end of a class, ns.
    static func end(_ index: Int) -> Double {
        let octave = index / fine, rest = index % fine
        return Double(UInt64(1) << UInt64(octave)) * (1 + Double(rest + 1) / Double(fine))
    }

    /// The middle of a class, ns.
    public static func middle(_ index: Int) -> Double { (index > 0 ? (end(index) + end(index - 1)) / 2 : 1) }

    /// Notes one lateness, ns.
    public mutating func record(_ nanoseconds: Int64) { counts[Self.index(nanoseconds)] += 1 }

    /// How many were noted.
    public var total: UInt64 { counts.reduce(0, +) }

    /// The lateness that a share of all did not exceed, s, as the upper end of its class; `nil` when nothing was noted.
    public func percentile(_ share: Double) -> Double? {
        let total = total
        guard total > 0 else { return nil }
        let wanted = share * Double(total)
        var sum: UInt64 = 0
        for (index, count) in counts.enumerated() where count > 0 {
            sum += count
            if Double(sum) >= wanted { return Self.end(index) / 1e9 }
        }
        return counts.lastIndex { $0 > 0 }.map { Self.end($0) / 1e9 }
    }
}
