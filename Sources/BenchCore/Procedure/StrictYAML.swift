import CYAML

/// Reads the strict YAML of procedures, limits, benches, orders and meters: one document, no anchors, aliases or tags,
/// no key twice, everything text.
public enum StrictYAML {
    /// The longest file that is read, bytes: ten times what the longest procedure needs.
    public static let longestFile = 1 << 20

    /// Reads bytes of a file; `file` is the name used in messages. Throws `Diagnostics` with every complaint of form.
    public static func read(_ bytes: [UInt8], file: String) throws -> Node {
        guard bytes.count <= longestFile else {
            throw Diagnostics(
                file, Mark(line: 1, column: 1),
                "the file has \(bytes.count) bytes; the longest that is read has \(longestFile)")
        }
        if let bad = firstBadByte(bytes) {
            throw Diagnostics(file, bad.mark, bad.message)
        }
        var reader = Reader(file: file)
        let node = reader.parse(bytes)
        guard reader.complaints.isEmpty, let node else { throw Diagnostics(all: reader.complaints) }
        return node
    }

    /// The first byte that is not UTF-8 text, with its place.
    private static func firstBadByte(_ bytes: [UInt8]) -> (mark: Mark, message: String)? {
        var decoder = Unicode.UTF8.ForwardParser()
        // A byte order mark at the very start is not part of the text.
        var source = bytes.dropFirst(bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0).makeIterator()
        var mark = Mark(line: 1, column: 1)
        while true {
            switch decoder.parseScalar(from: &source) {
            case .valid(let encoded):
                let scalar = Unicode.UTF8.decode(encoded)
                if scalar == "\n" {
                    mark = Mark(line: mark.line + 1, column: 1)
                } else if scalar == "\0" {
                    return (mark, "a zero byte: this is a binary file, not a text file")
                } else if isControl(scalar) {
                    let code = String(scalar.value, radix: 16, uppercase: true)
                    return (mark, "a control character (U+\(code)) that has no place in a text file")
                } else {
                    mark.column += 1
                }
            case .error:
                return (mark, "not UTF-8 text: the bytes here form no character (cut short, or another encoding)")
            case .emptyInput: return nil
            }
        }
    }

