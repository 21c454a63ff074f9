/// An acceptance or limit as a laboratory writes it: `abs(error) <= limit`, `max(error) - min(error) <= limit / 10`.
///
/// The language has numbers with units, names, `+ - * / ( )`, comparisons, `and or not` and `abs min max mean stdev`;
/// no loops and no assignment. Dimensions are checked when the text is read, so that volts are never compared with
/// amperes while a meter is under power.
///
///     let accept = try Expression.parse("abs(error) <= limit", names: ["error": .percent, "limit": .percent])
///     try accept.evaluate(["error": .percent(0.3), "limit": .percent(0.5)])   // true
public struct Expression: Sendable, Hashable, CustomStringConvertible {
    /// The longest expression that is read, characters.
    public static let longest = 1000

    /// What a name or an expression is: a plain number, a quantity, a list of quantities, or true and false.
    public enum Kind: Sendable, Hashable, Codable, CustomStringConvertible {
        case number
        case quantity(DimensionKind)
        case list(DimensionKind)
        case boolean

        /// A percentage, as errors and limits are.
        public static let percent = Kind.quantity(.ratio)
        /// A list of percentages, as the errors of repeated determinations are.
        public static let percents = Kind.list(.ratio)

        /// What people read in messages: `a voltage`, `a list of percentages`.
        public var description: String {
            switch self {
            case .number: return "a plain number"
            case .quantity(.ratio): return "a percentage"
            case .list(.ratio): return "a list of percentages"
            case .quantity(let dimension): return dimension.phraseInExpressions
            case .list(let dimension): return "a list, each \(dimension.phraseInExpressions)"
            case .boolean: return "true or false"
            }
        }
    }

    /// A value while an expression is evaluated; quantities in the coherent unit of their dimension.
    public enum Value: Sendable, Hashable {
        case number(Double)
        case quantity(Double, DimensionKind)
        case list([Double], DimensionKind)
        case boolean(Bool)

        /// A percentage by its number: 0.5 is 0.5 %.
        public static func percent(_ number: Double) -> Value { .quantity(number * 0.01, .ratio) }
        /// A list of percentages by their numbers.
        public static func percents(_ numbers: [Double]) -> Value { .list(numbers.map { $0 * 0.01 }, .ratio) }

        /// What the value is.
        public var kind: Kind {
            switch self {
            case .number: return .number
            case .quantity(_, let dimension): return .quantity(dimension)
            case .list(_, let dimension): return .list(dimension)
            case .boolean: return .boolean
            }
        }
    }

    /// An expression that cannot be evaluated on these values, and why.
    public struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
        /// The reason in words.
        public var reason: String
        /// A failure by its reason.
        public init(_ reason: String) { self.reason = reason }
        /// What people read in messages.
        public var description: String { reason }
    }

    /// The expression as written.
    public let text: String
    /// What it yields.
    public let kind: Kind
    let root: Term

    init(text: String, kind: Kind, root: Term) {
        self.text = text
        self.kind = kind
        self.root = root
    }

    /// Equal when written the same way and of the same kind.
    public static func == (a: Self, b: Self) -> Bool { a.text == b.text && a.kind == b.kind }
    /// Hashes the text.
    public func hash(into hasher: inout Hasher) { hasher.combine(text) }

    /// Reads an expression over the names a test kind declares; throws `Diagnostics` with the place of the trouble.
    ///
    /// `file` and `mark` say where the text stands; `want` is what it must yield (`nil`: anything).
    public static func parse(
        _ text: String, names: [String: Kind], file: String = "expression", mark: Mark = Mark(line: 1, column: 1),
        want: Kind? = nil
    ) throws -> Expression {
        guard text.count <= longest else {
            throw Diagnostics(
                file, mark, "this expression has \(text.count) characters; the longest that is read has \(longest)")
        }
        do {
            var parser = ExpressionParser(tokens: try ExpressionToken.all(of: text), names: names)
            let (root, kind) = try parser.whole()
            if let want, want != kind {
                throw ExpressionTrouble(0, "this is \(kind), and \(want) is needed here" + hint(want))
            }
            return Expression(text: text, kind: kind, root: root)
        } catch let trouble as ExpressionTrouble {
            throw Diagnostics(file, Mark(line: mark.line, column: mark.column + trouble.offset), trouble.message)
        }
    }

    private static func hint(_ want: Kind) -> String {
        want == .boolean ? ": compare two values, as in «abs(error) <= limit»" : ""
    }

    /// The names the expression uses.
    public var names: Set<String> {
        var found: Set<String> = []
        root.visit { if case .name(let name) = $0 { found.insert(name) } }
        return found
    }

    /// The text with some names replaced by their values: what is judged years later needs no procedure to be read.
    public func text(filling values: [String: Value]) -> String {
        guard !names.isDisjoint(with: values.keys), let tokens = try? ExpressionToken.all(of: text) else { return text }
        var result = ""
        var rest = Array(text)[...]
        var afterPercent = false
        for token in tokens {
            if case .name(let name) = token.kind, let value = values[name],
                case .quantity(let number, let dimension) = value
            {
                result += String(rest[..<token.offset])
                // `1 % Un` is a product; between two quantities it needs its sign.
                result += (afterPercent ? "* " : "") + QuantityText.text(number, dimension)
                rest = rest[(token.offset + token.text.count)...]
            }
            if case .number(_, "%") = token.kind { afterPercent = true } else { afterPercent = false }
        }
        return result + String(rest)
    }

    /// What people read in messages and tables: the text as written.
    public var description: String { text }

    /// One node of the expression.
    indirect enum Term: Sendable {
        case constant(Value)
        case name(String)
        case negate(Term)
        case not(Term)
        case binary(Operator, Term, Term)
        case call(Function, [Term])

        func visit(_ body: (Term) -> Void) {
            body(self)
            switch self {
            case .constant, .name: break
            case .negate(let a), .not(let a): a.visit(body)
            case .binary(_, let a, let b):
                a.visit(body)
                b.visit(body)
            case .call(_, let list): for term in list { term.visit(body) }
            }
        }
    }

    /// The operators, loosest first: `or`, `and`, comparisons, `+ -`, `* /`.
    enum Operator: String, Sendable {
        case or, and
        case less = "<"
        case atMost = "<="
        case greater = ">"
        case atLeast = ">="
        case equal = "=="
        case different = "!="
        case plus = "+"
        case minus = "-"
        case times = "*"
        case over = "/"
    }

    /// The functions.
    enum Function: String, Sendable, CaseIterable { case abs, min, max, mean, stdev }
}

extension DimensionKind {
    /// The phrase of messages about expressions, where a ratio is always a percentage.
    var phraseInExpressions: String { self == .ratio ? "a percentage" : phrase }
}
