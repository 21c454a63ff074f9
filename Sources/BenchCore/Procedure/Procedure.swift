/// A procedure as a laboratory wrote it, checked for form and meaning but not yet for a bench and a meter.
public struct Procedure: Sendable {
    /// Identifier, edition, title, and the standard it follows.
    public var id: String, edition: String, title: String, basis: String
    /// The energy that it is about, and for reactive energy the definition that it asks for; `nil` for any.
    public var energy = EnergyKind.active, definition: ReactiveDefinition?
    /// The classes of the meters it is for, as printed: `0.5S`.
    public var accuracyClasses: [String]
    /// The connection of the meters it is for; `nil` for both.
    public var connection: Connection?
    /// Where the symbols of relative values come from, in file order.
    public var parameters: [ProcedureParameter]
    /// Path of the limit table, relative to the procedure's folder.
    public var limits: String
    /// Conditions around each gate.
    public var conditions: ProcedureConditions
    /// Waveforms that are kept; `nil` for none.
    public var capture: ProcedureCapture?
    /// What a digitizer must see while gates are open.
    public var observe: ProcedureObservations?
    /// How verdicts are decided, unless the order says otherwise.
    public var decisionRule: DecisionRule
    /// The steps in the order they are taken, those of included parts among them.
    public var steps: [Step]
    /// Seconds of the ramp-down that ends every run.
    public var rampDown: Double
    /// The procedure, its parts and its limit table, byte by byte; the procedure itself first.
    public var sources: [ProcedureSource]
    /// The procedure file as it was named, and where its values stand, for complaints of later passes.
    public var file: String, marks: Marks

    /// The procedure's identity: SHA-256 over the lines `hash␣␣path` of all its sources, as `sha256sum` prints them.
    public var hash: String {
        Hash.sha256Hex(sources.map { "\($0.hash)  \($0.path)\n" }.joined())
    }

    /// The path of a file that a procedure in that folder names.
    static func path(_ name: String, in folder: String) -> String { folder == "." ? name : folder + "/" + name }

    /// The identifiers of all test points in the order they are taken, whether or not a meter is asked them.
    public var pointIDs: [String] { steps.flatMap { step in step.combinations.map { step.id(of: $0) } } }

    /// A complaint about the value of a path of the procedure file.
    public func diagnostic(_ path: String, _ message: String) -> Diagnostic {
        Diagnostic(file: file, mark: marks[path], message: message)
    }
}

/// One file of a procedure: itself, a part it includes, or its limit table.
public struct ProcedureSource: Sendable, Hashable, Codable {
    /// Path relative to the procedure's folder.
    public var path: String
    /// The file, byte by byte.
    public var bytes: [UInt8]
    /// SHA-256 of the bytes.
    public var hash: String

    /// A source by path and bytes.
    public init(path: String, bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes
        hash = Hash.sha256Hex(bytes)
    }
}

/// A symbol of a procedure (`Un`, `In`, `Imax`) and where its value comes from.
public struct ProcedureParameter: Sendable, Hashable {
    /// Where a value comes from.
    public enum Source: Sendable, Hashable {
        /// An entry of the nameplate, e.g. `nominal-voltage`.
        case nameplate(String)
        /// A fact of the limit table that is a share of a nameplate value: `starting-current`.
        case limits(String)
        /// A value in the coherent unit, where the procedure fixes it.
        case fixed(Double)
    }
    /// The symbol.
    public var name: String
    /// What it measures.
    public var dimension: DimensionKind
    /// Where its value comes from.
    public var source: Source

    /// The entries of a nameplate that can be asked for, and what they measure.
    static let nameplateEntries: [(key: String, dimension: DimensionKind)] = [
        ("nominal-voltage", .voltage), ("nominal-current", .current), ("maximum-current", .current),
        ("minimum-current", .current), ("transitional-current", .current), ("nominal-frequency", .frequency),
    ]

    /// The value for a meter, coherent unit; `nil` where this meter or the limit table has none (`In` of a direct meter).
    public func value(_ nameplate: Nameplate, _ limits: LimitTable) -> Double? {
        switch source {
        case .fixed(let value): return value
        case .limits(let name):
            guard let fact = limits.fact(name, nameplate.connection), let base = fact.base else { return nil }
            return nameplate.value(of: base).map { fact.value * $0 }
        case .nameplate(let key):
            // In and Ib are two words for the same entry of different meters (see `Nameplate.value(of:)`).
            if name == "In" || name == "Ib" { return nameplate.value(of: name) }
            switch key {
            case "nominal-voltage": return nameplate.nominalVoltage.value
            case "nominal-current": return nameplate.nominalCurrent.value
            case "maximum-current": return nameplate.maximumCurrent.value
            case "nominal-frequency": return nameplate.nominalFrequency.value
            case "minimum-current": return nameplate.value(of: "Imin")
            case "transitional-current": return nameplate.value(of: "Itr")
            default: return nil
            }
        }
    }
}

/// Conditions as a procedure says them; the frequency may be relative to fn until a meter is known.
public struct ProcedureConditions: Sendable, Hashable {
    /// Allowed temperature; `nil`: not checked.
    public var temperature: Tolerance<Temperature>?
    /// Allowed frequency.
    public var frequency: Tolerance<Frequency>?
    /// Largest voltage distortion, percent.
    public var voltageDistortion: Double?

    /// The conditions with numbers; `value` gives the value behind a symbol.
    public func resolved(_ value: (String) -> Double?) -> Conditions {
        Conditions(
            temperature: temperature?.range(value), frequency: frequency?.range(value),
            voltageDistortion: voltageDistortion)
    }
}
