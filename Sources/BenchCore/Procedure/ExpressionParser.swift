/// Reads the words of an expression into a tree, and says of every part what it is.
struct ExpressionParser {
    typealias Typed = (term: Expression.Term, kind: Expression.Kind)
    /// How deep parentheses may nest.
    static let deepest = 32

    let tokens: [ExpressionToken]
    let names: [String: Expression.Kind]
    private var at = 0
    private var depth = 0

    init(tokens: [ExpressionToken], names: [String: Expression.Kind]) {
        self.tokens = tokens
        self.names = names
    }

    private var token: ExpressionToken { tokens[min(at, tokens.count - 1)] }

    /// The whole expression, to its end.
    mutating func whole() throws -> Typed {
        if token.kind == .end { throw ExpressionTrouble(0, "an expression is missing here") }
        let result = try disjunction()
        guard token.kind == .end else {
            throw ExpressionTrouble(token.offset, "«\(token.text)» has no place here; an operator would have")
        }
        return result
    }

    private mutating func take(_ words: String...) -> (symbol: String, offset: Int)? {
        let found: String
        switch token.kind {
        case .symbol(let s): found = s
        case .name(let n): found = n
        default: return nil
        }
        guard words.contains(found) else { return nil }
        defer { at += 1 }
        return (found, token.offset)
    }

    private mutating func disjunction() throws -> Typed {
        var left = try conjunction()
        while let word = take("or") { left = try logical(.or, left, try conjunction(), word.offset) }
        return left
    }

    private mutating func conjunction() throws -> Typed {
        var left = try negation()
        while let word = take("and") { left = try logical(.and, left, try negation(), word.offset) }
        return left
    }

    private func logical(_ op: Expression.Operator, _ a: Typed, _ b: Typed, _ offset: Int) throws -> Typed {
        for side in [a, b] where side.kind != .boolean {
            throw ExpressionTrouble(offset, "«\(op.rawValue)» joins comparisons, and here stands \(side.kind)")
        }
        return (.binary(op, a.term, b.term), .boolean)
    }

    private mutating func negation() throws -> Typed {
        guard let word = take("not") else { return try comparison() }
        try deeper(word.offset)
        defer { depth -= 1 }
        let inner = try negation()
        guard inner.kind == .boolean else {
            throw ExpressionTrouble(word.offset, "«not» turns a comparison around, and here stands \(inner.kind)")
        }
        return (.not(inner.term), .boolean)
    }

    private mutating func comparison() throws -> Typed {
        let left = try sum()
        guard let word = take("<", "<=", ">", ">=", "==", "!="), let op = Expression.Operator(rawValue: word.symbol)
        else { return left }
        let right = try sum()
        try ExpressionKinds.comparable(op, left.kind, right.kind, word.offset)
        if let second = take("<", "<=", ">", ">=", "==", "!=") {
            throw ExpressionTrouble(
                second.offset, "comparisons do not chain; write «a < b and b < c» for «a < b < c»")
        }
        return (.binary(op, left.term, right.term), .boolean)
    }

    private mutating func sum() throws -> Typed {
        var left = try product()
        while let word = take("+", "-"), let op = Expression.Operator(rawValue: word.symbol) {
            let right = try product()
            let kind = try ExpressionKinds.sum(op, left.kind, right.kind, word.offset)
            left = (.binary(op, left.term, right.term), kind)
        }
        return left
    }

    private mutating func product() throws -> Typed {
        var left = try unary()
        while let word = take("*", "/"), let op = Expression.Operator(rawValue: word.symbol) {
            let right = try unary()
            let kind = try ExpressionKinds.product(op, left.kind, right.kind, word.offset)
            left = (.binary(op, left.term, right.term), kind)
        }
        return left
    }

    private mutating func unary() throws -> Typed {
        guard let word = take("-") else { return try primary() }
        try deeper(word.offset)
        defer { depth -= 1 }
        let inner = try unary()
        guard inner.kind != .boolean else {
            throw ExpressionTrouble(word.offset, "«-» needs a value, not a comparison")
        }
        return (.negate(inner.term), inner.kind)
    }

    private mutating func deeper(_ offset: Int) throws {
        depth += 1
        if depth > Self.deepest { throw ExpressionTrouble(offset, "nested more than \(Self.deepest) deep") }
    }

    private mutating func primary() throws -> Typed {
        let here = token
        switch here.kind {
        case .number(let value, let unit):
            at += 1
            return try literal(value, unit, here)
        case .name(let name):
            at += 1
            if take("(") != nil { return try call(name, here.offset) }
            return try reference(name, here.offset)
        case .symbol("("):
            at += 1
            try deeper(here.offset)
            defer { depth -= 1 }
            let inner = try disjunction()
            guard take(")") != nil else {
                throw ExpressionTrouble(token.offset, "«)» is missing for the parenthesis opened here")
            }
            return inner
        default:
            throw ExpressionTrouble(
                here.offset,
                "a value is missing before \(here.kind == .end ? "" : "«")\(here.text)\(here.kind == .end ? "" : "»")")
        }
    }

    /// A number with its unit; `1 % In` is a share of a name.
    private mutating func literal(_ value: Double, _ unit: String?, _ token: ExpressionToken) throws -> Typed {
        guard let unit else { return (.constant(.number(value)), .number) }
        guard let known = ExpressionUnits.unit(unit) else {
            throw ExpressionTrouble(
                token.unitOffset, "«\(unit)» is not a unit; units are \(ExpressionUnits.list)")
        }
        let constant = (
            term: Expression.Term.constant(.quantity(value * known.factor, known.dimension)),
            kind: Expression.Kind.quantity(known.dimension)
        )
        guard unit == "%", case .name(let name) = self.token.kind, name != "and", name != "or" else { return constant }
        let offset = self.token.offset
        at += 1
        let base = try reference(name, offset)
        return (
            .binary(.times, constant.term, base.term),
            try ExpressionKinds.product(.times, constant.kind, base.kind, offset)
        )
    }

    private func reference(_ name: String, _ offset: Int) throws -> Typed {
        if let kind = names[name] { return (.name(name), kind) }
        if Expression.Function(rawValue: name) != nil {
            throw ExpressionTrouble(offset, "«\(name)» is a function: write «\(name)(…)»")
        }
        let parts = name.split(separator: "-").map(String.init)
        if parts.count > 1, parts.allSatisfy({ names[$0] != nil }) {
            throw ExpressionTrouble(
                offset, "«\(name)» is one name; a difference has spaces: «\(parts.joined(separator: " - "))»")
        }
        let known = names.keys.sorted().joined(separator: ", ")
        throw ExpressionTrouble(
            offset, "«\(name)» is not known here; " + (known.isEmpty ? "no names are" : "names are \(known)"))
    }

    private mutating func call(_ name: String, _ offset: Int) throws -> Typed {
        guard let function = Expression.Function(rawValue: name) else {
            let known = Expression.Function.allCases.map(\.rawValue).joined(separator: ", ")
            throw ExpressionTrouble(offset, "«\(name)» is not a function; functions are \(known)")
        }
        try deeper(offset)
        defer { depth -= 1 }
        var arguments: [Typed] = []
        if take(")") == nil {
            repeat { arguments.append(try disjunction()) } while take(",") != nil
            guard take(")") != nil else { throw ExpressionTrouble(token.offset, "«)» is missing behind \(name)(…") }
        }
        let kind = try ExpressionKinds.call(function, arguments.map(\.kind), offset)
        return (.call(function, arguments.map(\.term)), kind)
    }
}
