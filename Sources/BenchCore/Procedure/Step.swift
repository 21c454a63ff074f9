/// One step of a procedure: a kind of test, the loads it is taken at, and how it is measured and judged.
///
/// The keys a step may have are the same for all kinds; each `StepKind` says which of them it understands.
public struct Step: Sendable {
    /// How long, or within which time.
    public enum Time: Sendable, Hashable {
        /// From the formula of the standard.
        case computed
        /// Seconds.
        case seconds(Double)
    }

    /// 1-based place in the procedure, parts included.
    public var number: Int
    /// The kind of test.
    public var kind: TestKindName
    /// The title.
    public var title: String
    /// Axes in file order, outermost first; what `apply` fixes is an axis of one value.
    public var axes: [MatrixAxis]
    /// The combinations of axis values that are taken, exceptions removed, in the order they are taken.
    public var combinations: [MatrixPoint]
    /// Longest wait for the load to settle, s; `nil` where the step says none.
    public var settle: Double?
    /// How many determinations; `nil` where the step says none. At least so many where `mostRepeats` says how many at most.
    public var repeats: Int?, mostRepeats: Int?
    /// The risk at which a point ends as soon as it is decided (`measure.until`), as a share; `nil` where it does not.
    public var risk: Double?
    /// The uncertainty asked for.
    public var uncertainty: UncertaintyDemand?
    /// Under `for:` or `within:`.
    public var time: Time?
    /// Energy of a register test, W·s, where the step fixes it.
    public var energy: Double?
    /// The acceptance.
    public var accept: Expression?
    /// The meters it is for.
    public var only: StepMeters
    /// The energy that its procedure is about.
    public var counts = EnergyKind.active
    /// Equal parts of the solar day that a directions step follows; `nil` where it has no profile.
    public var profile: Int?
    /// The influence quantity of an influence step.
    public var influence: Influence?
    /// How often an event comes, and seconds from one to the next, of an event step; `nil` where nothing is said.
    public var times: Int?, every: Double?
    /// The watch on the air of an rf-duty-cycle step.
    public var radio: StepRadio?
    /// The keys that are written, in file order.
    public var keys: [String]
    /// The file it stands in, where it begins, and where its values stand (`accept`, `apply.current`, `measure.repeats`).
    public var file: String, mark: Mark, marks: [String: Mark]

    /// Every key a step may have besides its kind.
    public static let allKeys = [
        "only", "apply", "matrix", "except", "settle", "by", "rules", "use", "receive", "representative", "for",
        "within", "energy", "measure", "accept", "profile", "times", "every",
    ]

    /// The symbols of nameplate and limit table that its loads and its acceptance use.
    public var symbols: Set<String> {
        var found: Set<String> = ["Un", "fn"]
        for axis in axes {
            for value in axis.values {
                switch value.content {
                case .current(.relative(let share)), .voltage(.relative(let share)), .frequency(.relative(let share)):
                    found.insert(share.base)
                default: break
                }
            }
        }
        return found.union(accept?.names ?? [])
    }

    /// The axis of that name.
    public func axis(_ name: MatrixAxis.Name) -> MatrixAxis? { axes.first { $0.name == name } }

    /// A complaint at a value of the step; at the step itself where the value is absent.
    public func diagnostic(_ key: String, _ message: String) -> Diagnostic {
        Diagnostic(file: file, mark: marks[key] ?? mark, message: message)
    }

    /// The identifier of a test point: unique in the procedure and the same for all meters of an order.
    ///
    /// `4 accuracy import PF=0.5 ind I=5 % In`: number of the step, kind, and what is applied.
    public func id(of point: MatrixPoint) -> String {
        var words = ["\(number)", kind.rawValue]
        if let influence { words.append("by " + influence.rawValue) }
        if kind == .accuracy || kind == .register || kind == .starting || axis(.direction) != nil {
            words.append(point.direction.rawValue)
        }
        if let phase = point.phase { words.append("L\(phase)") }
        if axis(.powerFactor) != nil { words.append("PF=\(point.powerFactor)") }
        if let sine = point.sine { words.append("sin=\(sine)") }
        if let current = point.current { words.append("I=\(current.text)") }
        if axis(.voltage) != nil, point.voltage != .relative(RelativeQuantity(1, "Un")) {
            words.append("U=\(point.voltage.text)")
        }
        if axis(.frequency) != nil, point.frequency != .relative(RelativeQuantity(1, "fn")) {
            words.append("f=\(point.frequency.text)")
        }
        if let residual = point.residual { words.append("to \(Decimal.shortest(residual)) %") }
        if let duration = point.duration { words.append("for \(duration.text)") }
        if axis(.phases) != nil {
            words.append(
                "on " + (point.eventPhases.isEmpty ? "all" : point.eventPhases.map { "L\($0)" }.joined(separator: "+")))
        }
        if axis(.angle) != nil { words.append("at \(Decimal.shortest(point.angle))°") }
        if !point.exporting.isEmpty {
            words.append("exporting " + point.exporting.map { "L\($0)" }.joined(separator: "+"))
        }
        if profile != nil { words.append("solar day") }
        if !point.interrupted.isEmpty {
            words.append("without " + point.interrupted.map { "L\($0)" }.joined(separator: "+"))
        }
        return words.joined(separator: " ")
    }
}

/// The meters that a step is for: those that have what every key asks for; all where nothing is said.
public struct StepMeters: Sendable, Hashable {
    /// Accuracy classes; connection; wirings; whether export is registered. `nil`: any.
    public var accuracyClasses: [String]?, connection: Connection?, wirings: [Wiring]?, bidirectional: Bool?

    /// Meters by what they must have.
    public init(
        accuracyClasses: [String]? = nil, connection: Connection? = nil, wirings: [Wiring]? = nil,
        bidirectional: Bool? = nil
    ) {
        self.accuracyClasses = accuracyClasses
        self.connection = connection
        self.wirings = wirings
        self.bidirectional = bidirectional
    }

    /// Whether a meter is one of them.
    public func include(_ meter: Nameplate, _ energy: EnergyKind = .active) -> Bool {
        accuracyClasses?.contains(meter.accuracyClass(of: energy) ?? "") ?? true
            && connection ?? meter.connection == meter.connection
            && wirings?.contains(meter.wiring) ?? true && bidirectional ?? meter.bidirectional == meter.bidirectional
    }
}
