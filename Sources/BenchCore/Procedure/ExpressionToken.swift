/// Trouble with an expression: how many characters from its beginning, and what.
struct ExpressionTrouble: Error {
    let offset: Int
    let message: String

    init(_ offset: Int, _ message: String) {
        self.offset = offset
        self.message = message
    }
}

/// A word of an expression and where it begins.
struct ExpressionToken {
    enum Kind: Equatable {
        /// A number as written, and its unit symbol where one follows.
        case number(Double, unit: String?)
        case name(String)
        case symbol(String)
        case end
    }
    let kind: Kind
    /// Characters from the beginning of the expression.
    let offset: Int
    /// As written, for messages.
    let text: String
    /// For a number: where its unit begins.
    var unitOffset = 0

    /// Splits an expression into its words.
    ///
    /// A name is letters and digits with `.` and `-` inside (`limit.upper`, `pulses-deviation`): a minus between two names
    /// needs spaces around it.
    static func all(of text: String) throws -> [ExpressionToken] {
        var scanner = Scanner(characters: Array(text))
        var tokens: [ExpressionToken] = []
        while let token = try scanner.next() { tokens.append(token) }
        tokens.append(ExpressionToken(kind: .end, offset: scanner.at, text: "the end"))
        return tokens
    }

    private struct Scanner {
        let characters: [Character]
        var at = 0

        init(characters: [Character]) { self.characters = characters }

        func peek(_ ahead: Int = 0) -> Character? {
            at + ahead < characters.count ? characters[at + ahead] : nil
        }

        mutating func spaces() { while peek() == " " { at += 1 } }

        mutating func next() throws -> ExpressionToken? {
            spaces()
            guard let first = peek() else { return nil }
            let start = at
            if first.isASCII, first.isNumber { return try number(start) }
            if first.isLetter { return ExpressionToken(kind: .name(name()), offset: start, text: slice(start)) }
            for symbol in ["<=", ">=", "==", "!=", "<", ">", "+", "-", "*", "/", "(", ")", ","]
            where symbol.first == first && (symbol.count == 1 || peek(1) == symbol.last) {
                at += symbol.count
                return ExpressionToken(kind: .symbol(symbol), offset: start, text: symbol)
            }
            throw ExpressionTrouble(start, Self.unknown(first))
        }

        private static func unknown(_ character: Character) -> String {
            switch character {
            case "=": return "«=» is not an operator: a comparison is «==», and nothing is assigned here"
            case "≤": return "write «<=» for «≤»"
            case "≥": return "write «>=» for «≥»"
            case "&", "|", "!": return "«\(character)» is not an operator: write «and», «or», «not»"
            case ".": return "a number begins with a digit: write «0.5», not «.5»"
            default:
                return "«\(character)» has no place here; an expression has numbers, names, + - * / ( ) and comparisons"
            }
        }

        func slice(_ start: Int) -> String { String(characters[start..<at]) }

        mutating func name() -> String {
            let start = at
            func isPart(_ c: Character?) -> Bool { c.map { $0.isLetter || $0.isNumber } ?? false }
            while isPart(peek()) || ((peek() == "." || peek() == "-") && isPart(peek(1))) { at += 1 }
            return slice(start)
        }

        mutating func number(_ start: Int) throws -> ExpressionToken {
            func isDigit(_ c: Character?) -> Bool { c.map { $0.isASCII && $0.isNumber } ?? false }
            while isDigit(peek()) { at += 1 }
            if peek() == "." {
                at += 1
                while isDigit(peek()) { at += 1 }
            }
            if peek() == "e" || peek() == "E" {
                let sign = peek(1) == "-" || peek(1) == "+" ? 1 : 0
                if isDigit(peek(1 + sign)) {
                    at += 1 + sign
                    while isDigit(peek()) { at += 1 }
                }
            }
            let digits = slice(start)
            guard let value = Decimal.parse(digits) else {
                throw ExpressionTrouble(start, "«\(digits)» is not a number that can be represented; write it as «0.5»")
            }
            if peek() == "," && isDigit(peek(1)) {
                throw ExpressionTrouble(at, "a comma is not a decimal mark: write «0.5», not «0,5»")
            }
            let end = at
            spaces()
            let unitStart = at
            if let unit = unit() {
                var token = ExpressionToken(kind: .number(value, unit: unit), offset: start, text: slice(start))
                token.unitOffset = unitStart
                return token
            }
            at = end
            return ExpressionToken(kind: .number(value, unit: nil), offset: start, text: digits)
        }

        /// The unit behind a number: `%`, `°`, `°C`, `kWh`; not `and` or `or`.
        mutating func unit() -> String? {
            let start = at
            if peek() == "%" {
                at += 1
                return "%"
            }
            while let c = peek(), c.isLetter || c == "°" { at += 1 }
            let word = slice(start)
            if word.isEmpty || word == "and" || word == "or" || word == "not" {
                at = start
                return nil
            }
            return word
        }
    }
}
