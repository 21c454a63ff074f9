#if canImport(Glibc)
    import Glibc
#endif

/// Effective values and active power of one phase over a record that needs to fit nothing: neither whole cycles nor a known frequency.
///
/// Every product of two samples is weighed by the square of a Blackman-Harris window, P = Σ w²·u·i / Σ w². The window lets
/// through the mean and hardly anything that turns more than eight times in the record; so a record of ten cycles or more holds
/// mean power within 0.1 ppm of S, whatever the harmonics, interharmonics and direct components (`shared` studies of this
/// project, recomputed by its tests). It is the reference for power; values of IEC 61000-4-30 have their own, gapless windows.
public struct ReferencePower: Sendable, Hashable, Codable {
    /// Effective values, V and A; active power, W. Direct components are part of them.
    public let voltage: Double, current: Double, active: Double
    /// Standard uncertainty of the active power and the effective values by noise alone, W, V and A.
    public let activeNoise: Double, voltageNoise: Double, currentNoise: Double

    /// Apparent power, VA: voltage times current.
    public var apparent: Double { voltage * current }
    /// Power factor; `nil` without apparent power.
    public var powerFactor: Double? { apparent > 0 ? active / apparent : nil }

    /// Values that were found, to be kept together.
    init(
        voltage: Double, current: Double, active: Double, activeNoise: Double, voltageNoise: Double,
        currentNoise: Double
    ) {
        self.voltage = voltage
        self.current = current
        self.active = active
        self.activeNoise = activeNoise
        self.voltageNoise = voltageNoise
        self.currentNoise = currentNoise
    }

    /// Power of a voltage and a current sampled together; `nil` unless both have as many samples and at least 16.
    ///
    /// - Parameter noise: standard deviations of the samples of voltage and current, V and A (`SampleNoise`).
    public init?(voltage u: [Double], current i: [Double], noise: (voltage: Double, current: Double) = (0, 0)) {
        guard u.count == i.count, u.count >= 16 else { return nil }
        var sums = ReferencePowerSums(count: u.count)
        sums.add(u, i)
        self = sums.power(noise: noise)
    }
}

/// The sums of `ReferencePower` while the samples of a record of known length come by.
struct ReferencePowerSums: Sendable {
    /// Samples of the whole record.
    let count: Int
    private var place = 0
    private var sum = 0.0, uu = 0.0, ii = 0.0, ui = 0.0
    private var u4 = 0.0, i4 = 0.0, w4 = 0.0

    init(count: Int) { self.count = count }

    /// Takes the next samples, as many of each.
    mutating func add(_ u: [Double], _ i: [Double]) {
        var (sum, uu, ii, ui) = (sum, uu, ii, ui)
        var (u4, i4, w4) = (u4, i4, w4)
        for n in u.indices {
            let w = BlackmanHarris.value((Double(place + n) + 0.5) / Double(count))
            let w2 = w * w
            let w2w2 = w2 * w2
            let (squareU, squareI) = (u[n] * u[n], i[n] * i[n])
            sum += w2
            uu += w2 * squareU
            ii += w2 * squareI
            ui += w2 * u[n] * i[n]
            w4 += w2w2
            u4 += w2w2 * squareU
            i4 += w2w2 * squareI
        }
        (self.sum, self.uu, self.ii, self.ui) = (sum, uu, ii, ui)
        (self.u4, self.i4, self.w4) = (u4, i4, w4)
        place += u.count
    }

    /// The power of what came.
    func power(noise: (voltage: Double, current: Double)) -> ReferencePower {
        // The noise adds its own square to a mean square; what remains is the signal's.
        let (su, si) = noise
        let voltage = max(0, uu / sum - su * su).squareRoot(), current = max(0, ii / sum - si * si).squareRoot()
        func effective(_ value: Double, _ s: Double, _ fourth: Double) -> Double {
            value > 0 ? (4 * s * s * fourth + 2 * s * s * s * s * w4).squareRoot() / sum / (2 * value) : 0
        }
        // Law of propagation (JCGM 100:2008, 5.1.2): every sample is an input of its own.
        return ReferencePower(
            voltage: voltage, current: current, active: ui / sum,
            activeNoise: (su * su * i4 + si * si * u4 + su * su * si * si * w4).squareRoot() / sum,
            voltageNoise: effective(voltage, su, u4), currentNoise: effective(current, si, i4))
    }
}

/// How much a channel's samples scatter, found from the samples alone.
public enum SampleNoise {
    /// Standard deviation of white noise in a record, in the channel's unit: from the quiet part of its spectrum, which harmonics and
    /// interharmonics do not reach. At least that of rounding to `step`, step / √12. `nil` for fewer than 64 samples.
    public static func standardDeviation(_ samples: [Double], step: Double = 0) -> Double? {
        let count = FourierTransform.length(atMost: samples.count)
        guard count >= 64, let maker = SpectrumMaker(count: count) else { return nil }
        // Squared, so that the side lobes of a fundamental stay below the noise of the best converters.
        let weights = BlackmanHarris.weights(count).map { $0 * $0 }
        let lines = maker.lines([zip(weights, samples).map(*)])[0]
        // Mean square of a line: σ² Σw² · 2 / count² (two-sided spectrum folded to effective values).
        let square = weights.reduce(0) { $0 + $1 * $1 }
        // A line's square scatters as an exponential: a quarter of the quiet ones lie below ln(4/3) of the mean. Lines of a signal are
        // never below, and a signal with many of them shifts the quarter by little.
        let quiet = lines[16..<(lines.count - 1)].map(\.power).sorted()
        let quarter = quiet[quiet.count / 4] / log(4.0 / 3.0)
        let found = quarter * Double(count) * Double(count) / (2 * square)
        return max(found, step * step / 12).squareRoot()
    }
}
