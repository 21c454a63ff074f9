import BenchCore

/// Why a document is not issued: which rule, its clause, and what is missing or wrong.
public struct Refusal: Sendable, Hashable, Codable {
    /// Name of the rule, clause it serves, and the reason.
    public var rule: String, clause: String, reason: String

    /// A refusal by its parts.
    public init(rule: String, clause: String, reason: String) {
        self.rule = rule
        self.clause = clause
        self.reason = reason
    }
}

/// One thing a certificate must say, as a check that can refuse to issue it.
public struct ContentRule<Document>: Sendable {
    /// Short name, and the clause it serves.
    public var name: String, clause: String
    /// The reason to refuse; `nil` where all is well.
    public var check: @Sendable (Document) -> String?

    init(_ name: String, _ clause: String, _ check: @escaping @Sendable (Document) -> String?) {
        self.name = name
        self.clause = clause
        self.check = check
    }
}

/// The content that ISO/IEC 17025:2017, ILAC-P14:09/2020 and ILAC-G8:09/2019 ask of a certificate, as rules.
///
/// Clauses are named from knowledge of the documents, in own words; the laboratory confirms them against its copies.
public enum ContentRules {
    /// What refuses a meter certificate; empty when it may be issued.
    public static func check(_ document: MeterCertificate) -> [Refusal] { run(meter, document) }
    /// What refuses a batch certificate; empty when it may be issued.
    public static func check(_ document: BatchCertificate) -> [Refusal] { run(batch, document) }

    private static func run<D>(_ rules: [ContentRule<D>], _ document: D) -> [Refusal] {
        rules.compactMap { rule in
            rule.check(document).map { Refusal(rule: rule.name, clause: rule.clause, reason: $0) }
        }
    }

    static func blank(_ text: String) -> Bool { text.allSatisfy(\.isWhitespace) }
    static func blank(_ lines: [String]) -> Bool { lines.allSatisfy { blank($0) } }
    /// `nil` where `fine`, else the reason.
    static func need(_ fine: Bool, _ reason: String) -> String? { fine ? nil : reason }
    /// Whether a text is a SHA-256 in hexadecimal.
    static func isHash(_ text: String) -> Bool {
        text.utf8.count == 64 && text.allSatisfy { $0.isHexDigit && !$0.isUppercase }
    }
    /// Whether a text begins with a day, `2026-11-21`.
    static func isDay(_ text: String) -> Bool {
        let parts = text.prefix(10).split(separator: "-", omittingEmptySubsequences: false)
        return parts.map(\.count) == [4, 2, 2] && parts.allSatisfy { $0.allSatisfy(\.isNumber) }
    }

    /// Rules for the certificate of a meter.
    public static let meter: [ContentRule<MeterCertificate>] = identityRules + resultRules + conformityRules

