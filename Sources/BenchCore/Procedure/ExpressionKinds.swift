/// What operators and functions make of their parts: the dimensional analysis of the expression language.
enum ExpressionKinds {
    typealias Kind = Expression.Kind

    static func comparable(_ op: Expression.Operator, _ a: Kind, _ b: Kind, _ offset: Int) throws {
        switch (a, b) {
        case (.number, .number): return
        case (.quantity(let x), .quantity(let y)) where x == y: return
        case (.boolean, .boolean) where op == .equal || op == .different: return
        case (.list, _), (_, .list):
            throw ExpressionTrouble(
                offset, "a list is compared through one of its numbers: max(…), min(…), mean(…) or stdev(…)")
        default: throw ExpressionTrouble(offset, "\(a) cannot be compared with \(b)" + missingUnit(a, b))
        }
    }

    static func sum(_ op: Expression.Operator, _ a: Kind, _ b: Kind, _ offset: Int) throws -> Kind {
        switch (a, b) {
        case (.number, .number): return .number
        case (.quantity(.temperature), .quantity(.temperature)) where op == .minus:
            return .quantity(.temperatureDifference)
        case (.quantity(.temperature), .quantity(.temperatureDifference)): return a
        case (.quantity(let x), .quantity(let y)) where x == y && x != .temperature: return a
        default:
            let verb = op == .plus ? "added to" : "taken from"
            let (first, second) = op == .plus ? (b, a) : (b, a)
            throw ExpressionTrouble(offset, "\(first) cannot be \(verb) \(second)" + missingUnit(a, b))
        }
    }

    static func product(_ op: Expression.Operator, _ a: Kind, _ b: Kind, _ offset: Int) throws -> Kind {
        switch (op, a, b) {
        case (_, .number, .number): return .number
        case (.times, .number, .quantity), (.times, .quantity(.ratio), .quantity): return b
        case (_, .quantity, .number),
            (_, .quantity, .quantity(.ratio)) where a != b || op == .times:
            return a
        case (.times, .quantity(let x), .quantity(let y)):
            if let z = times(x, y) ?? times(y, x) { return .quantity(z) }
        case (.over, .quantity(let x), .quantity(let y)):
            if x == y { return .number }
            if let z = DimensionKind.allCases.first(where: { times($0, y) == x || times(y, $0) == x }) {
                return .quantity(z)
            }
        default: break
        }
        let verb = op == .times ? "multiplied by" : "divided by"
        throw ExpressionTrouble(offset, "\(a) \(verb) \(b) is nothing that is measured here")
    }

    /// Products that exist: U·I is apparent power, power over time is energy.
    private static func times(_ a: DimensionKind, _ b: DimensionKind) -> DimensionKind? {
        switch (a, b) {
        case (.voltage, .current): return .apparentPower
        case (.power, .time): return .energy
        case (.reactivePower, .time): return .reactiveEnergy
        case (.apparentPower, .time): return .apparentEnergy
        default: return nil
        }
    }

    static func call(_ function: Expression.Function, _ kinds: [Kind], _ offset: Int) throws -> Kind {
        switch (function, kinds.first, kinds.count) {
        case (.abs, .some(let kind), 1) where kind != .boolean: return kind
        case (.abs, _, _): throw ExpressionTrouble(offset, "abs(…) takes one value or list")
        case (_, .some(.list(let dimension)), 1): return .quantity(dimension)
        case (.min, .some(let kind), 2...), (.max, .some(let kind), 2...):
            guard kind != .boolean, kinds.allSatisfy({ $0 == kind }), !kinds.contains(where: \.isList) else {
                throw ExpressionTrouble(
                    offset,
                    "\(function.rawValue)(…) takes a list, or values of one kind; here stand "
                        + kinds.map(\.description).joined(separator: " and "))
            }
            return kind
        case (.min, _, _), (.max, _, _):
            throw ExpressionTrouble(offset, "\(function.rawValue)(…) takes a list, or two values and more")
        default:
            throw ExpressionTrouble(
                offset, "\(function.rawValue)(…) takes one list, as the errors of repeated determinations")
        }
    }

    /// The likeliest reason of a clash: a unit left out.
    private static func missingUnit(_ a: Kind, _ b: Kind) -> String {
        switch (a, b) {
        case (.number, .quantity(let d)), (.quantity(let d), .number):
            return "; write the unit: «\(ExpressionUnits.example(d))»"
        default: return ""
        }
    }
}

extension Expression.Kind {
    var isList: Bool {
        if case .list = self { return true }
        return false
    }
}
