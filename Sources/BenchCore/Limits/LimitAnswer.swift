/// Why a limit table gives no limit for a test point: one sentence that names the lines of the table.
public struct LimitTrouble: Error, Sendable, Hashable, CustomStringConvertible {
    /// What the trouble is.
    public enum Reason: Sendable, Hashable {
        /// No row answers.
        case none
        /// More than one row answers.
        case several
        /// The row that answers is of low confidence: it may not decide a verdict.
        case notConfirmed
    }
    /// What the trouble is.
    public var reason: Reason
    /// The sentence.
    public var message: String
    /// Lines of the table file that it is about.
    public var lines: [Int]

    /// A trouble by its parts.
    public init(_ reason: Reason, _ message: String, lines: [Int]) {
        self.reason = reason
        self.message = message
        self.lines = lines
    }
    /// What people read in messages and tables.
    public var description: String { message }
}

extension LimitTable {
    /// How near a current must be to a bound to count as being on it, relative: far below what any source can set, far
    /// above the rounding of `5 % In`.
    static let nearness = 1e-9

    /// The limit of one test point: exactly one row must answer.
    ///
    /// - Parameters:
    ///   - currentAmps: the current of the test point, A, before any setting error of the source.
    ///   - nameplate: gives In or Ib, and Imax.
    ///   - sine: sin φ of a load of reactive energy; `nil` for active energy.
    public func answer(
        _ load: LoadKind, _ connection: Connection, currentAmps: Double, nameplate: Nameplate, powerFactor: PowerFactor,
        sine: SineFactor? = nil
    ) -> Result<PointLimit, LimitTrouble> {
        one(of: rows, named: "", load, connection, currentAmps, nameplate, powerFactor, sine)
    }

    /// The largest variation of the error by an influence quantity: exactly one row must answer.
    ///
    /// - Parameters: as of ``answer(_:_:currentAmps:nameplate:powerFactor:)``.
    public func variation(
        _ influence: Influence, _ load: LoadKind, _ connection: Connection, currentAmps: Double, nameplate: Nameplate,
        powerFactor: PowerFactor, sine: SineFactor? = nil
    ) -> Result<PointLimit, LimitTrouble> {
        one(
            of: variations.filter { $0.influence == influence }.map(\.row), named: "\(influence.rawValue), ", load,
            connection,
            currentAmps, nameplate, powerFactor, sine)
    }

    /// The one of some rows that answers a load.
    private func one(
        of rows: [LimitRow], named what: String, _ load: LoadKind, _ connection: Connection, _ currentAmps: Double,
        _ nameplate: Nameplate, _ powerFactor: PowerFactor, _ sine: SineFactor?
    ) -> Result<PointLimit, LimitTrouble> {
        let point =
            "\(what)\(load.rawValue) load, \(connection.rawValue) connection, "
            + "\(QuantityText.text(currentAmps, .current)), "
            + (sine.map { "sin φ \($0)" } ?? "power factor \(powerFactor)")
        let near = rows.filter {
            let covered = $0
            return covered.load == load && (covered.connection ?? connection) == connection
                && (sine.map { covered.sines.contains($0) } ?? covered.powerFactors.contains(powerFactor))
        }
        let found = near.filter { $0.contains(currentAmps, nameplate) }
        guard let row = found.first else {
            let hint = near.map { "line \($0.line): \($0.rangeText)" }.joined(separator: "; ")
            return .failure(
                LimitTrouble(
                    .none,
                    "no row of \(id) answers \(point); "
                        + (near.isEmpty
                            ? "it has no row for that load, connection and \(sine == nil ? "power factor" : "sin φ")"
                            : "rows for that load and power factor: " + hint),
                    lines: near.map(\.line)))
        }
        guard found.count == 1 else {
            let lines = found.map(\.line)
            return .failure(
                LimitTrouble(
                    .several,
                    "\(found.count) rows of \(id) answer \(point): lines "
                        + lines.map(String.init).joined(separator: " and ") + "; exactly one may",
                    lines: lines))
        }
        guard row.citation.confidence != .low else {
            return .failure(notConfirmed("the row on line \(row.line)", row.line))
        }
        return .success(
            PointLimit(lowerPercent: row.lowerPercent, upperPercent: row.upperPercent, citation: row.citation))
    }

    /// A fact that a verdict may rest on: exactly one for the connection, and not of low confidence.
    public func decidingFact(_ name: String, _ connection: Connection) -> Result<LimitFact, LimitTrouble> {
        let found = (facts[name] ?? []).filter { ($0.connection ?? connection) == connection }
        guard let fact = found.first else {
            return .failure(
                LimitTrouble(.none, "\(id) has no fact «\(name)» for \(connection.rawValue) meters", lines: []))
        }
        guard found.count == 1 else {
            return .failure(
                LimitTrouble(
                    .several,
                    "\(id) has \(found.count) facts «\(name)» for \(connection.rawValue) meters; one may answer",
                    lines: []))
        }
        guard fact.citation.confidence != .low else { return .failure(notConfirmed("the fact «\(name)»", nil)) }
        return .success(fact)
    }

    private func notConfirmed(_ what: String, _ line: Int?) -> LimitTrouble {
        LimitTrouble(
            .notConfirmed,
            "\(what) of \(id) is of low confidence and may not decide a verdict; confirm it with the document first",
            lines: line.map { [$0] } ?? [])
    }
}

extension LimitRow {
    /// Whether a current lies within the row's range; never where the nameplate has no such base.
    func contains(_ amps: Double, _ nameplate: Nameplate) -> Bool {
        guard let low = nameplate.value(of: from.at.base).map({ $0 * from.at.factor }),
            let high = nameplate.value(of: to.at.base).map({ $0 * to.at.factor })
        else { return false }
        let slack = LimitTable.nearness
        let above = from.inclusive ? amps >= low - low * slack : amps > low + low * slack
        let below = to.inclusive ? amps <= high + high * slack : amps < high - high * slack
        return above && below
    }

    /// The range as the file writes it: `1 % In to below 5 % In`.
    var rangeText: String {
        "\(from.inclusive ? "" : "above ")\(from.at) to \(to.inclusive ? "" : "below ")\(to.at)"
    }

    /// Whether some meter and current could be answered by both rows.
    func overlaps(_ other: LimitRow) -> Bool {
        load == other.load && (connection == nil || other.connection == nil || connection == other.connection)
            && (accuracyClass == nil || other.accuracyClass == nil || accuracyClass == other.accuracyClass)
            && !LimitRow.below(to, other.from) && !LimitRow.below(other.to, from)
            && (powerFactors.contains { other.powerFactors.contains($0) }
                || sines.contains { other.sines.contains($0) })
    }

    /// Currents of a nameplate from the smallest to the largest, which every meter keeps to.
    private static let ranks = ["Ist": 0, "Imin": 1, "Itr": 2, "In": 3, "Ib": 3, "Imax": 4]

    /// Whether an upper bound lies below a lower bound for every meter (Imax is never smaller than In or Ib).
    private static func below(_ upper: CurrentBound, _ lower: CurrentBound) -> Bool {
        guard let low = ranks[lower.at.base], let high = ranks[upper.at.base],
            upper.at.base == lower.at.base || low > high
        else { return false }
        if upper.at.factor == lower.at.factor { return !upper.inclusive || !lower.inclusive }
        return upper.at.factor < lower.at.factor
    }
}
