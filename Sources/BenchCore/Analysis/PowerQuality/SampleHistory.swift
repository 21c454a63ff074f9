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
        let start = count & mask
        store.withUnsafeMutableBufferPointer { store in
            guard let own = store.baseAddress, let new = piece.baseAddress else { return }
            var n = 0
            while n < piece.count {
                // One run of memory at a time.
                let place = (start &+ n) & mask
                let length = min(piece.count &- n, store.count &- place)
                bad &+= Self.take(new + n, own + place, length)
                n &+= length
            }
        }
        count += piece.count
        return bad
    }

    @inline(__always)
    private static func take(_ from: UnsafePointer<Double>, _ to: UnsafeMutablePointer<Double>, _ count: Int) -> Int {
        var bad = 0
        var n = 0
        while n < count {
            let x = from[n]
            let good = abs(x) <= 1e9
            to[n] = good ? x : 0
            bad &+= good ? 0 : 1
            n &+= 1
        }
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
            guard let base = run.baseAddress else { return }
            let raw = UnsafeRawPointer(base)
            var a = SIMD4<Double>.zero
            var b = SIMD4<Double>.zero
            var n = 0
            while n &+ 8 <= run.count {
                let x = raw.loadUnaligned(fromByteOffset: n &* 8, as: SIMD4<Double>.self)
                let y = raw.loadUnaligned(fromByteOffset: n &* 8 &+ 32, as: SIMD4<Double>.self)
                a += x * x
                b += y * y
                n &+= 8
            }
            while n < run.count {
                a.x += base[n] * base[n]
                n &+= 1
            }
            a += b
            sum += (a.x + a.y) + (a.z + a.w)
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
