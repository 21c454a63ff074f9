import BenchCore

/// The pages of a batch certificate.
enum BatchPages {
    /// The bytes of the PDF file: the same document gives the same bytes.
    static func pdf(_ document: BatchCertificate) throws -> [UInt8] {
        var flow = Flow(try Typefaces())
        let common = CommonSections(simulated: document.simulated)
        cover(&flow, document, common)
        meters(&flow, document)
        flow.heading("Method")
        for method in document.methods {
            flow.pairs([
                ("Procedure", ["\(method.title) (\(method.procedure), edition \(method.edition))"]),
                ("Basis", [method.basis]), ("Limits", [method.limits]),
            ])
        }
        flow.pairs([
            (
                "Deviations that concern the whole run",
                document.deviations.isEmpty ? ["None."] : document.deviations
            )
        ])
        common.sources(&flow, document.sources)
        common.standards(&flow, document.standards, document.traceability)
        common.decision(&flow, document.decision)
        flow.heading("Certificates of the meters")
        flow.paragraph(
            "SHA-256 of the certificate file of each meter, which is part of this document:", after: 5, keep: true)
        flow.table(
            Table(
                columns: [.init(title: "File"), .init(title: "SHA-256", width: 300, face: .mono)],
                rows: document.meters.map {
                    .cells([$0.file.isEmpty ? "\($0.serial): none issued" : $0.file, $0.sha256])
                }, size: 7.4))
        flow.heading("Software and evidence")
        common.software(&flow, document.software, document.evidence)
        flow.space(6)
        if let method = document.methods.first { common.files(&flow, method.files) }
        flow.heading("Statements")
        for statement in document.statements { flow.item("–", statement) }
        common.end(&flow, "certificate")
        let frame = PageFrame(
            laboratory: document.laboratory.name, title: document.title, number: document.number,
            simulated: document.simulated, software: "MeterBench \(document.software.version)")
        return try frame.paper(
            flow,
            PaperProperties(
                title: "\(document.title) \(document.number)", subject: "Lot \(document.batch)",
                author: document.laboratory.name,
                keywords: document.number + (document.simulated ? ", \(Statements.simulatedMark)" : ""),
                created: PageParts.created(document.issued)))
    }

    private static func cover(_ flow: inout Flow, _ d: BatchCertificate, _ common: CommonSections) {
        let n = d.meters.count
        common.title(&flow, d.title, n == 1 ? "Verification of one meter" : "Verification of \(n) electricity meters")
        flow.pairs([
            ("Issued by", [d.laboratory.name] + d.laboratory.address),
            ("Accreditation", [d.laboratory.accreditation ?? ""].filter { !$0.isEmpty }),
            ("Customer", d.customer), ("Order", [d.order]),
        ])
        flow.pairs([("Lot", [d.batch])], style: .strong)
        flow.pairs([("Meters", d.types), ("Sampling", [d.sampling])])
        flow.space(7)
        flow.pairs([
            ("Date of verification", [PageParts.period(d.begun, d.ended)]), ("Place of verification", d.place),
            ("Date of issue", [Printed.day(d.issued)]),
        ])
        let counts = d.counts.filter { $0.count > 0 }.map { "\($0.count) \($0.verdict)" }
        common.verdict(&flow, "Result", counts.joined(separator: ",  "), [])
        if d.simulated { flow.paragraph(d.statements.first ?? "", .note, after: 10) }
        flow.append(PageParts.signatures(d.authorisedBy, d.simulated))
    }

    private static func meters(_ flow: inout Flow, _ d: BatchCertificate) {
        flow.heading("Meters and verdicts")
        flow.paragraph(
            "The largest error is the one that takes up most of its limit; U is its expanded uncertainty.", .note,
            after: 5,
            keep: true)
        flow.table(
            Table(
                columns: [
                    .init(title: "Pos.", width: 20, alignment: .right), .init(title: "Serial number", width: 66),
                    .init(title: "Verdict", width: 52),
                    .init(title: "Largest error\n%", width: 48, alignment: .decimal),
                    .init(title: "U\n%", width: 34, alignment: .decimal),
                    .init(title: "Limit\n%", width: 32, alignment: .decimal), .init(title: "at"),
                ],
                rows: d.meters.map { one in
                    .cells(
                        [
                            "\(one.position)", one.serial, one.verdict.word, one.worst?.text ?? "–", one.U?.text ?? "–",
                            one.limit.isEmpty ? "–" : one.limit, one.at.isEmpty ? "–" : one.at,
                        ], strong: one.verdict.word == "fail")
                }))
        let reasons = d.meters.filter { !$0.reasons.isEmpty || !$0.refused.isEmpty }
        guard !reasons.isEmpty else { return }
        flow.subheading("Reasons")
        for one in reasons {
            var lines = one.reasons.prefix(4).map { MeterPages.capital($0) + "." }
            if one.reasons.count > lines.count {
                lines.append("\(one.reasons.count - lines.count) more in the certificate of the meter.")
            }
            lines += one.refused.map { "No certificate was issued: \($0)." }
            flow.pairs([(one.serial, lines)], label: 96)
        }
    }
}
