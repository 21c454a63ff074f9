/// A kind of file that another module reads: an instrument type.
public struct FileKind: Sendable {
    /// The file's first key.
    public var firstKey: String
    /// Reads the bytes of a file; throws `Diagnostics` with every complaint.
    public var read: @Sendable (_ bytes: [UInt8], _ file: String) throws -> Void

    /// A kind by its first key and its reader.
    public init(firstKey: String, read: @escaping @Sendable (_ bytes: [UInt8], _ file: String) throws -> Void) {
        self.firstKey = firstKey
        self.read = read
    }
}

/// Checks a file that a person wrote for form and meaning, whatever kind of file it is.
public enum FileCheck {
    /// The kinds of file, by their first key.
    public static let firstKeys = ["procedure", "part", "limits", "bench", "order", "meter-type", "corrections"]

    /// Every complaint about a file, in the order of its lines; none where it is fine.
    ///
    /// A procedure is checked with its parts and its limit table.
    /// - Parameter others: kinds of file that other modules read.
    /// - Parameter read: gives the bytes of a file; called for `path` and for what a procedure includes.
    /// - Throws: what `read` throws for `path` itself.
    public static func complaints(
        _ path: String, kinds: [any StepKind], others: [FileKind] = [],
        read: @escaping (String) throws -> [UInt8] = { try Disk.read($0) }
    ) throws -> [Diagnostic] {
        let bytes = try read(path)
        do {
            let first = try firstKey(bytes, path, firstKeys + others.map(\.firstKey))
            if let other = others.first(where: { $0.firstKey == first }) {
                try other.read(bytes, path)
                return []
            }
            switch first {
            case "procedure": return try procedure(path, kinds, read)
            case "part": return ProcedureFile.checkPart(path, bytes, kinds: kinds)
            case "limits": _ = try LimitTableFile.read(bytes, file: path)
            case "bench": _ = try BenchFile.read(bytes, file: path)
            case "corrections": try CorrectionFile.check(bytes, file: path)
            case "order": _ = try OrderFile.read(bytes, file: path)
            default: _ = try MeterTypeFile.read(bytes, file: path)
            }
            return []
        } catch let trouble as Diagnostics {
            return trouble.all
        }
    }

    /// The procedure, and its limit table once the procedure itself is fine.
    private static func procedure(
        _ path: String, _ kinds: [any StepKind], _ read: @escaping (String) throws -> [UInt8]
    ) throws -> [Diagnostic] {
        let procedure = try ProcedureFile.load(path, kinds: kinds, read: read)
        let table = try procedure.limitTable()
        return procedure.complaints(about: table)
    }

    /// The first key of a file, which says what kind of file it is.
    private static func firstKey(_ bytes: [UInt8], _ path: String, _ firstKeys: [String]) throws -> String {
        let node = try StrictYAML.read(bytes, file: path)
        let known = "a file begins with \(firstKeys.map { "«\($0):»" }.joined(separator: ", "))"
        guard case .map(let entries, let mark) = node, let first = entries.first else {
            throw Diagnostics(path, node.mark, "nothing says what kind of file this is; \(known)")
        }
        guard firstKeys.contains(first.key) else {
            throw Diagnostics(path, mark, "«\(first.key)» says no kind of file that is known here; \(known)")
        }
        return first.key
    }
}

extension Procedure {
    /// `class 0.5S`, `classes 1, 2`.
    var classText: String { Self.classText(accuracyClasses) }

    private static func classText(_ classes: [String]) -> String {
        (classes.count == 1 ? "class " : "classes ") + classes.joined(separator: ", ")
    }

    /// A complaint where the limit table is not for all classes of the procedure.
    func complaints(about table: LimitTable) -> [Diagnostic] {
        if (table.energy ?? .active) != energy {
            return [
                diagnostic(
                    "limits",
                    "this procedure is about \(energy.rawValue) energy; limit table «\(table.id)» is for "
                        + "\((table.energy ?? .active).rawValue) energy")
            ]
        }
        guard !accuracyClasses.allSatisfy(table.accuracyClasses.contains) else { return [] }
        return [
            diagnostic(
                "limits",
                "this procedure is for \(classText); limit table «\(table.id)» is for \(Self.classText(table.accuracyClasses))"
            )
        ]
    }

    /// The procedure's limit table, read from its sources; throws `Diagnostics` about the table.
    public func limitTable() throws -> LimitTable {
        guard let source = sources.first(where: { $0.path == limits }) else {
            throw Diagnostics(all: [
                diagnostic("limits", "the limit table «\(limits)» is not among the procedure's files")
            ])
        }
        return try LimitTableFile.load(source.bytes, file: Procedure.path(limits, in: Disk.parent(file)))
    }
}
