import BenchCore

/// What stands on every page: laboratory, title, number and page above; the reproduction notice below; SIMULATED across.
struct PageFrame {
    var laboratory: String, title: String, number: String
    var simulated: Bool
    var software: String

    /// Draws head and foot of page `page` of `total`.
    func draw(_ pen: Pen, page: Int, of total: Int) {
        if simulated { pen.diagonal(Statements.simulatedMark, .sansBold, 118, .mark) }
        let (left, right) = (Flow.left, Flow.right)
        let pages = "Page \(page) of \(total)"
        pen.text(fit(laboratory, pen, .serifBold, 12, (right - left) * 0.62), left, 52, .serifBold, 12, .accent)
        pen.text(pages, right, 52, .sans, 8.5, .black, right: true)
        pen.text(title, left, 65.5, .sans, 8.5, .grey)
        pen.text(
            fit("No. " + number, pen, .sansBold, 8.5, (right - left) * 0.62), right, 65.5, .sansBold, 8.5, .black,
            right: true)
        pen.line([(left, 72), (right, 72)], 1.1, .accent)
        if simulated { pen.text(Statements.simulatedLine, left, 84, .sansBold, 8, .accent) }

        let foot = Paper.height - 48
        pen.line([(left, foot - 11), (right, foot - 11)], 0.4, .rule)
        pen.text(
            "To be reproduced in full only. Verdicts and figures are made from the evidence of the run.", left, foot,
            .sans, 6.8, .grey)
        pen.text(software, right, foot, .sans, 6.8, .grey, right: true)
    }

    /// Shortens a text that is too wide with an ellipsis.
    private func fit(_ text: String, _ pen: Pen, _ face: Face, _ size: Double, _ width: Double) -> String {
        if pen.typefaces.width(text, face, size) <= width { return text }
        var short = text
        while !short.isEmpty, pen.typefaces.width(short + "…", face, size) > width { short.removeLast() }
        return short + "…"
    }

    /// Sets a flow on pages and gives the bytes of the file.
    func paper(_ flow: Flow, _ properties: PaperProperties) throws -> [UInt8] {
        let paper = try Paper(properties, flow.typefaces)
        let pages = flow.pages()
        for (i, pieces) in pages.enumerated() {
            paper.page { pen in
                draw(pen, page: i + 1, of: pages.count)
                for entry in pieces { entry.piece.draw(pen, entry.y) }
            }
        }
        return try paper.finish()
    }
}

/// Parts of pages that meter and batch certificates share.
struct CommonSections {
    var simulated: Bool

    /// The large title with what it is about, and the number.
    func title(_ flow: inout Flow, _ title: String, _ subtitle: String) {
        flow.space(0)
        flow.append(
            Piece(height: 46, keep: true) { pen, y in pen.text(title, Flow.left, y + 30, .serif, 27, .black) })
        flow.paragraph(subtitle, TextStyle(face: .sans, size: 10.5, ink: .grey, leading: 14), after: 16)
    }

    /// The verdict between two rules, with its reasons.
    func verdict(_ flow: inout Flow, _ label: String, _ word: String, _ sentences: [String]) {
        flow.space(8)
        flow.append(
            Piece(height: 30, keep: !sentences.isEmpty) { pen, y in
                pen.line([(Flow.left, y), (Flow.right, y)], 1.1, .accent)
                pen.text(label, Flow.left, y + 19, .sans, 9, .grey)
                pen.text(word, Flow.left + 132, y + 20, .sansBold, 13, .black)
            })
        for (i, sentence) in sentences.enumerated() {
            flow.paragraph(sentence, .body, indent: 132, after: 1, keep: i == 0 && sentences.count > 1)
        }
        flow.append(
            Piece(height: 14) { pen, y in pen.line([(Flow.left, y + 5), (Flow.right, y + 5)], 1.1, .accent) })
    }

