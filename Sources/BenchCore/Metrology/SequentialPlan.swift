/// How a point is measured adaptively: after how many determinations it is looked at, and what each look may decide.
///
/// Everything a verifier needs to come to the same decision with a pocket calculator: the factors stand here as they were planned.
public struct SequentialPlan: Sendable, Hashable, Codable {
    /// One planned look.
    public struct Look: Sendable, Hashable, Codable {
        /// Determinations taken when it is made.
        public var determinations: Int
        /// One-sided risk of this look by itself.
        public var risk: Double
        /// One-sided quantiles at that risk: Student's t with one degree of freedom less than determinations, for their scatter; the
        /// normal distribution, for everything else.
        public var t: Double, z: Double

        /// A look by its numbers.
        public init(determinations: Int, risk: Double, t: Double, z: Double) {
            self.determinations = determinations
            self.risk = risk
            self.t = t
            self.z = z
        }
    }
    /// The largest probability, over all looks together, that a meter outside its limit is accepted, and that one inside is rejected.
    public var risk: Double
    /// The looks, with growing numbers of determinations: the first is the standard's minimum, the last ends the point.
    public var looks: [Look]
    /// Expanded uncertainty asked for, percent: once reached, an open point goes on no more. `nil`: none is asked for.
    public var endsAtU: Double?
    /// Expected duration of the whole point when it ends at the first look, s.
    public var leastDuration: Double

    /// A plan by its parts.
    public init(risk: Double, looks: [Look], endsAtU: Double?, leastDuration: Double) {
        self.risk = risk
        self.looks = looks
        self.endsAtU = endsAtU
        self.leastDuration = leastDuration
    }

    /// Fewest determinations.
    public var least: Int { looks.first?.determinations ?? 1 }
    /// Most determinations.
    public var most: Int { looks.last?.determinations ?? 1 }
    /// `1 % risk`.
    public var riskText: String { Decimal.shortest((risk * 1e8).rounded() / 1e6) + " % risk" }
}

extension SequentialPlan {
    /// What a procedure may ask for.
    public static let risks = 1e-4...0.2
    /// Fewest determinations whose spread tells anything.
    public static let fewest = 2

    /// Whether the looks are those that keep the risk: what a verifier asks of a plan that somebody else made.
    public var keepsRisk: Bool {
        guard let right = Self.make(risk: risk, least: least, most: most), right.looks.count == looks.count else {
            return false
        }
        // 1e-6: another machine's library of functions may round the last digits otherwise.
        func alike(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-6 * abs(b) }
        return zip(looks, right.looks).allSatisfy { mine, other in
            mine.determinations == other.determinations && alike(mine.risk, other.risk) && alike(mine.t, other.t)
                && alike(mine.z, other.z)
        }
    }

    /// Plans looks after `least` determinations, twice, four times … as many, and `most`.
    ///
    /// The risk is spent by the number of determinations (`SequentialBounds.spent`), whatever they show. Boundaries assume a correlation
    /// of 1/2 between neighbouring looks. That is the least there is: what the bench adds is common to all looks (1), scatter that
    /// averages out has √(nᵢ/nⱼ) ≥ 1/2, and jitter of pulse edges, of which all looks share the first, has 1/2. With more correlation, the
    /// probability to cross any of the boundaries only falls (Slepian, Bell Syst. Tech. J. 41 (1962) 463).
    /// - Returns: `nil` unless 2 ≤ least < most and the risk is within `risks`.
    public static func make(risk: Double, least: Int, most: Int, endsAtU: Double? = nil) -> SequentialPlan? {
        guard least >= fewest, most > least, risks.contains(risk) else { return nil }
        var counts = [least]
        // A look shortly before the last would cost risk and hardly save time.
        while case let next = 2 * counts[counts.count - 1], 3 * next <= 2 * most { counts.append(next) }
        counts.append(most)
        // Information that quadruples from look to look has correlation √(1/4).
        var information = [1.0]
        for _ in counts.dropFirst() { information.append(4 * information[information.count - 1]) }
        guard
            let bounds = SequentialBounds.boundaries(
                information: information,
                spent: counts.map { SequentialBounds.spent(risk, at: Double($0) / Double(most)) })
        else { return nil }
        let looks = zip(counts, bounds).compactMap { n, z -> Look? in
            let alone = NormalDistribution.cumulative(-z)
            guard let t = StudentT.coverageFactor(1 - 2 * alone, degreesOfFreedom: Double(n - 1)) else { return nil }
            return Look(determinations: n, risk: alone, t: t, z: z)
        }
        guard looks.count == counts.count else { return nil }
        return SequentialPlan(risk: risk, looks: looks, endsAtU: endsAtU, leastDuration: 0)
    }
}
