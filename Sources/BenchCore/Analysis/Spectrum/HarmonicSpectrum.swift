/// Harmonics and interharmonics of one channel over a window of whole cycles, as IEC 61000-4-7:2002 + A1:2008 groups them.
///
/// Groups as published in the data of this project's standards study: subgroup (5.6), group (5.6), interharmonic centred subgroup
/// (Annex A). With 10 or 12 cycles in the window these are the standard's; other numbers of cycles follow the same rule.
public struct HarmonicSpectrum: Sendable, Hashable {
    /// Effective values of lines 0, 1, 2 …, `cycles` of them to a harmonic.
    public let lines: [SpectralLine]
    /// Cycles of the fundamental in the window.
    public let cycles: Int
    /// The fundamental, Hz.
    public let frequency: Double

    /// A spectrum by its lines.
    public init(lines: [SpectralLine], cycles: Int, frequency: Double) {
        precondition(cycles > 0)
        self.lines = lines
        self.cycles = cycles
        self.frequency = frequency
    }

    /// The highest harmonic whose group lies wholly within the lines.
    public var highestOrder: Int { max(0, (lines.count - 1 - cycles / 2) / cycles) }

    /// The line of harmonic `order` itself; nothing beyond the spectrum.
    public func harmonic(_ order: Int) -> SpectralLine { line(order * cycles) }

    /// Line `index`; nothing beyond the spectrum.
    public func line(_ index: Int) -> SpectralLine { lines.indices.contains(index) ? lines[index] : .zero }

    private func power(_ indices: ClosedRange<Int>) -> Double {
        indices.clamped(to: 0...max(0, lines.count - 1)).reduce(0) { $0 + line($1).power }
    }

    /// Harmonic subgroup: the harmonic and the line on either side of it.
    public func subgroup(_ order: Int) -> Double {
        let middle = order * cycles
        return power((middle - 1)...(middle + 1)).squareRoot()
    }

    /// Harmonic group: all lines up to half-way to the neighbours; those half-way count half.
    public func group(_ order: Int) -> Double {
        let middle = order * cycles, half = cycles / 2
        // With an odd number of cycles no line lies half-way.
        guard cycles % 2 == 0 else { return power((middle - half)...(middle + half)).squareRoot() }
        let inner = half > 1 ? power((middle - half + 1)...(middle + half - 1)) : line(middle).power
        return (inner + 0.5 * (line(middle - half).power + line(middle + half).power)).squareRoot()
    }

    /// Interharmonic group between harmonic `order` and the next: every line between them.
    public func interharmonicGroup(_ order: Int) -> Double {
        guard cycles > 1 else { return 0 }
        return power((order * cycles + 1)...((order + 1) * cycles - 1)).squareRoot()
    }

    /// Interharmonic centred subgroup between harmonic `order` and the next: without the lines next to the harmonics.
    public func interharmonicSubgroup(_ order: Int) -> Double {
        guard cycles > 3 else { return 0 }
        return power((order * cycles + 2)...((order + 1) * cycles - 2)).squareRoot()
    }

    /// Total harmonic distortion up to harmonic `highest`, as a share of the fundamental; `nil` without one. Of the lines themselves (THD), of the
    /// groups (THDG) or of the subgroups (THDS) (IEC 61000-4-7, 3.3).
    public func distortion(_ kind: DistortionKind, upTo highest: Int = 50) -> Double? {
        func value(_ order: Int) -> Double {
            switch kind {
            case .harmonics: harmonic(order).rms
            case .groups: group(order)
            case .subgroups: subgroup(order)
            }
        }
        guard highest >= 2 else { return nil }
        return TotalDistortion.ofFundamental([0] + (1...highest).map(value), highest: highest)
    }

    /// Effective value of the 200 Hz band around a frequency between 2 kHz and 9 kHz: lines above −100 Hz up to +100 Hz of its centre
    /// (IEC 61000-4-7, Annex B.3: centres 2.1, 2.3 … 8.9 kHz; recalled, not compared with the text).
    public func band(_ centre: Double) -> Double {
        let step = frequency / Double(cycles)
        guard step > 0, centre > 100 else { return 0 }
        let tolerance = 1e-6
        let low = Int(((centre - 100) / step + tolerance).rounded(.down)) + 1
        let high = Int(((centre + 100) / step + tolerance).rounded(.down))
        guard low <= high, low < lines.count else { return 0 }
        return power(low...high).squareRoot()
    }
}

/// What a total distortion is summed of (IEC 61000-4-7:2002, 3.3).
public enum DistortionKind: String, Sendable, Codable, Hashable, CaseIterable {
    /// The harmonics' own lines (THD), their groups (THDG), their subgroups (THDS).
    case harmonics = "THD", groups = "THDG", subgroups = "THDS"
}
