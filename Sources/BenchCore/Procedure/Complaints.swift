/// Everything wrong with one file, and where each of its values stands.
///
/// Readers add to it and go on; `finish` throws all complaints together, in the order of the file.
public final class Complaints {
    /// The file as it was named.
    public let file: String
    /// The complaints so far.
    public private(set) var all: [Diagnostic] = []
    /// Where the values stand that were read.
    public private(set) var marks = Marks()
    private var known: Set<Diagnostic> = []

    /// No complaint yet about that file.
    public init(_ file: String) { self.file = file }

    /// Adds a complaint.
    public func add(_ mark: Mark, _ message: String) {
        let diagnostic = Diagnostic(file: file, mark: mark, message: message)
        if known.insert(diagnostic).inserted { all.append(diagnostic) }
    }

    /// Remembers where a value stands.
    public func note(_ path: String, _ mark: Mark) { marks.note(path, mark) }

    /// The value, where there is one and no complaint; otherwise throws `Diagnostics` with every complaint.
    public func finish<T>(_ value: T?) throws -> Loaded<T> {
        if all.isEmpty, let value { return Loaded(value: value, file: file, marks: marks) }
        if all.isEmpty { add(Mark(line: 1, column: 1), "cannot be read") }
        throw Diagnostics(
            all: all.enumerated().sorted {
                ($0.element.mark.line, $0.element.mark.column, $0.offset)
                    < ($1.element.mark.line, $1.element.mark.column, $1.offset)
            }.map(\.element))
    }
}

/// Where the values of a file stand, by path: `instruments[1].traceability.valid-until`.
public struct Marks: Sendable, Hashable {
    private var places: [String: Mark] = [:]

    /// No places.
    public init() {}

    mutating func note(_ path: String, _ mark: Mark) { places[path] = mark }

    /// Where the value of a path stands; where the path itself is absent, where the nearest block around it begins.
    public subscript(_ path: String) -> Mark {
        var rest = path[...]
        while true {
            if let mark = places[String(rest)] { return mark }
            guard let cut = rest.lastIndex(where: { $0 == "." || $0 == "[" }) else { return Mark(line: 1, column: 1) }
            rest = rest[..<cut]
        }
    }
}

/// What a file says, with the places of its values for complaints of later passes.
public struct Loaded<Value> {
    /// What the file says.
    public var value: Value
    /// The file as it was named.
    public var file: String
    /// Where its values stand.
    public var marks: Marks

    /// A complaint about the value of a path, such as `meters[2].type`.
    public func diagnostic(_ path: String, _ message: String) -> Diagnostic {
        Diagnostic(file: file, mark: marks[path], message: message)
    }
}

extension Loaded: Sendable where Value: Sendable {}
