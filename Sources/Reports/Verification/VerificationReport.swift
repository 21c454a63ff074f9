/// The answer to one question that verification asks.
public struct Finding: Sendable, Hashable, Codable {
    /// What can be said; the raw values stand in the JSON of `meterbench verify --json`.
    public enum Outcome: String, Sendable, Hashable, Codable, CaseIterable {
        /// The question is answered as it should be.
        case valid
        /// Bytes are not those that were signed.
        case tampered
        /// Something needed cannot be read.
        case unreadable
        /// There is no signature.
        case unsigned
        /// The signature is sound, but its key is not trusted: another anchor, out of date, wrong purpose.
        case untrusted
        /// What was signed breaks a rule: a verdict that does not follow, a missing test point …
        case rule

        /// The exit code of `meterbench verify` for it; not those of sysexits.h.
        public var exitCode: Int32 {
            switch self {
            case .valid: return 0
            case .tampered: return 1
            case .unreadable: return 2
            case .untrusted: return 3
            case .unsigned: return 5
            case .rule: return 6
            }
        }
    }

    /// The question, in two or three words.
    public var check: String
    /// The answer.
    public var outcome: Outcome
    /// The file it is about, with a line where there is one: `journal.jsonl line 12`.
    public var place: String
    /// A sentence for a person.
    public var message: String

    init(_ check: String, _ outcome: Outcome, _ place: String, _ message: String) {
        self.check = check
        self.outcome = outcome
        self.place = place
        self.message = message
    }
}

/// All answers of a verification, in the order of the questions.
public struct VerificationReport: Sendable, Hashable, Encodable {
    /// What was verified, as it was named.
    public var subject: String
    /// The run, where it is known.
    public var run: String?
    /// The moment for which certificates were checked.
    public var at: String
    /// Who signed, and the SHA-256 of that certificate.
    public var signer: String?, signerFingerprint: String?
    /// The time of signing that the signer claims; nobody else vouches for it.
    public var claimedTime: String?
    /// The answers.
    public var findings: [Finding] = []
    /// The gravest outcome: tampered, then unreadable, unsigned, untrusted, rule.
    public var outcome: Finding.Outcome {
        for outcome in [Finding.Outcome.tampered, .unreadable, .unsigned, .untrusted, .rule]
        where findings.contains(where: { $0.outcome == outcome }) {
            return outcome
        }
        return .valid
    }
    /// The exit code of `meterbench verify`.
    public var exitCode: Int32 { outcome.exitCode }

    private enum Key: String, CodingKey {
        case subject, run, at, signer, signerFingerprint, claimedTime, findings, outcome, exitCode
    }

    /// Writes everything, outcome and exit code among it.
    public func encode(to encoder: any Encoder) throws {
        var c = encoder.container(keyedBy: Key.self)
        try c.encode(subject, forKey: .subject)
        try c.encodeIfPresent(run, forKey: .run)
        try c.encode(at, forKey: .at)
        try c.encodeIfPresent(signer, forKey: .signer)
        try c.encodeIfPresent(signerFingerprint, forKey: .signerFingerprint)
        try c.encodeIfPresent(claimedTime, forKey: .claimedTime)
        try c.encode(findings, forKey: .findings)
        try c.encode(outcome, forKey: .outcome)
        try c.encode(exitCode, forKey: .exitCode)
    }

    init(subject: String, at: SigningTime) {
        self.subject = subject
        self.at = at.description
    }

    mutating func add(_ check: String, _ outcome: Finding.Outcome, _ place: String, _ message: String) {
        findings.append(Finding(check, outcome, place, message))
    }

    /// One line an answer, for a person; troubles stand out by their word.
    public var text: String {
        let width = findings.map(\.check.count).max() ?? 0
        func pad(_ text: String, _ count: Int) -> String {
            text + String(repeating: " ", count: max(0, count - text.count))
        }
        var lines = findings.map {
            pad($0.outcome.rawValue.uppercased(), 11) + pad($0.check, width + 2) + $0.place + ": " + $0.message
        }
        let verdict = outcome == .valid ? "VALID" : "NOT VALID (\(outcome.rawValue))"
        lines.append("\(subject): \(verdict), checked for \(at)")
        return lines.joined(separator: "\n")
    }
}