    func standards(_ flow: inout Flow, _ list: [MeterCertificate.StandardUsed], _ statement: String) {
        flow.heading("Standards and metrological traceability")
        flow.paragraph(statement, after: 6)
        let traced = list.filter { $0.traceability != nil }
        if !traced.isEmpty {
            flow.table(
                Table(
                    columns: [
                        .init(title: "Standard", width: 128), .init(title: "Serial number", width: 58),
                        .init(title: "Certificate"), .init(title: "Issued by"),
                        .init(title: "Calibrated", width: 44), .init(title: "Valid until", width: 44),
                    ],
                    rows: traced.map { one in
                        let t = one.traceability
                        return .cells([
                            "\(one.manufacturer) \(one.model), \(one.role)", one.serial, t?.certificate ?? "",
                            t?.issuer ?? "", t?.calibrated ?? "", t?.validUntil ?? "",
                        ])
                    }, size: 7.8))
        }
        let others = list.filter { $0.traceability == nil }
        if !others.isEmpty {
            let names = others.map { "\($0.role) \($0.manufacturer) \($0.model) (\($0.serial))" }
            flow.paragraph(
                "Further equipment, from which no value enters a result without one of the standards: "
                    + names.joined(separator: "; ") + ".", .note)
        }
    }

    func sources(_ flow: inout Flow, _ list: [MeterCertificate.LimitSource]) {
        guard !list.isEmpty else { return }
        flow.subheading("Sources of limits and rules")
        flow.table(
            Table(
                columns: [
                    .init(title: "Ref.", width: 26), .init(title: "Document and edition", width: 130),
                    .init(title: "Clause"), .init(title: "How the number was confirmed", width: 190),
                ],
                rows: list.map {
                    .cells([
                        "[\($0.reference)]", Statements.document($0.citation), $0.citation.clause,
                        $0.confirmation,
                    ])
                }, size: 7.8))
    }

    func decision(_ flow: inout Flow, _ decision: MeterCertificate.DecisionStatement) {
        flow.heading("Decision rule")
        flow.paragraph(decision.rule + " " + decision.guardBand + " " + decision.risk, after: 4, keep: true)
        for (i, meaning) in decision.meaning.enumerated() {
            flow.item("–", meaning, keep: i < decision.meaning.count - 1)
        }
    }

    func files(_ flow: inout Flow, _ files: [MeterCertificate.FileHash]) {
        guard !files.isEmpty else { return }
        flow.table(
            Table(
                columns: [.init(title: "File of the run folder"), .init(title: "SHA-256", width: 300, face: .mono)],
                rows: files.map { .cells([$0.path, $0.sha256]) }, size: 7.4))
    }

    func software(
        _ flow: inout Flow, _ software: MeterCertificate.SoftwareIdentity,
        _ evidence: MeterCertificate.EvidenceIdentity
    ) {
        let mono = TextStyle(face: .mono, size: 7.6, ink: .black, leading: 10.6)
        flow.pairs(
            [
                ("Program", ["\(software.name) \(software.version)"]), ("SHA-256 of program", [software.sha256]),
                ("Run", [evidence.run]), ("Lines of its journal", ["\(evidence.lines)"]),
                ("SHA-256 of last line", [evidence.root]),
            ], style: mono, gap: 1)
    }

    func end(_ flow: inout Flow, _ what: String) {
        flow.append(Piece(height: 14, keep: true) { _, _ in })
        flow.append(
            Piece(height: 16) { pen, y in
                let text = "End of \(what)"
                let half = pen.typefaces.width(text, .sans, 8.5) / 2 + 10
                let centre = (Flow.left + Flow.right) / 2
                pen.line([(centre - half - 60, y + 7), (centre - half, y + 7)], 0.6, .accent)
                pen.line([(centre + half, y + 7), (centre + half + 60, y + 7)], 0.6, .accent)
                pen.centred(text, centre, y + 10, .sans, 8.5)
            })
    }
}
