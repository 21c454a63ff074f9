#if canImport(Glibc)
    import Glibc
#endif

/// Values of eight channels between frames, evenly spaced over a window; for signals that hold nothing worth keeping above a known share of
/// their rate, so that few weights do.
///
/// A sinc under a Kaiser window; its coefficients stand in a table of 512 places between two frames and are interpolated linearly, which is right
/// within 3 ppm at the highest frequency and by far more at the fundamental.
final class LaneResampler {
    /// Weights for each value: a multiple of four; frames on either side of a place.
    let taps: Int
    var reach: Int { taps / 2 }
    private static let placeBits: Int64 = 9, places = 1 << 9
    /// `taps` weights of each place, and room for those of one value.
    private let table: UnsafeMutablePointer<Double>, room: UnsafeMutablePointer<Double>
    private let memory: UnsafeMutablePointer<Lanes>

    /// For signals below `pass`, a share of the rate, at most 0.4; images are 85 dB down.
    init(pass: Double) {
        let attenuation = 85.0
        let width = 1 - 2 * min(pass, 0.4)
        let needed = (attenuation - 8) / (2.285 * 2 * .pi * width) + 1
        let taps = Int((needed / 4).rounded(.up)) * 4
        let half = Double(taps / 2), beta = 0.1102 * (attenuation - 8.7)
        var table: [Double] = []
        table.reserveCapacity((Self.places + 1) * taps)
        for place in 0...Self.places {
            let fraction = Double(place) / Double(Self.places)
            let row = (0..<taps).map { tap -> Double in
                let x = Double(tap) - (half - 1) - fraction
                let inner = 1 - (x / half) * (x / half)
                let window = inner > 0 ? Decimator.bessel(beta * inner.squareRoot()) : 0
                return window * (x == 0 ? 1 : sin(.pi * x) / (.pi * x))
            }
            // A constant stays one.
            let sum = row.reduce(0, +)
            table += row.map { $0 / sum }
        }
        self.taps = taps
        memory = .lanes((table.count + taps) / 4)
        self.table = UnsafeMutableRawPointer(memory).assumingMemoryBound(to: Double.self)
        self.table.update(from: table, count: table.count)
        room = self.table + table.count
    }

    deinit { memory.deallocate() }

    /// Sums over a window: squares of voltages and currents, and their products.
    struct Sums {
        var uu = Lanes.zero, ii = Lanes.zero, ui = Lanes.zero
    }

    /// `count` frames from one place (included) to another (not included) into `output`, and their sums. Both places lie at least `reach` within
    /// the history.
    @inline(never)
    func values(
        _ history: LaneHistory, from begin: Double, to end: Double, count: Int, into output: UnsafeMutablePointer<Lanes>
    ) -> Sums {
        // Places in steps of 2⁻⁴⁴ of a frame: no conversion and no check for each value.
        let bits: Int64 = 44, fine: Int64 = bits - Self.placeBits
        let unit = Double(Int64(1) << bits)
        let step = Int64(((end - begin) / Double(count) * unit).rounded())
        var place = Int64(((begin - Double(history.first)) * unit).rounded())
        let frames = UnsafePointer(history.frame(history.first))
        let taps = taps, table = table, weights = room, before = reach - 1, toShare = 1 / Double(Int64(1) << fine)
        var sums = Sums()
        for n in 0..<count {
            let row = Int((place &>> fine) & (Int64(Self.places) - 1))
            let share = Lanes(repeating: Double(place & ((Int64(1) << fine) - 1)) * toShare)
            let low = UnsafeRawPointer(table + row &* taps), high = low + 8 &* taps
            var x = frames + 2 &* (Int(place &>> bits) &- before)
            place &+= step
            // The weights by way of memory, where each is fetched into all lanes at once.
            var at = 0
            while at < taps {
                let one = low.loadUnaligned(fromByteOffset: 8 &* at, as: Lanes.self)
                let two = high.loadUnaligned(fromByteOffset: 8 &* at, as: Lanes.self)
                UnsafeMutableRawPointer(weights + at).storeBytes(
                    of: one.plus(share, times: two - one), as: Lanes.self)
                at &+= 4
            }
            var a = Lanes.zero, b = Lanes.zero, c = Lanes.zero, d = Lanes.zero
            at = 0
            while at < taps {
                let w0 = Lanes(repeating: weights[at]), w1 = Lanes(repeating: weights[at &+ 1])
                a = a.plus(w0, times: x[0])
                b = b.plus(w0, times: x[1])
                c = c.plus(w1, times: x[2])
                d = d.plus(w1, times: x[3])
                x += 4
                at &+= 2
            }
            let u = a + c, i = b + d
            sums.uu = sums.uu.plus(u, times: u)
            sums.ii = sums.ii.plus(i, times: i)
            sums.ui = sums.ui.plus(u, times: i)
            output[2 &* n] = u
            output[2 &* n &+ 1] = i
        }
        return sums
    }
}
