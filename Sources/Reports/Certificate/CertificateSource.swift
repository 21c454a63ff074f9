public import BenchCore

/// The evidence a certificate is made from: frozen descriptions and the journal, nothing else.
public struct CertificateSource: Sendable, Hashable {
    /// The bench as frozen in the run folder.
    public var bench: BenchDescription
    /// The plan by meter type.
    public var plans: [String: Plan]
    /// The limit tables by identifier; used to draw limits between the points. May be empty.
    public var limits: [String: LimitTable]
    /// The journal, in order.
    public var journal: [JournalEntry]
    /// SHA-256 of the journal's last line: the root over all lines.
    public var root: String

    /// Evidence by its parts.
    public init(
        bench: BenchDescription, plans: [String: Plan], limits: [String: LimitTable], journal: [JournalEntry],
        root: String
    ) {
        self.bench = bench
        self.plans = plans
        self.limits = limits
        self.journal = journal
        self.root = root
    }

    /// How the run began; `nil` for a journal without its first line.
    public var started: RunStarted? {
        for entry in journal { if case .runStarted(let started) = entry.what { return started } }
        return nil
    }

    /// The result that counts for each test point at a position: that of the last attempt.
    func results(_ position: Int) -> [String: PointResult] {
        var last: [String: PointResult] = [:]
        for entry in journal {
            guard case .result(let result) = entry.what, result.position == position else { continue }
            if let before = last[result.point], before.attempt > result.attempt { continue }
            last[result.point] = result
        }
        return last
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