    private static let identityRules: [ContentRule<MeterCertificate>] = [
        .init("title", "ISO/IEC 17025:2017, 7.8.2.1 a") { need(!blank($0.title), "there is no title") },
        .init("laboratory", "ISO/IEC 17025:2017, 7.8.2.1 b") {
            need(
                !blank($0.laboratory.name) && !blank($0.laboratory.address),
                "name or address of the laboratory is missing")
        },
        .init("place", "ISO/IEC 17025:2017, 7.8.2.1 c") {
            need(!blank($0.place), "where the work was done is not said")
        },
        .init("number", "ISO/IEC 17025:2017, 7.8.2.1 d") {
            need(!blank($0.number), "the certificate has no number")
        },
        .init("customer", "ISO/IEC 17025:2017, 7.8.2.1 e") {
            need(
                $0.customer.count { !blank($0) } >= 2,
                "name and contact of the customer are needed (the order's «customer» has fewer than two lines)")
        },
        .init("method", "ISO/IEC 17025:2017, 7.8.2.1 f") { d in
            need(
                ![d.method.procedure, d.method.edition, d.method.basis, d.method.limits].contains { blank($0) },
                "procedure, edition, basis or limit table is not named")
        },
        .init("item", "ISO/IEC 17025:2017, 7.8.2.1 g") { d in
            need(
                ![d.item.manufacturer, d.item.model, d.item.serial, d.item.accuracyClass].contains { blank($0) },
                "manufacturer, model, serial number or class of the meter is missing")
        },
        .init("serial number answered", "ISO/IEC 17025:2017, 7.8.2.1 g") { d in
            guard let who = d.item.answered, !blank(who.serial), who.serial != d.item.serial else { return nil }
            return "the order says serial number «\(d.item.serial)», the meter answered «\(who.serial)»"
        },
        .init("dates performed", "ISO/IEC 17025:2017, 7.8.2.1 i") {
            need(isDay($0.begun) && isDay($0.ended) && $0.begun <= $0.ended, "the dates of the work are not known")
        },
        .init("date issued", "ISO/IEC 17025:2017, 7.8.2.1 j") {
            need(isDay($0.issued), "the date of issue is missing")
        },
        .init("only the item tested", "ISO/IEC 17025:2017, 7.8.2.1 l") { d in
            need(
                d.statements.contains { $0.contains("relate only to the meter") },
                "the statement that results relate only to the meter tested is missing")
        },
        .init("reproduction", "ISO/IEC 17025:2017, 7.8.2.1, note 2") { d in
            need(
                d.statements.contains { $0.contains("reproduced in full") },
                "the statement on reproduction in full is missing")
        },
        .init("deviations", "ISO/IEC 17025:2017, 7.8.2.1 n") { d in
            let missing = d.heads.filter { $0.verdict.word == "not tested" }
            return need(
                missing.isEmpty || d.deviations.contains { $0.contains("not taken") },
                "test points were left out and the deviations do not say so")
        },
        .init("authorised by", "ISO/IEC 17025:2017, 7.8.2.1 o") {
            need(!blank($0.authorisedBy), "nobody is named who authorises the certificate")
        },
        .init("external results", "ISO/IEC 17025:2017, 7.8.2.1 p") { d in
            need(
                d.statements.contains { $0.contains("external provider") },
                "it is not said whether results come from an external provider")
        },
        .init("data of the customer", "ISO/IEC 17025:2017, 7.8.2.2") { d in
            need(
                d.statements.contains { $0.contains("supplied by the customer") },
                "data supplied by the customer are not marked")
        },
    ]

    private static let resultRules: [ContentRule<MeterCertificate>] = [
        .init("results with uncertainty", "ISO/IEC 17025:2017, 7.8.4.1 a; ILAC-P14:09/2020, 6.1") { d in
            let bare = d.accuracy.filter { $0.error != nil && ($0.U == nil || $0.k == nil) }.map(\.head.number)
            return need(bare.isEmpty, "no uncertainty or coverage factor at test points \(Findings.ranges(bare))")
        },
        .init("two significant figures", "ILAC-P14:09/2020, 6.3") { d in
            let wrong = d.accuracy.filter { row in
                guard let U = row.U, let error = row.error else { return false }
                return U.text != Printed.uncertainty(U.value).text
                    || error.text != Printed.error(error.value, U: U.value).text
            }
            return need(
                wrong.isEmpty,
                "U or error is wrongly rounded at test points \(Findings.ranges(wrong.map(\.head.number)))"
            )
        },
        .init("coverage", "ILAC-P14:09/2020, 6.3") { d in
            need(
                d.uncertainty.contains("95.45 %") && d.uncertainty.contains("coverage factor"),
                "coverage factor and coverage probability are not explained")
        },
        .init("conditions", "ISO/IEC 17025:2017, 7.8.4.1 b") { d in
            let measured = d.accuracy.contains { $0.error != nil }
            let names = d.conditions.map(\.name)
            return need(
                !measured || names.contains("Air temperature") && names.contains("Frequency"),
                "temperature or frequency during the measurement is not known")
        },
        .init("traceability", "ISO/IEC 17025:2017, 7.8.4.1 c") { d in
            need(
                !blank(d.traceability) && d.standards.contains { $0.reference && $0.traceability != nil },
                "the reference standard has no statement of traceability")
        },
        .init("standards valid", "ISO/IEC 17025:2017, 6.4.6") { d in
            let late = d.standards.filter { ($0.traceability?.validUntil ?? "9") < d.ended.prefix(10) }
            return need(
                late.isEmpty,
                "calibration expired before the work was done: "
                    + late.map { "\($0.model) \($0.serial) (valid until \($0.traceability?.validUntil ?? ""))" }
                    .joined(separator: ", "))
        },
        .init("adjustment", "ISO/IEC 17025:2017, 7.8.4.1 d") { d in
            need(d.statements.contains { $0.contains("adjusted") }, "it is not said whether the meter was adjusted")
        },
        .init("no interval", "ISO/IEC 17025:2017, 7.8.4.3") { d in
            let words = ["next verification", "next calibration", "recalibration", "valid until"]
            let text = (d.statements + d.reasons).joined(separator: " ").lowercased()
            return need(!words.contains { text.contains($0) }, "a verification interval is recommended")
        },
        .init("evidence", "ISO/IEC 17025:2017, 7.5.1 and 7.11") { d in
            need(
                isHash(d.software.sha256) && isHash(d.evidence.root) && !d.method.files.isEmpty
                    && d.method.files.allSatisfy { isHash($0.sha256) } && !blank(d.software.version),
                "program, journal or frozen files are not identified by their hashes")
        },
    ]

