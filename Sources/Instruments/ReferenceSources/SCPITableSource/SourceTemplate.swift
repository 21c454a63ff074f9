import BenchCore

/// A line of commands with places for values: `SOUR:PHAS{phase}:CURR {current mA .2},{-current-lag}`.
///
/// A place holds the name of a value, with `-` before it for the opposite sign; then, where needed, the unit the instrument
/// wants (`mA`) and the number of decimals (`.2`).
struct SourceTemplate: Sendable, Hashable {
    /// The values of a load that a line may hold.
    enum Value: String, Sendable, Hashable, CaseIterable {
        case frequency, phase
        case voltage, current
        case voltageAngle = "voltage-angle"
        case currentLag = "current-lag"
        case currentAngle = "current-angle"
        case voltageRange = "voltage-range"
        case currentRange = "current-range"
        case highestVoltage = "highest-voltage"
        case highestCurrent = "highest-current"
        case voltageLimit = "voltage-limit"
        case currentLimit = "current-limit"
        // Of a shape: the output, then what is put on it.
        case quantity, order, amplitude, percent, angle, interharmonic, depth, modulation, form
        case residual, duration, ramp
        case residualPercent = "residual-percent"
        case startAngle = "start-angle"

        /// Whether it differs between the phases.
        var ofPhase: Bool {
            switch self {
            case .phase, .voltage, .current, .voltageAngle, .currentLag, .currentAngle, .voltageRange, .currentRange,
                .quantity:
                return true
            default: return false
            }
        }
        /// Whether it can be told without a load.
        var ofSource: Bool { self == .phase || self == .voltageLimit || self == .currentLimit }
        /// Whether it belongs to a shape.
        var ofShape: Bool {
            switch self {
            case .quantity, .order, .amplitude, .percent, .angle, .interharmonic, .depth, .modulation, .form, .residual,
                .duration, .ramp, .residualPercent, .startAngle:
                return true
            default: return false
            }
        }

        /// Whether it is a number that can have decimals.
        var isNumber: Bool {
            kind != nil || [.amplitude, .percent, .depth, .residual, .residualPercent].contains(self)
        }

        /// What it measures, where its unit can be chosen.
        var kind: DimensionKind? {
            switch self {
            case .frequency, .interharmonic, .modulation: return .frequency
            case .voltage, .highestVoltage, .voltageLimit: return .voltage
            case .current, .highestCurrent, .currentLimit: return .current
            case .voltageAngle, .currentLag, .currentAngle, .angle, .startAngle: return .angle
            case .duration, .ramp: return .time
            case .phase, .voltageRange, .currentRange, .quantity, .order, .form: return nil
            // In V or A, by the output; or in percent.
            case .amplitude, .residual, .percent, .residualPercent, .depth: return nil
            }
        }
    }

    /// A place in the line.
    struct Place: Sendable, Hashable {
        var value: Value
        var negative = false
        /// What one of the instrument's units is in coherent units.
        var unit: UnitSymbol?
        var digits: Int?
    }
    private enum Piece: Sendable, Hashable {
        case text(String)
        case place(Place)
    }

    /// The line as written.
    let text: String
    private let pieces: [Piece]

    /// The values that the line holds.
    var values: [Value] {
        pieces.compactMap { if case .place(let place) = $0 { return place.value } else { return nil } }
    }
    /// Whether the line differs between the phases.
    var ofPhase: Bool { values.contains(where: \.ofPhase) }

    /// Reads a line; throws a sentence for what is none.
    init(_ text: String) throws(ValueTrouble) {
        guard SCPIMessage.isLine(text) else {
            throw ValueTrouble("«\(text)» is no line of commands: printable ASCII in one line, every quote closed")
        }
        self.text = text
        var pieces: [Piece] = []
        var rest = text[...]
        while let open = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
            guard rest[open] == "{", let close = rest[open...].firstIndex(of: "}") else {
                throw ValueTrouble("«\(text)»: every «{» has a «}» behind it")
            }
            if open > rest.startIndex { pieces.append(.text(String(rest[..<open]))) }
            pieces.append(.place(try Self.place(rest[rest.index(after: open)..<close])))
            rest = rest[rest.index(after: close)...]
        }
        if !rest.isEmpty { pieces.append(.text(String(rest))) }
        self.pieces = pieces
    }

    /// The line with its values.
    func line(_ write: (Place) -> String) -> String {
        pieces.map { piece in
            switch piece {
            case .text(let text): return text
            case .place(let place): return write(place)
            }
        }.joined()
    }

    /// What stands between the braces: `-voltage-angle`, `current mA .2`.
    private static func place(_ text: Substring) throws(ValueTrouble) -> Place {
        var words = text.split(separator: " ").map(String.init)[...]
        guard var name = words.popFirst() else { throw ValueTrouble("«{}» names no value; \(known)") }
        let negative = name.hasPrefix("-")
        if negative { name.removeFirst() }
        guard let value = Value(rawValue: name) else {
            let hint = Spelling.nearest(name, Value.allCases.map(\.rawValue)).map { "did you mean «{\($0)}»? " } ?? ""
            throw ValueTrouble("«{\(text)}» is no value; \(hint)\(known)")
        }
        var place = Place(value: value, negative: negative)
        guard value.isNumber || (words.isEmpty && !negative) else {
            throw ValueTrouble("«{\(text)}»: «\(name)» is no number; write «{\(name)}»")
        }
        while let word = words.popFirst() {
            if word.hasPrefix("."), let digits = Int(word.dropFirst()), (0...9).contains(digits) {
                place.digits = digits
            } else if let kind = value.kind, let unit = UnitSymbol.named(word, kind) {
                place.unit = unit
            } else {
                throw ValueTrouble(
                    "«{\(text)}»: «\(word)» is neither a unit of \(value.kind?.phrase ?? "it") nor a number of decimals such as «.2»"
                )
            }
        }
        return place
    }

    private static let known = "values are " + Value.allCases.map { "{\($0.rawValue)}" }.joined(separator: ", ")
}
