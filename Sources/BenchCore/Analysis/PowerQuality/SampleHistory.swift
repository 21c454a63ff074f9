/// The newest samples of a channel, by their number since the start.
struct SampleHistory: Sendable {
    private var store: [Double]
    private let mask: Int
    /// How many samples were taken so far; the newest has this number less one.
    private(set) var count = 0

    /// Holds at least so many of the newest samples.
    init(holding least: Int) {
        var size = 16
        while size < least { size *= 2 }
        store = [Double](repeating: 0, count: size)
        mask = size - 1
    }

    /// The number of the oldest sample still held.
    var oldest: Int { max(0, count - store.count) }

    /// Takes samples; gives how many were no numbers or beyond 1e9 and are held as zero.
    mutating func append(_ piece: UnsafeBufferPointer<Double>) -> Int {
        var bad = 0
        var at = count
        let mask = mask
        store.withUnsafeMutableBufferPointer { store in
            for x in piece {
                let good = abs(x) <= 1e9
                store[at & mask] = good ? x : 0
                if !good { bad &+= 1 }
                at &+= 1
            }
        }
        count = at
        return bad
    }

    /// Hands out the samples from a number to another, that one excluded, in one or two runs of memory.
    func runs(_ from: Int, _ to: Int, _ body: (UnsafeBufferPointer<Double>) -> Void) {
        store.withUnsafeBufferPointer { store in
            var at = from
            while at < to {
                let place = at & mask
                let length = min(to - at, store.count - place)
                body(UnsafeBufferPointer(rebasing: store[place..<place + length]))
                at += length
            }
        }
    }

    /// The sample of that number.
    subscript(_ number: Int) -> Double { store[number & mask] }

    /// The value at a place between two samples, on the straight line.
    func value(at place: Double) -> Double {
        let low = Int(place.rounded(.down))
        let share = place - Double(low)
        return self[low] + share * (self[low + 1] - self[low])
    }

    /// Whether everything from one place to another is held.
    func holds(_ from: Double, _ to: Double) -> Bool {
        from >= Double(oldest) && to <= Double(count - 1) && from <= to
    }

    /// The mean of the squares between two places on the scale of sample numbers: the trapezoidal rule, the squares on straight
    /// lines at the ends.
    func meanSquare(_ from: Double, _ to: Double) -> Double {
        let first = Int(from.rounded(.down))
        let last = Int(to.rounded(.down))
        var sum = 0.0
        runs(first, last + 1) { run in
            var a = 0.0
            var b = 0.0
            var c = 0.0
            var d = 0.0
            var n = 0
            while n &+ 3 < run.count {
                a += run[n] * run[n]
                b += run[n &+ 1] * run[n &+ 1]
                c += run[n &+ 2] * run[n &+ 2]
                d += run[n &+ 3] * run[n &+ 3]
                n &+= 4
            }
            while n < run.count {
                a += run[n] * run[n]
                n &+= 1
            }
            sum += (a + b) + (c + d)
        }
        func square(_ number: Int) -> Double { self[number] * self[number] }
        func part(_ number: Int, _ share: Double) -> Double {
            guard share > 0 else { return 0 }
            return share * square(number) + share * share / 2 * (square(number + 1) - square(number))
        }
        sum -= (square(first) + square(last)) / 2
        return (sum - part(first, from - Double(first)) + part(last, to - Double(last))) / (to - from)
    }
}