    private static let conformityRules: [ContentRule<MeterCertificate>] = [
        .init("conformity", "ISO/IEC 17025:2017, 7.8.4.1 e") {
            need(!blank($0.conformity), "there is no statement of conformity")
        },
        .init("which results", "ISO/IEC 17025:2017, 7.8.6.2 a") { d in
            need(!d.heads.isEmpty, "there is no test point that the verdict could be about")
        },
        .init("which specification", "ISO/IEC 17025:2017, 7.8.6.2 b") { d in
            let judged = d.heads.filter { ["pass", "fail"].contains($0.verdict.word) && $0.source == nil }
            let unlimited = d.accuracy.filter { $0.head.verdict == .pass && $0.upper == nil }.map(\.head)
            return need(
                judged.isEmpty && unlimited.isEmpty,
                "no document and clause behind the verdict at test points "
                    + Findings.ranges((judged + unlimited).map(\.number)))
        },
        .init("sources named", "ISO/IEC 17025:2017, 7.8.6.2 b") { d in
            let known = Set(d.sources.map(\.reference))
            let lost = d.heads.filter { $0.source.map { !known.contains($0) } ?? false }.map(\.number)
            let empty = d.sources.contains {
                blank($0.citation.document) || blank($0.citation.edition) || blank($0.citation.clause)
            }
            return need(
                lost.isEmpty && !empty,
                empty
                    ? "a limit names no document, edition or clause"
                    : "the source of test points \(Findings.ranges(lost)) is not listed")
        },
        .init("weak sources do not decide", "MeterBench, Citation.Confidence") { d in
            let weak = d.heads.filter { $0.weakSource && ["pass", "fail"].contains($0.verdict.word) }.map(\.number)
            return need(
                weak.isEmpty,
                "a limit of low confidence decided the verdict at test points \(Findings.ranges(weak))")
        },
        .init("decision rule", "ISO/IEC 17025:2017, 7.8.6.2 c; ILAC-G8:09/2019, 4.2") { d in
            need(
                !blank(d.decision.rule) && !blank(d.decision.guardBand) && !blank(d.decision.meaning)
                    && d.decision.guardFactor >= 0, "decision rule or guard band is not stated")
        },
        .init("risk", "ISO/IEC 17025:2017, 7.8.6.1; ILAC-G8:09/2019, 5") { d in
            need(d.decision.risk.contains("%"), "the risk of a false decision is not stated")
        },
        .init("verdict follows from the points", "ISO/IEC 17025:2017, 7.8.6.1") { d in
            need(
                Findings.follows(d.verdict, d.heads.map(\.verdict), deviations: d.deviations),
                "the overall verdict «\(d.verdict.word)» does not follow from the test points")
        },
        .init("reasons", "ISO/IEC 17025:2017, 7.8.1.2") { d in
            need(d.verdict == .pass || !blank(d.reasons) && !d.reasons.isEmpty, "the verdict has no reasons")
        },
        .init("marked as simulated", "MeterBench, DESIGN 5") { d in
            guard d.simulated else {
                return need(
                    !d.number.hasPrefix(CertificateNumber.demonstration),
                    "a number of a demonstration on a certificate that is none")
            }
            return need(
                d.number.hasPrefix(CertificateNumber.demonstration) && d.laboratory.accreditation == nil
                    && d.statements.contains { $0.hasPrefix(Statements.simulatedMark) }
                    && d.traceability.hasPrefix("None."),
                "a simulated run is not marked so in number, statements and traceability, or claims accreditation")
        },
    ]

