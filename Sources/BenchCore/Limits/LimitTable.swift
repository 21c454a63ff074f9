/// Balanced load on all phases, or current in one phase only with all voltages applied.
public enum LoadKind: String, Sendable, Codable, Hashable, CaseIterable {
    case balanced
    case singlePhase = "single-phase"
}

/// One end of a current range of a limit row: a share of a nameplate current, included or not.
public struct CurrentBound: Sendable, Hashable, Codable {
    /// The share, e.g. 5 % of In.
    public var at: RelativeQuantity
    /// Whether the bound itself belongs to the range.
    public var inclusive: Bool

    /// A bound by value and inclusion.
    public init(at: RelativeQuantity, inclusive: Bool) {
        self.at = at
        self.inclusive = inclusive
    }
}

/// One row of a standard's table: for this load, current and power factor, the percentage error may be this much.
public struct LimitRow: Sendable, Hashable, Codable {
    /// Balanced or single-phase load.
    public var load: LoadKind
    /// Accuracy class the row is for; `nil` for all of the table.
    public var accuracyClass: String?
    /// Connection the row is for; `nil` for both.
    public var connection: Connection?
    /// Lower end of the current range.
    public var from: CurrentBound
    /// Upper end of the current range.
    public var to: CurrentBound
    /// The power factors the row covers.
    public var powerFactors: [PowerFactor]
    /// sin φ that the row covers, for reactive energy; empty for active energy.
    public var sines: [SineFactor] = []
    /// Lower limit of the percentage error, signed.
    public var lowerPercent: Double
    /// Upper limit of the percentage error, signed.
    public var upperPercent: Double
    /// Where the row comes from.
    public var citation: Citation
    /// Whether the standard has the row only on the user's request: a procedure reaches it only by asking for its power
    /// factor.
    public var onRequest: Bool
    /// Line of the table file, for messages.
    public var line: Int

    /// A row by its cells.
    public init(
        load: LoadKind, accuracyClass: String? = nil, connection: Connection?, from: CurrentBound, to: CurrentBound,
        powerFactors: [PowerFactor], lowerPercent: Double, upperPercent: Double, citation: Citation,
        onRequest: Bool = false, line: Int
    ) {
        self.load = load
        self.accuracyClass = accuracyClass
        self.connection = connection
        self.from = from
        self.to = to
        self.powerFactors = powerFactors
        self.lowerPercent = lowerPercent
        self.upperPercent = upperPercent
        self.citation = citation
        self.onRequest = onRequest
        self.line = line
    }
}

/// A rule of a standard that is one number: starting current, no-load numerator, repeatability share …
public struct LimitFact: Sendable, Hashable, Codable {
    /// The number; its meaning is given by the key it stands under in `LimitTable.facts`.
    public var value: Double
    /// The base, where the number is a share (`In`, `Ib`).
    public var base: String?
    /// Accuracy class the fact is for; `nil` for all of the table.
    public var accuracyClass: String?
    /// Connection the fact is for; `nil` for both.
    public var connection: Connection?
    /// Where it comes from.
    public var citation: Citation

    /// A fact by its parts.
    public init(
        value: Double, base: String?, accuracyClass: String? = nil, connection: Connection?, citation: Citation
    ) {
        self.value = value
        self.base = base
        self.accuracyClass = accuracyClass
        self.connection = connection
        self.citation = citation
    }
}

/// The largest change of the error that one influence quantity may make, as a row of a standard's table.
public struct LimitVariation: Sendable, Hashable, Codable {
    /// What changes.
    public var influence: Influence
    /// Load, current, power factor and the signed bounds of the change, in percent of the error (per kelvin for `temperature`).
    public var row: LimitRow

    /// A variation by its cells.
    public init(influence: Influence, row: LimitRow) {
        self.influence = influence
        self.row = row
    }
}

/// The limits of one standard as data: exactly one row answers a test point of a meter of one class.
public struct LimitTable: Sendable, Hashable, Codable {
    /// The table's identifier.
    public var id: String
    /// The classes it is for.
    public var accuracyClasses: [String]
    /// The energy that the limits are for; `nil` for active energy.
    public var energy: EnergyKind?
    /// Rows in file order.
    public var rows: [LimitRow]
    /// Largest variations by influence quantities, in file order.
    public var variations: [LimitVariation]
    /// Facts by name: `starting-current` (share of a base), `no-load-numerator` (min·imp·V·A/kWh), `no-load-voltage` (share
    /// of Un), `no-load-pulses`, `repeatability-fraction`, `register-fraction`, `bench-uncertainty-fraction` (shares of the
    /// limit), `single-balanced-difference` (percent), `critical-change` (kWh per element, volt of Un and ampere of Imax).
    public var facts: [String: [LimitFact]]

    /// A table by its parts.
    public init(
        id: String, accuracyClasses: [String], rows: [LimitRow], variations: [LimitVariation] = [],
        facts: [String: [LimitFact]]
    ) {
        self.id = id
        self.accuracyClasses = accuracyClasses
        self.rows = rows
        self.variations = variations
        self.facts = facts
    }

    /// What of it is for meters of one class.
    public func forClass(_ accuracyClass: String) -> LimitTable {
        func fits(_ of: String?) -> Bool { of == nil || of == accuracyClass }
        var table = LimitTable(
            id: id, accuracyClasses: accuracyClasses.filter { $0 == accuracyClass },
            rows: rows.filter { fits($0.accuracyClass) }, variations: variations.filter { fits($0.row.accuracyClass) },
            facts: facts.mapValues { $0.filter { fits($0.accuracyClass) } })
        table.energy = energy
        return table
    }

    /// The fact under that name for a connection.
    public func fact(_ name: String, _ connection: Connection) -> LimitFact? {
        facts[name]?.first { $0.connection == nil || $0.connection == connection }
    }
}
