/// Chips (the shortest pieces of one tone) out of a demodulated signal, by its changes of sign.
///
/// The preamble 0101… gives the rate: its changes are one chip apart. From then on every change pulls the clock a little.
struct ChipReader {
    /// The signal: above zero is the higher tone, a chip of 1.
    let signal: [Double]
    /// Places of the changes of sign, in samples.
    private let changes: [Double]
    /// Samples in a chip by the mode.
    let nominal: Double

    init(_ signal: [Double], nominal: Double) {
        self.signal = signal
        self.nominal = nominal
        var changes: [Double] = []
        for n in 1..<max(1, signal.count) where (signal[n] > 0) != (signal[n - 1] > 0) {
            changes.append(Double(n) - signal[n] / (signal[n] - signal[n - 1]))
        }
        self.changes = changes
    }

    /// Changes in a row that make a preamble: T and C send 19 times 01 at least, S-m 15 times.
    private static let preamble = 16

    /// Chips from the first preamble at or behind a change on; with it the rate found, and where to look on. Nothing where there is no preamble.
    func chips(fromChange begin: Int) -> (chips: [UInt8], samples: Double, next: Int)? {
        var run = 0
        var index = begin + 1
        while index < changes.count {
            let ratio = (changes[index] - changes[index - 1]) / nominal
            run = ratio > 0.6 && ratio < 1.4 ? run + 1 : 0
            if run == Self.preamble { break }
            index += 1
        }
        guard run == Self.preamble, index < changes.count else { return nil }
        let first = index - Self.preamble
        var period = (changes[index] - changes[first]) / Double(Self.preamble)
        guard abs(period / nominal - 1) < 0.13 else { return ([], period, index) }
        var chips: [UInt8] = []
        // A boundary of chips, by all changes of the preamble.
        var boundary = 0.0
        for k in first...index { boundary += (changes[k] - Double(k - first) * period) / Double(Self.preamble + 1) }
        let begin = boundary
        var change = first
        while boundary + period / 2 < Double(signal.count - 1) {
            let at = boundary + period / 2
            let n = Int(at), part = at - Double(n)
            guard n >= 0 else {
                boundary += period
                continue
            }
            chips.append(signal[n] * (1 - part) + signal[n + 1] * part > 0 ? 1 : 0)
            boundary += period
            // Changes nearest to this boundary.
            while change < changes.count, changes[change] < boundary - period / 2 { change += 1 }
            if change < changes.count, changes[change] < boundary + period / 2 {
                let late = changes[change] - boundary
                boundary += 0.15 * late
                period = min(max(period + 0.004 * late, nominal * 0.87), nominal * 1.13)
            }
        }
        // The rate over all of it is surer than the clock that followed it.
        return (chips, chips.isEmpty ? period : (boundary - begin) / Double(chips.count), index)
    }
}
