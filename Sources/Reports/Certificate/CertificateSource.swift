public import BenchCore

/// The evidence a certificate is made from: what the run record tells, with the journal in its order; nothing else.
public struct CertificateSource: Sendable {
    /// The run as its journal and plans tell it.
    public var record: RunRecord
    /// The journal, in order.
    public var journal: [JournalEntry]
    /// The limit tables by identifier; used to draw limits between the points. May be empty.
    public var limits: [String: LimitTable]

    /// Evidence from a journal already checked; throws `Fault(.storage)` where it does not begin a run.
    public init(
        journal: [JournalEntry], lastHash: String, bench: BenchDescription, plans: [String: Plan],
        limits: [String: LimitTable]
    ) throws {
        self.journal = journal
        self.limits = limits
        record = try RunRecord(entries: journal, lastHash: lastHash, bench: bench, plans: plans, name: "journal")
    }

    /// Evidence from a run folder. Throws `Fault(.storage)` where the journal is not whole, a file cannot be read or a frozen file
    /// is not the one the run was made from.
    public init(_ folder: RunFolder) throws {
        let content = try JournalReader.read(folder.journal)
        record = try RunRecord(
            entries: content.entries, lastHash: content.lastHash, bench: try folder.bench(),
            plans: try folder.plans(), name: folder.journal)
        journal = content.entries
        let found = try folder.fileHashes()
        let stated = record.started.files
        if let name = Set(found.keys).union(stated.keys).sorted().first(where: { found[$0] != stated[$0] }) {
            throw Fault(.storage, folder.path + "/" + name, "is not the file that the run was made from")
        }
        limits = [:]
        // Any frozen file may be the limit table; what is none does not read as one.
        let wanted = Set(record.plans.values.map(\.limits))
        for name in found.keys.sorted() where name.hasPrefix("frozen/") && name.hasSuffix(".yaml") {
            let path = folder.path + "/" + name
            if let table = try? LimitTableFile.load(try Disk.read(path), file: name), wanted.contains(table.id) {
                limits[table.id] = table
            }
        }
    }
}

/// Why no certificate can be made of the evidence at all.
public enum CertificateError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Something the evidence must hold is not there.
    case incomplete(String)
    /// The content rules refuse to issue.
    case refused(document: String, [Refusal])

    /// What a person needs to know.
    public var description: String {
        switch self {
        case .incomplete(let what): return "the evidence is incomplete: \(what)"
        case .refused(let document, let refusals):
            return "\(document) is refused:\n"
                + refusals.map { "  \($0.rule) (\($0.clause)): \($0.reason)" }.joined(separator: "\n")
        }
    }
}
