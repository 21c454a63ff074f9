#if canImport(Glibc)
    import Glibc
#endif

extension Expression {
    /// The value of the expression for these values of its names; throws `Expression.Failure` with the reason.
    ///
    /// Fails where a name has no value or one of another kind than was declared, where a list is too short for a mean or a
    /// standard deviation, on division by zero, and where a result is not a finite number.
    public func evaluate(_ values: [String: Value]) throws(Failure) -> Value { try Self.value(of: root, values) }

    /// The truth of an acceptance; throws `Expression.Failure` as `evaluate` does.
    public func holds(_ values: [String: Value]) throws(Failure) -> Bool {
        guard case .boolean(let truth) = try evaluate(values) else {
            throw Failure("«\(text)» yields \(kind), not true or false")
        }
        return truth
    }

    private static func value(of term: Term, _ values: [String: Value]) throws(Failure) -> Value {
        switch term {
        case .constant(let value): return value
        case .name(let name):
            guard let value = values[name] else { throw Failure("«\(name)» has no value") }
            return try finite(value, name)
        case .negate(let inner):
            switch try value(of: inner, values) {
            case .number(let x): return .number(-x)
            case .quantity(let x, let d): return .quantity(-x, d)
            case .list(let x, let d): return .list(x.map { -$0 }, d)
            case .boolean: throw Failure("a comparison has no negative")
            }
        case .not(let inner):
            guard case .boolean(let b) = try value(of: inner, values) else { throw Failure("«not» needs a comparison") }
            return .boolean(!b)
        case .binary(let op, let a, let b):
            if op == .and || op == .or {
                guard case .boolean(let x) = try value(of: a, values) else { throw mismatch(op) }
                guard case .boolean(let y) = try value(of: b, values) else { throw mismatch(op) }
                return .boolean(op == .and ? x && y : x || y)
            }
            return try binary(op, try value(of: a, values), try value(of: b, values))
        case .call(let function, let arguments):
            var list: [Value] = []
            for argument in arguments { list.append(try value(of: argument, values)) }
            return try finite(try call(function, list), function.rawValue + "(…)")
        }
    }

    private static func mismatch(_ op: Operator) -> Failure {
        Failure("«\(op.rawValue)» met values of other kinds than declared")
    }

    private static func finite(_ value: Value, _ what: String) throws(Failure) -> Value {
        let ok: Bool
        switch value {
        case .number(let x), .quantity(let x, _): ok = x.isFinite
        case .list(let x, _): ok = x.allSatisfy(\.isFinite)
        case .boolean: ok = true
        }
        if !ok { throw Failure("«\(what)» is not a finite number") }
        return value
    }

    private static func binary(_ op: Operator, _ a: Value, _ b: Value) throws(Failure) -> Value {
        if case .boolean(let x) = a, case .boolean(let y) = b {
            guard op == .equal || op == .different else { throw mismatch(op) }
            return .boolean((x == y) == (op == .equal))
        }
        guard let x = a.magnitude, let y = b.magnitude else { throw mismatch(op) }
        switch op {
        case .less, .atMost, .greater, .atLeast, .equal, .different:
            guard a.kind == b.kind else { throw mismatch(op) }
            return .boolean(compare(op, x, y))
        case .plus, .minus:
            guard let kind = try? ExpressionKinds.sum(op, a.kind, b.kind, 0) else { throw mismatch(op) }
            return try finite(Value(op == .plus ? x + y : x - y, kind), op.rawValue)
        case .times, .over:
            guard let kind = try? ExpressionKinds.product(op, a.kind, b.kind, 0) else { throw mismatch(op) }
            if op == .over, y == 0 { throw Failure("division by zero") }
            return try finite(Value(op == .times ? x * y : x / y, kind), op.rawValue)
        case .and, .or: throw mismatch(op)
        }
    }

    private static func compare(_ op: Operator, _ x: Double, _ y: Double) -> Bool {
        switch op {
        case .less: return x < y
        case .atMost: return x <= y
        case .greater: return x > y
        case .atLeast: return x >= y
        case .equal: return x == y
        default: return x != y
        }
    }

    private static func call(_ function: Function, _ arguments: [Value]) throws(Failure) -> Value {
        guard let first = arguments.first else { throw Failure("\(function.rawValue)() has nothing to work on") }
        if function == .abs {
            switch first {
            case .number(let x): return .number(Swift.abs(x))
            case .quantity(let x, let d): return .quantity(Swift.abs(x), d)
            case .list(let x, let d): return .list(x.map { Swift.abs($0) }, d)
            case .boolean: throw Failure("abs(…) of a comparison")
            }
        }
        let numbers: [Double]
        let kind: Kind
        if case .list(let list, let dimension) = first {
            (numbers, kind) = (list, .quantity(dimension))
        } else {
            (numbers, kind) = (arguments.compactMap(\.magnitude), first.kind)
        }
        let needed = function == .stdev ? 2 : 1
        guard numbers.count >= needed else {
            throw Failure("\(function.rawValue)(…) needs \(needed) or more values, and there are \(numbers.count)")
        }
        let mean = numbers.reduce(0, +) / Double(numbers.count)
        switch function {
        case .min: return Value(numbers.min() ?? 0, kind)
        case .max: return Value(numbers.max() ?? 0, kind)
        case .mean: return Value(mean, kind)
        case .stdev:
            // Experimental standard deviation, GUM 4.2.2, formula 4.
            let squares = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            return Value((squares / Double(numbers.count - 1)).squareRoot(), kind)
        case .abs: throw Failure("abs(…) takes one value")
        }
    }
}

extension Expression.Value {
    /// The number of a plain number or quantity.
    var magnitude: Double? {
        switch self {
        case .number(let x), .quantity(let x, _): return x
        case .list, .boolean: return nil
        }
    }

    init(_ number: Double, _ kind: Expression.Kind) {
        if case .quantity(let dimension) = kind { self = .quantity(number, dimension) } else { self = .number(number) }
    }
}
