#if canImport(Glibc)
    import Glibc
#endif

/// Values between samples: each from the 64 samples around it, by a sinc under a Kaiser window.
///
/// The window (β = 14) keeps images 135 dB down; what lies below 0.43 of the sample rate passes within 1 ppm. Coefficients stand in a table of
/// 4096 places between two samples and are interpolated linearly (J. O. Smith, «Digital Audio Resampling», CCRMA, for the method).
struct SincResampler: Sendable {
    static let taps = 64
    private static let places = 4096
    private static let beta = 14.0
    /// `taps` coefficients for each place from 0 to 1, both ends included.
    private let table: [Double]

    /// The one table that everybody uses.
    static let shared = SincResampler()

    private init() {
        let half = Double(Self.taps / 2)
        let top = Self.bessel(Self.beta)
        var table: [Double] = []
        table.reserveCapacity((Self.places + 1) * Self.taps)
        for place in 0...Self.places {
            let fraction = Double(place) / Double(Self.places)
            var row: [Double] = []
            for tap in 0..<Self.taps {
                // Distance of the sample from the place.
                let x = Double(tap) - (half - 1) - fraction
                let inner = 1 - (x / half) * (x / half)
                let window = inner > 0 ? Self.bessel(Self.beta * inner.squareRoot()) / top : 0
                row.append(window * (x == 0 ? 1 : sin(.pi * x) / (.pi * x)))
            }
            // A constant stays one.
            let sum = row.reduce(0, +)
            table += row.map { $0 / sum }
        }
        self.table = table
    }

    /// The modified Bessel function of the first kind and order 0, by its series.
    private static func bessel(_ x: Double) -> Double {
        var sum = 1.0, term = 1.0, n = 1.0
        while term > 1e-18 * sum {
            term *= (x / (2 * n)) * (x / (2 * n))
            sum += term
            n += 1
        }
        return sum
    }

    /// Samples needed on either side of a place.
    static let reach = taps / 2

    /// `count` values of a channel, evenly spaced from one place (included) to another (not included); places are numbers of samples and
    /// lie at least `reach` within the history.
    func values(_ history: ChannelHistory, from begin: Double, to end: Double, count: Int) -> [Double] {
        let step = (end - begin) / Double(count)
        return [Double](unsafeUninitializedCapacity: count) { room, filled in
            table.withUnsafeBufferPointer { table in
                history.samples.withUnsafeBufferPointer { samples in
                    for n in 0..<count {
                        let place = begin + Double(n) * step - Double(history.first)
                        let whole = place.rounded(.down)
                        let fine = (place - whole) * Double(Self.places)
                        let row = Int(fine)
                        let share = fine - Double(row)
                        let first = Int(whole) - (Self.reach - 1)
                        let at = row * Self.taps
                        var a = 0.0, b = 0.0
                        for tap in 0..<Self.taps {
                            let sample = samples[first + tap]
                            a += table[at + tap] * sample
                            b += table[at + Self.taps + tap] * sample
                        }
                        room[n] = a + share * (b - a)
                    }
                }
            }
            filled = count
        }
    }
}