    /// Rules for the certificate of a batch.
    public static let batch: [ContentRule<BatchCertificate>] = [
        .init("title", "ISO/IEC 17025:2017, 7.8.2.1 a") { need(!blank($0.title), "there is no title") },
        .init("laboratory", "ISO/IEC 17025:2017, 7.8.2.1 b") {
            need(
                !blank($0.laboratory.name) && !blank($0.laboratory.address),
                "name or address of the laboratory is missing")
        },
        .init("place", "ISO/IEC 17025:2017, 7.8.2.1 c") {
            need(!blank($0.place), "where the work was done is not said")
        },
        .init("number", "ISO/IEC 17025:2017, 7.8.2.1 d") { need(!blank($0.number), "the certificate has no number") },
        .init("customer", "ISO/IEC 17025:2017, 7.8.2.1 e") {
            need($0.customer.count { !blank($0) } >= 2, "name and contact of the customer are needed")
        },
        .init("method", "ISO/IEC 17025:2017, 7.8.2.1 f") { d in
            need(
                !d.methods.isEmpty && !d.methods.contains { blank($0.procedure) || blank($0.edition) },
                "procedure or edition is not named")
        },
        .init("lot", "ISO/IEC 17025:2017, 7.8.2.1 g; IEC 62058-11") { d in
            let serials = d.meters.map(\.serial)
            return need(
                !blank(d.batch) && !serials.isEmpty && !serials.contains { blank($0) }
                    && Set(serials).count == serials.count,
                "the lot or its meters are not identified, or a serial number stands twice")
        },
        .init("dates", "ISO/IEC 17025:2017, 7.8.2.1 i and j") {
            need(
                isDay($0.begun) && isDay($0.ended) && isDay($0.issued) && $0.begun <= $0.ended,
                "the dates of the work or of issue are not known")
        },
        .init("sampling", "ISO/IEC 17025:2017, 7.8.2.1 k") {
            need(!blank($0.sampling), "it is not said whether a sample was drawn")
        },
        .init("only the items tested", "ISO/IEC 17025:2017, 7.8.2.1 l") { d in
            need(
                d.statements.contains { $0.contains("relate only to these meters") },
                "the statement that results relate only to the meters tested is missing")
        },
        .init("authorised by", "ISO/IEC 17025:2017, 7.8.2.1 o") {
            need(!blank($0.authorisedBy), "nobody is named who authorises the certificate")
        },
        .init("traceability", "ISO/IEC 17025:2017, 7.8.4.1 c") { d in
            need(
                !blank(d.traceability) && d.standards.contains { $0.reference && $0.traceability != nil },
                "the reference standard has no statement of traceability")
        },
        .init("decision rule", "ISO/IEC 17025:2017, 7.8.6.2 c") {
            need(!blank($0.decision.rule) && $0.decision.risk.contains("%"), "decision rule or risk is not stated")
        },
        .init("counts", "ISO/IEC 17025:2017, 7.8.1.2") { d in
            let right = d.counts.allSatisfy { entry in
                d.meters.count { $0.verdict.word == entry.verdict } == entry.count
            }
            return need(
                right && d.counts.reduce(0) { $0 + $1.count } == d.meters.count,
                "the counts do not agree with the list of meters")
        },
        .init("meter certificates bound", "MeterBench: a batch names its certificates by hash") { d in
            let loose = d.meters.filter { $0.refused.isEmpty && (blank($0.certificate) || !isHash($0.sha256)) }
            return need(
                loose.isEmpty,
                "no hash of the certificate of " + loose.map(\.serial).joined(separator: ", "))
        },
        .init("marked as simulated", "MeterBench, DESIGN 5") { d in
            guard d.simulated else {
                return need(
                    !d.number.hasPrefix(CertificateNumber.demonstration),
                    "a number of a demonstration on a certificate that is none")
            }
            return need(
                d.number.hasPrefix(CertificateNumber.demonstration) && d.laboratory.accreditation == nil
                    && d.statements.contains { $0.hasPrefix(Statements.simulatedMark) },
                "a simulated run is not marked so, or claims accreditation")
        },
    ]
}