    /// What YAML 1.1 (5.1) does not count as printable, but for the zero byte.
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A, 0x0D, 0x85: return false
        case 0..<0x20, 0x7F..<0xA0, 0xFEFF, 0xFFFE, 0xFFFF: return true
        default: return false
        }
    }

    private struct Reader {
        let file: String
        var bytes: [UInt8] = []
        var complaints: [Diagnostic] = []
        var depth = 0

        init(file: String) { self.file = file }

        mutating func complain(_ mark: Mark, _ message: String) {
            complaints.append(Diagnostic(file: file, mark: mark, message: message))
        }

        mutating func parse(_ bytes: [UInt8]) -> Node? {
            self.bytes = bytes
            var parser = yaml_parser_t()
            guard yaml_parser_initialize(&parser) == 1 else {
                complain(Mark(line: 1, column: 1), "the YAML reader could not start: out of memory")
                return nil
            }
            defer { yaml_parser_delete(&parser) }
            return bytes.withUnsafeBufferPointer { buffer in
                // libyaml keeps the pointer: it lives as long as this closure.
                yaml_parser_set_input_string(&parser, buffer.baseAddress, buffer.count)
                yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING)
                return document(&parser)
            }
        }

        /// One event, or nil after a complaint of libyaml.
        private mutating func next(_ parser: inout yaml_parser_t, _ event: inout yaml_event_t) -> Bool {
            guard yaml_parser_parse(&parser, &event) == 1 else {
                let at = parser.problem_mark
                let problem = parser.problem.map { String(cString: $0) } ?? "cannot be read"
                let mark = Mark(line: at.line + 1, column: at.column + 1)
                complain(mark, YAMLProblem.sentence(problem, character(mark)))
                return false
            }
            return true
        }

        /// The character at a place, where there is one.
        private func character(_ mark: Mark) -> Character? {
            let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            guard lines.indices.contains(mark.line - 1) else { return nil }
            let line = String(decoding: lines[mark.line - 1], as: UTF8.self).unicodeScalars
            return line.dropFirst(mark.column - 1).first.map(Character.init)
        }

        private mutating func document(_ parser: inout yaml_parser_t) -> Node? {
            var root: Node?
            var documents = 0
            while true {
                var event = yaml_event_t()
                guard next(&parser, &event) else { return nil }
                defer { yaml_event_delete(&event) }
                switch event.type {
                case YAML_STREAM_START_EVENT, YAML_DOCUMENT_END_EVENT: continue
                case YAML_STREAM_END_EVENT:
                    if root == nil, complaints.isEmpty { complain(Mark(line: 1, column: 1), "the file is empty") }
                    return root
                case YAML_DOCUMENT_START_EVENT:
                    documents += 1
                    if documents > 1 {
                        complain(mark(event), "a second document begins here; a file holds one")
                        return root
                    }
                default:
                    root = node(&parser, event)
                    if root == nil { return nil }
                }
            }
        }

        private func mark(_ event: yaml_event_t) -> Mark {
            Mark(line: event.start_mark.line + 1, column: event.start_mark.column + 1)
        }

        /// Refuses what the language does not have.
        private mutating func refuse(
            anchor: UnsafeMutablePointer<yaml_char_t>?, tag: UnsafeMutablePointer<yaml_char_t>?, _ at: Mark
        ) {
            if anchor != nil { complain(at, "anchors and aliases are not part of the language; write the value out") }
            if tag != nil { complain(at, "tags (!…) are not part of the language; write the plain value") }
        }

        private mutating func node(_ parser: inout yaml_parser_t, _ event: yaml_event_t) -> Node? {
            depth += 1
            defer { depth -= 1 }
            let at = mark(event)
            guard depth <= 32 else {
                complain(at, "nested more than 32 deep")
                return nil
            }
            switch event.type {
            case YAML_ALIAS_EVENT:
                complain(at, "anchors and aliases are not part of the language; write the value out")
                return .scalar("", at)
            case YAML_SCALAR_EVENT:
                let scalar = event.data.scalar
                refuse(anchor: scalar.anchor, tag: scalar.tag, at)
                let text = String(
                    decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
                return .scalar(text, at)
            case YAML_SEQUENCE_START_EVENT:
                refuse(anchor: event.data.sequence_start.anchor, tag: event.data.sequence_start.tag, at)
                return list(&parser, at)
            case YAML_MAPPING_START_EVENT:
                refuse(anchor: event.data.mapping_start.anchor, tag: event.data.mapping_start.tag, at)
                return map(&parser, at)
            default:
                complain(at, "unexpected here")
                return nil
            }
        }

        private mutating func list(_ parser: inout yaml_parser_t, _ at: Mark) -> Node? {
            var items: [Node] = []
            while true {
                var event = yaml_event_t()
                guard next(&parser, &event) else { return nil }
                defer { yaml_event_delete(&event) }
                if event.type == YAML_SEQUENCE_END_EVENT { return .list(items, at) }
                guard let item = node(&parser, event) else { return nil }
                items.append(item)
            }
        }

        private mutating func map(_ parser: inout yaml_parser_t, _ at: Mark) -> Node? {
            var entries: [Node.Entry] = []
            var seen: [String: Int] = [:]
            while true {
                var event = yaml_event_t()
                guard next(&parser, &event) else { return nil }
                defer { yaml_event_delete(&event) }
                if event.type == YAML_MAPPING_END_EVENT { return .map(entries, at) }
                guard let keyNode = node(&parser, event) else { return nil }
                var key = ""
                if case .scalar(let text, _) = keyNode {
                    key = text
                } else {
                    complain(keyNode.mark, "a key must be plain text")
                }
                var valueEvent = yaml_event_t()
                guard next(&parser, &valueEvent) else { return nil }
                defer { yaml_event_delete(&valueEvent) }
                guard let value = node(&parser, valueEvent) else { return nil }
                if let line = seen[key] {
                    complain(keyNode.mark, "«\(key)» is already set on line \(line)")
                } else {
                    seen[key] = keyNode.mark.line
                    entries.append(Node.Entry(key: key, keyMark: keyNode.mark, value: value))
                }
            }
        }
    }
}

/// All complaints about one or more files, in order of place.
public struct Diagnostics: Error, Sendable, CustomStringConvertible {
    /// The complaints; never empty.
    public var all: [Diagnostic]

    /// Complaints from a list.
    public init(all: [Diagnostic]) { self.all = all }
    /// One complaint.
    public init(_ file: String, _ mark: Mark, _ message: String) {
        all = [Diagnostic(file: file, mark: mark, message: message)]
    }

    /// What people read in messages and tables.
    public var description: String { all.map(\.description).joined(separator: "\n") }
}
