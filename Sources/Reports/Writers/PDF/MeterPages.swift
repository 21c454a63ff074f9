import BenchCore

/// The pages of a meter certificate.
enum MeterPages {
    /// The bytes of the PDF file: the same document gives the same bytes.
    static func pdf(_ document: MeterCertificate) throws -> [UInt8] {
        var flow = Flow(try Typefaces())
        cover(&flow, document)
        flow.newPage()
        method(&flow, document)
        let common = CommonSections(simulated: document.simulated)
        common.standards(&flow, document.standards, document.traceability)
        conditions(&flow, document)
        MeterResultPages.results(&flow, document)
        uncertainty(&flow, document)
        common.decision(&flow, document.decision)
        findings(&flow, document)
        flow.heading("Software and evidence")
        flow.paragraph(
            "The certificate is made from the evidence of the run alone; the same evidence gives the same bytes.",
            after: 6, keep: true)
        common.software(&flow, document.software, document.evidence)
        flow.space(6)
        common.files(&flow, document.method.files)
        statements(&flow, document.statements)
        common.end(&flow, "certificate")
        let frame = PageFrame(
            laboratory: document.laboratory.name, title: document.title, number: document.number,
            simulated: document.simulated, software: "MeterBench \(document.software.version)")
        return try frame.paper(
            flow,
            PaperProperties(
                title: "\(document.title) \(document.number)",
                subject: "\(document.item.manufacturer) \(document.item.model), serial number \(document.item.serial)",
                author: document.laboratory.name,
                keywords: document.number + (document.simulated ? ", \(Statements.simulatedMark)" : ""),
                created: PageParts.created(document.issued)))
    }

    private static func cover(_ flow: inout Flow, _ d: MeterCertificate) {
        let common = CommonSections(simulated: d.simulated)
        common.title(&flow, d.title, d.item.description)
        let item = d.item
        flow.pairs([
            ("Issued by", [d.laboratory.name] + d.laboratory.address),
            ("Accreditation", [d.laboratory.accreditation ?? ""].filter { !$0.isEmpty }),
            ("Customer", d.customer), ("Order and lot", ["\(d.order), lot \(d.batch)"]),
        ])
        flow.space(7)
        flow.pairs([
            ("Object", [item.description]), ("Manufacturer", [item.manufacturer]), ("Type", [item.model]),
        ])
        flow.pairs([("Serial number", [item.serial])], style: .strong)
        flow.pairs([
            ("Connection", ["\(item.wiring), \(item.connection)"]),
            (
                "Rated values",
                [[item.voltage, item.current, item.maximumCurrent, item.frequency].joined(separator: ",  ")]
            ),
            ("Meter constant", item.constants), ("Read from the meter", answered(item)),
        ])
        flow.space(7)
        flow.pairs([
            ("Date of verification", [PageParts.period(d.begun, d.ended)]),
            (
                "Place of verification",
                d.place.prefix(1).map { "\($0), position \(item.position)" } + d.place.dropFirst()
            ), ("Date of issue", [Printed.day(d.issued)]),
        ])
        common.verdict(&flow, "Verdict", d.verdict.word, reasons(d, flow))
        flow.space(6)
        flow.paragraph(
            "The uncertainty of every result, the decision rule and the statements on the last page are part of this "
                + "certificate. " + (d.simulated ? d.statements.first ?? "" : ""), .note, after: 14, keep: true)
        flow.append(PageParts.signatures(d.authorisedBy, d.simulated))
    }

    /// The statement of conformity and as many reasons as the first page has room for.
    private static func reasons(_ d: MeterCertificate, _ flow: Flow) -> [String] {
        // What follows on the page: frame of the verdict, note, signatures.
        let room = Flow.bottom - Flow.top - flow.height - 178
        func lines(_ text: String) -> Double { Double(flow.wrap(text, .body, Flow.width - 132).count) * 12.6 + 1 }
        var shown = [d.conformity]
        var used = lines(d.conformity)
        for (i, reason) in d.reasons.enumerated() {
            let sentence = capital(reason) + "."
            let rest = d.reasons.count - i
            if used + lines(sentence) + (rest > 1 ? 13.6 : 0) > room {
                shown.append("\(rest) \(i == 0 ? "reasons" : "more") under «Verdict and observations».")
                break
            }
            used += lines(sentence)
            shown.append(sentence)
        }
        return shown
    }

    private static func answered(_ item: MeterCertificate.Item) -> [String] {
        guard let who = item.answered else { return ["nothing: no data interface, or no answer"] }
        let parts = [
            who.manufacturer, who.model, who.serial.isEmpty ? "" : "serial number \(who.serial)",
            who.firmware.isEmpty ? "" : "firmware \(who.firmware)",
        ]
        return [parts.filter { !$0.isEmpty }.joined(separator: ", ")].filter { !$0.isEmpty }
    }

    static func capital(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }

    private static func method(_ flow: inout Flow, _ d: MeterCertificate) {
        flow.heading("Method")
        flow.pairs([
            ("Procedure", ["\(d.method.title) (\(d.method.procedure), edition \(d.method.edition))"]),
            ("Basis", [d.method.basis]), ("Limits", [d.method.limits]), ("Steps, in this order", d.method.steps),
        ])
        CommonSections(simulated: d.simulated).sources(&flow, d.sources)
    }

