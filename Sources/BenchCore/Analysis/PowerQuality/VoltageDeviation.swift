import Glibc

/// Under- and overdeviation of a voltage from its declared value (IEC 61000-4-30:2015, 5.12).
public enum VoltageDeviation {
    /// Underdeviation in percent of Udin: (Udin − √mean(min(U, Udin)²))/Udin over 10/12-cycle rms values; what lies above
    /// Udin counts as Udin. `nil` of no values or where Udin is not positive.
    public static func under(_ values: [Double], declared: Double) -> Double? {
        guard let root = root(values.map { min($0, declared) }, declared) else { return nil }
        return (declared - root) / declared * 100
    }

    /// Overdeviation in percent of Udin: (√mean(max(U, Udin)²) − Udin)/Udin over 10/12-cycle rms values. `nil` of no
    /// values or where Udin is not positive.
    public static func over(_ values: [Double], declared: Double) -> Double? {
        guard let root = root(values.map { max($0, declared) }, declared) else { return nil }
        return (root - declared) / declared * 100
    }

    private static func root(_ values: [Double], _ declared: Double) -> Double? {
        guard declared > 0, !values.isEmpty else { return nil }
        return Aggregation.rms(values)
    }
}

/// Mains signalling voltage (IEC 61000-4-30:2015, 5.10).
public enum MainsSignalling {
    /// The rms of the signalling voltage: root of the sum of squares of the four bins nearest to the carrier.
    ///
    /// - Parameters:
    ///   - bins: rms values of the lines of one 10/12-cycle window, bin 0 being DC.
    ///   - carrier: frequency of the signal, Hz.
    ///   - width: distance of two bins, Hz: the fundamental frequency divided by 10 (50 Hz) or 12 (60 Hz).
    /// - Returns: in the unit of the bins; `nil` where the carrier is not inside the spectrum.
    public static func voltage(bins: [Double], carrier: Double, width: Double) -> Double? {
        guard width > 0, carrier > 0, (carrier / width).isFinite, carrier / width < Double(bins.count) else {
            return nil
        }
        // Two bins below or at the carrier and two above: on an exact bin, that bin, one below and two above.
        let first = Int((carrier / width + 1e-9).rounded(.down)) - 1
        guard first >= 0, first + 4 <= bins.count else { return nil }
        return bins[first..<first + 4].reduce(0) { $0 + $1 * $1 }.squareRoot()
    }

    /// The rms of a signal whose carrier lies on a bin: that single bin (IEC 61000-4-30:2015, 5.10, for interharmonic bins).
    public static func voltageOfBin(bins: [Double], carrier: Double, width: Double) -> Double? {
        let position = carrier / width
        guard width > 0, carrier > 0, position.isFinite, position < Double(bins.count) else { return nil }
        let bin = Int(position.rounded())
        return bins.indices.contains(bin) ? bins[bin] : nil
    }
}
