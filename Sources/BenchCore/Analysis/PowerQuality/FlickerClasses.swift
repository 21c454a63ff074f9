/// Block 5: how often each level of Pinst occurred (IEC 61000-4-15:2010, 5.7.1), in 1 024 classes to the octave from 6e-8 to
/// 16 384, so that a level is known to 0.1 % and its square root to 0.05 %.
struct FlickerClasses: Sendable {
    private static let bits: UInt64 = 10
    private static let octaves = 38
    private static let lowest = (0x1p-24).bitPattern >> (52 - bits)
    static let count = octaves << Int(bits) + 1
    private var counts: [UInt32]
    private(set) var total: UInt64 = 0

    /// All classes empty.
    init() { counts = [UInt32](repeating: 0, count: Self.count) }

    /// Classes that were counted elsewhere, `count` of them.
    init(counts: [UInt32]) {
        self.counts = counts
        total = counts.reduce(0) { $0 + UInt64($1) }
    }

    /// No classes at all: what stands in while the real ones are elsewhere.
    static let none = FlickerClasses(counts: [])

    /// Counts one level.
    @inline(__always)
    mutating func add(_ pinst: Double) {
        counts.withUnsafeMutableBufferPointer { $0[Self.place(pinst)] &+= 1 }
        total &+= 1
    }

    /// Begins anew.
    mutating func clear() {
        for n in counts.indices { counts[n] = 0 }
        total = 0
    }

    /// Class 0 is everything below the lowest level; the last takes everything above.
    @inline(__always)
    private static func place(_ pinst: Double) -> Int {
        guard pinst >= 0x1p-24 else { return 0 }
        return min(Int(pinst.bitPattern >> (52 - bits) &- lowest) &+ 1, count &- 1)
    }

    /// The classes of four levels at once. What lies below the first class or above the last is brought there before.
    @inline(__always)
    static func places(_ pinst: Lanes) -> SIMD4<Int64> {
        let inside = pinst.larger(Lanes(repeating: 0x1.ffcp-25)).smaller(Lanes(repeating: 0x1.ffcp13))
        return unsafeBitCast(inside, to: SIMD4<Int64>.self) &>> Int64(52 - bits) &- (Int64(lowest) - 1)
    }

    private static func edge(_ place: Int) -> Double {
        place == 0 ? 0 : Double(bitPattern: (lowest + UInt64(place - 1)) << (52 - bits))
    }

    /// The levels that are exceeded for each of the shares of time, in percent, given from the smallest to the largest.
    func levels(_ percents: [Double]) -> [Double] {
        var found: [Double] = []
        var above: UInt64 = 0
        var place = Self.count - 1
        for percent in percents {
            let wanted = percent / 100 * Double(total)
            while place > 0, Double(above + UInt64(counts[place])) < wanted {
                above += UInt64(counts[place])
                place -= 1
            }
            let share = counts[place] > 0 ? (wanted - Double(above)) / Double(counts[place]) : 0
            found.append(Self.edge(place + 1) - min(1, share) * (Self.edge(place + 1) - Self.edge(place)))
        }
        return found
    }
}
