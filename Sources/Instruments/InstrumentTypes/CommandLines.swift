import BenchCore

/// A line of a table with places for values: `:INPut:VOLTage:RANGe:ALL {voltage}V`.
struct CommandTemplate: Sendable, Hashable {
    private enum Piece: Sendable, Hashable {
        case text(String)
        case place(String)
    }
    /// The line as written.
    let text: String
    private let pieces: [Piece]

    /// Reads a line; throws a sentence for a place that is not among `known`.
    init(_ text: String, places known: [String]) throws(ValueTrouble) {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 >= 32 && $0 < 127 }) else {
            throw ValueTrouble("«\(text)» is no line of commands: printable ASCII in one line")
        }
        var pieces: [Piece] = []
        var rest = text[...]
        while let open = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
            guard rest[open] == "{", let close = rest[open...].firstIndex(of: "}") else {
                throw ValueTrouble("«\(text)»: every «{» has a «}» behind it")
            }
            let name = String(rest[rest.index(after: open)..<close])
            guard known.contains(name) else {
                let hint = Spelling.nearest(name, known).map { "did you mean «{\($0)}»? " } ?? ""
                let list =
                    known.isEmpty
                    ? "here there are none" : "here there are " + known.map { "{\($0)}" }.joined(separator: ", ")
                throw ValueTrouble("«{\(name)}» is no value; \(hint)\(list)")
            }
            if open > rest.startIndex { pieces.append(.text(String(rest[..<open]))) }
            pieces.append(.place(name))
            rest = rest[rest.index(after: close)...]
        }
        if !rest.isEmpty { pieces.append(.text(String(rest))) }
        self.text = text
        self.pieces = pieces
    }

    /// The names of its places.
    var places: [String] { pieces.compactMap { if case .place(let name) = $0 { return name } else { return nil } } }

    /// The line with its values.
    func line(_ values: [String: String] = [:]) -> String {
        pieces.map { piece in
            switch piece {
            case .text(let text): return text
            case .place(let name): return values[name] ?? ""
            }
        }.joined()
    }
}

/// Reads lines and questions of a table, and collects what of them is unconfirmed.
///
/// A line is a text, or a block `{ send: …, page: …, unconfirmed: why }`; a question has `ask` in place of `send`.
struct CommandRows {
    private var notes = Unconfirmed()
    /// What could not be checked against the maker's manual, as sentences.
    var unconfirmed: [String] { notes.sentences }

    /// The lines under a key.
    mutating func lines(
        _ f: Fields, _ key: String, _ need: Fields.Need = .required, places: [String] = []
    ) -> [CommandTemplate] {
        (f.list(key, need) ?? []).enumerated().compactMap { index, item in
            if case .scalar = item {
                return f.scalar(item, "a line of «\(key)»").flatMap { text in
                    notes.takeBare(text)
                    return f.value(text, item.mark) { text throws(ValueTrouble) in
                        try CommandTemplate(text, places: places)
                    }
                }
            }
            return Fields.read(item, "a line of «\(key)»", path: "\(f.join(key))[\(index)]", f.complaints) {
                template($0, "send", places)
            }
        }
    }

    /// The question under a key.
    mutating func question(
        _ f: Fields, _ key: String, _ need: Fields.Need = .required, places: [String] = []
    ) -> CommandTemplate? {
        guard let node = f.node(key, need) else { return nil }
        if case .scalar(let text, _) = node {
            notes.takeBare(text)
            return ask(f, key, places)
        }
        return f.block(key, "a question", need) { b in
            let ask = ask(b, "ask", places)
            note(b, ask)
            return ask
        }
    }

    /// Takes a sentence of its own.
    mutating func note(_ f: Fields, _ key: String = "unconfirmed") {
        notes.take(f.texts(key, .optional) ?? [])
    }

    private mutating func template(_ f: Fields, _ key: String, _ places: [String]) -> CommandTemplate? {
        let template = f.value(key) { text throws(ValueTrouble) in try CommandTemplate(text, places: places) }
        note(f, template)
        return template
    }

    private mutating func note(_ f: Fields, _ template: CommandTemplate?) {
        notes.takeCommand(f, template?.text ?? "")
    }

    private func ask(_ f: Fields, _ key: String, _ places: [String]) -> CommandTemplate? {
        f.value(key) { text throws(ValueTrouble) in
            guard text.contains("?") else { throw ValueTrouble("«\(text)» is no question: a query has a «?»") }
            return try CommandTemplate(text, places: places)
        }
    }
}
