public import BenchCore

/// Everything the batch certificate says: one line a meter, with the hash of the meter's own certificate.
public struct BatchCertificate: Sendable, Hashable, Codable {
    /// Title, and number: unique, on every page.
    public var title: String, number: String
    /// Whether anything was simulated.
    public var simulated: Bool
    /// Who issues it, and where the work was done.
    public var laboratory: Laboratory, place: [String]
    /// The customer; order and lot as given by the customer.
    public var customer: [String], order: String, batch: String
    /// Who authorises it.
    public var authorisedBy: String
    /// First and last event of the run, and the moment of issue, UTC.
    public var begun: String, ended: String, issued: String
    /// Types of the meters in words.
    public var types: [String]
    /// The meters by position.
    public var meters: [BatchRow]
    /// How many of each verdict, in the order pass, fail, inconclusive, not tested.
    public var counts: [VerdictCount]
    /// How the meters of the lot were chosen.
    public var sampling: String
    /// Procedures and files; one for each meter type.
    public var methods: [MeterCertificate.Method]
    /// Documents behind limits and rules.
    public var sources: [MeterCertificate.LimitSource]
    /// Standards with their traceability.
    public var standards: [MeterCertificate.StandardUsed]
    /// The statement of metrological traceability.
    public var traceability: String
    /// How verdicts were decided.
    public var decision: MeterCertificate.DecisionStatement
    /// Deviations that concern the whole run.
    public var deviations: [String]
    /// Program and evidence.
    public var software: MeterCertificate.SoftwareIdentity, evidence: MeterCertificate.EvidenceIdentity
    /// Statements that stand on every batch certificate.
    public var statements: [String]

    /// One meter of the batch.
    public struct BatchRow: Sendable, Hashable, Codable {
        /// Position, serial number, model, class.
        public var position: Int, serial: String, model: String, accuracyClass: String
        /// The verdict and its reasons.
        public var verdict: Verdict, reasons: [String]
        /// Largest error as a share of its limit, with U, limit and load in words; `nil` without results.
        public var worst: Figure?, U: Figure?, limit: String, at: String
        /// Number of the meter's certificate; its file and SHA-256; empty where it was refused.
        public var certificate: String, file: String, sha256: String
        /// Why no certificate was issued; empty where one was.
        public var refused: [String]
    }

    /// How often a verdict was given.
    public struct VerdictCount: Sendable, Hashable, Codable {
        /// The verdict's word and its number.
        public var verdict: String, count: Int
    }

    /// A meter certificate as issued: its document, its file and the hash of the file's bytes.
    public struct Issued: Sendable, Hashable {
        /// The document.
        public var certificate: MeterCertificate
        /// Name of the file and SHA-256 of its bytes; empty where the rules refused.
        public var file: String, sha256: String
        /// What refused it.
        public var refusals: [Refusal]

        /// An issued, or refused, certificate.
        public init(certificate: MeterCertificate, file: String, sha256: String, refusals: [Refusal]) {
            self.certificate = certificate
            self.file = file
            self.sha256 = sha256
            self.refusals = refusals
        }
    }

    /// The batch certificate over the certificates of its meters; throws `CertificateError.incomplete`.
    public init(_ source: CertificateSource, meters issued: [Issued]) throws {
        let started = source.record.started
        let documents = issued.map(\.certificate)
        guard let one = documents.first else { throw CertificateError.incomplete("the order has no meters") }
        title = "Batch certificate"
        number = CertificateNumber.batch(started)
        simulated = started.simulated
        laboratory = one.laboratory
        place = one.place
        customer = started.order.customer
        order = started.order.id
        batch = started.order.batch
        authorisedBy = started.order.operator
        begun = source.record.firstUTC
        ended = source.record.lastUTC
        self.issued = source.record.lastUTC
        types = Self.distinct(
            documents.map {
                "\($0.item.manufacturer) \($0.item.model), class \($0.item.accuracyClass), \($0.item.wiring), "
                    + "\($0.item.voltage), \($0.item.current), \($0.item.maximumCurrent), \($0.item.frequency)"
            })
        meters = issued.map { entry in
            let document = entry.certificate
            let worst = document.worst
            return BatchRow(
                position: document.item.position, serial: document.item.serial, model: document.item.model,
                accuracyClass: document.item.accuracyClass, verdict: document.verdict, reasons: document.reasons,
                worst: worst?.error, U: worst?.U, limit: worst?.limit ?? "", at: worst?.head.words ?? "",
                certificate: entry.refusals.isEmpty ? document.number : "", file: entry.file, sha256: entry.sha256,
                refused: entry.refusals.map { "\($0.reason) (\($0.clause))" })
        }
        counts = ["pass", "fail", "inconclusive", "not tested"].map { word in
            .init(verdict: word, count: documents.count { $0.verdict.word == word })
        }
        sampling = "All \(documents.count) meters of the order were tested; no sample was drawn."
        methods = Self.distinct(documents.map(\.method))
        var sources = SourceList()
        for document in documents { for entry in document.sources { _ = sources.number(entry.citation) } }
        self.sources = sources.list
        standards = one.standards
        traceability = one.traceability
        decision = one.decision
        // What is the same for every meter concerns the run; the rest stands on the meters' own certificates.
        deviations = one.deviations.filter { text in documents.allSatisfy { $0.deviations.contains(text) } }
        software = one.software
        evidence = one.evidence
        statements = Statements.batch(simulated: started.simulated)
    }

    private static func distinct<T: Equatable>(_ list: [T]) -> [T] {
        var seen: [T] = []
        for one in list where !seen.contains(one) { seen.append(one) }
        return seen
    }
}
