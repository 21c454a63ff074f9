/// A place in a file a person wrote: 1-based line and column, counted in characters.
public struct Mark: Sendable, Hashable, Codable {
    /// Line and column, from 1.
    public var line: Int, column: Int

    /// A place by line and column.
    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }
}

/// A complaint about a file a person wrote: what, where, and what would be right.
public struct Diagnostic: Error, Sendable, Hashable, Codable, CustomStringConvertible {
    /// The file as it was named.
    public var file: String
    /// Where in it.
    public var mark: Mark
    /// The complaint, with what would be right.
    public var message: String

    /// A complaint by its parts.
    public init(file: String, mark: Mark, message: String) {
        self.file = file
        self.mark = mark
        self.message = message
    }

    /// What people read in messages and tables.
    public var description: String { "\(file):\(mark.line):\(mark.column): \(message)" }
}

/// A file as written: every scalar is text, every node knows where it stands.
public indirect enum Node: Sendable {
    case scalar(String, Mark)
    case list([Node], Mark)
    case map([Entry], Mark)

    /// One key with its value.
    public struct Entry: Sendable {
        /// The key and where it stands.
        public var key: String, keyMark: Mark
        /// What stands under it.
        public var value: Node

        /// An entry by its parts.
        public init(key: String, keyMark: Mark, value: Node) {
            self.key = key
            self.keyMark = keyMark
            self.value = value
        }
    }

    /// Where the node begins.
    public var mark: Mark {
        switch self {
        case .scalar(_, let mark), .list(_, let mark), .map(_, let mark): return mark
        }
    }
    /// What it is, in words: `text`, `a list`, `a block of keys`.
    public var shape: String {
        switch self {
        case .scalar: return "text"
        case .list: return "a list"
        case .map: return "a block of keys"
        }
    }
}