    private static func conditions(_ flow: inout Flow, _ d: MeterCertificate) {
        guard !d.conditions.isEmpty else { return }
        flow.heading("Conditions during the measurements")
        flow.table(
            Table(
                columns: [
                    .init(title: "Quantity", width: 170),
                    .init(title: "Lowest observed", width: 80, alignment: .decimal),
                    .init(title: "Highest observed", width: 80, alignment: .decimal),
                    .init(title: "Allowed by the procedure", width: 100, alignment: .right),
                ],
                rows: d.conditions.map {
                    .cells([
                        "\($0.name) in \($0.unit)", $0.lowest.text, $0.highest.text,
                        $0.allowed.isEmpty ? "–" : $0.allowed,
                    ])
                }))
        guard !d.variations.isEmpty || !d.events.isEmpty else { return }
        flow.paragraph(
            "Tests of influence quantities and of voltage events depart from these conditions on purpose; what they applied stands with their results.",
            .note)
    }

    private static func uncertainty(_ flow: inout Flow, _ d: MeterCertificate) {
        let stated =
            d.accuracy.contains { $0.U != nil } || d.register.contains { $0.U != nil }
            || d.variations.contains { $0.U != nil } || d.events.contains { $0.U != nil }
        guard stated else { return }
        flow.heading("Measurement uncertainty")
        flow.paragraph(d.uncertainty, after: 6)
        guard let budget = d.budget else { return }
        flow.subheading("Budget of test point \(budget.number) (\(budget.point)), the largest error against its limit")
        flow.table(
            Table(
                columns: [
                    .init(title: "Quantity"), .init(title: "Distribution", width: 52),
                    .init(title: "Standard uncertainty", width: 50, alignment: .decimal),
                    .init(title: "Unit", width: 20),
                    .init(title: "Sensitivity\n% per unit", width: 52, alignment: .decimal),
                    .init(title: "Contribution\n%", width: 50, alignment: .decimal),
                    .init(title: "Degrees of freedom", width: 42, alignment: .right),
                ],
                rows: budget.lines.map {
                    .cells([
                        $0.name, $0.distribution, $0.u.text, $0.unit, $0.sensitivity.text, $0.contribution.text,
                        $0.degrees,
                    ])
                } + [
                    .cells(
                        ["Combined standard uncertainty u", "", "", "", "", budget.u.text, budget.degrees], strong: true
                    ),
                    .cells(
                        [
                            "Expanded uncertainty U, k = \(budget.k.text)", "", "", "", "", budget.U.text,
                            "",
                        ],
                        strong: true),
                ], size: 7.8))
    }

    private static func findings(_ flow: inout Flow, _ d: MeterCertificate) {
        flow.heading("Verdict and observations")
        flow.pairs([("Verdict", [d.verdict.word])], style: .strong)
        flow.pairs([("Conformity", [d.conformity])])
        if !d.reasons.isEmpty { flow.pairs([("Reasons", d.reasons.map { capital($0) + "." })]) }
        flow.pairs(
            [
                (
                    "Additions to, deviations from and exclusions from the procedure",
                    d.deviations.isEmpty ? ["None."] : d.deviations
                )
            ])
        if d.observations.isEmpty {
            flow.pairs([("Repeats, faults and findings", ["None."])])
        } else {
            flow.subheading("Repeats, faults and findings")
            flow.table(
                Table(
                    columns: [.init(title: "Test points", width: 92), .init(title: "Observation")],
                    rows: d.observations.map {
                        .cells([$0.points.isEmpty ? "–" : Findings.ranges($0.points), $0.text])
                    }))
        }
    }

    private static func statements(_ flow: inout Flow, _ list: [String]) {
        flow.heading("Statements")
        for statement in list { flow.item("–", statement) }
    }
}

/// Small parts of pages.
enum PageParts {
    /// The moment of issue as a PDF property: whole seconds.
    static func created(_ utc: String) -> String { String(utc.prefix(19)) + "Z" }

    /// One day, or from day to day, with times.
    static func period(_ begun: String, _ ended: String) -> String {
        let (a, b) = (Printed.day(begun), Printed.day(ended))
        let times = (Printed.time(begun), Printed.time(ended))
        if a == b { return "\(a), \(times.0.dropLast(4)) to \(times.1)" }
        return "\(a), \(times.0) to \(b), \(times.1)"
    }

    /// Where the person who authorises is named, and what seals the document.
    static func signatures(_ name: String, _ simulated: Bool) -> Piece {
        Piece(height: 52) { pen, y in
            let middle = Flow.left + 250
            pen.text("Performed and authorised by", Flow.left, y + 9, .sans, 8, .grey)
            pen.text(name, Flow.left, y + 23, .sansBold, 9.5)
            pen.text("Electronic signature", middle, y + 9, .sans, 8, .grey)
            pen.text(
                simulated ? "demonstration key; detached CMS signature" : "detached CMS signature of the laboratory",
                middle,
                y + 23, .sans, 9)
            pen.text("beside this file, same name with .p7s", middle, y + 35, .sans, 9)
        }
    }
}
