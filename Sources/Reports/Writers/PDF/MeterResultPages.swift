import BenchCore

/// The results of a meter certificate: tables, and the error curve.
enum MeterResultPages {
    static func results(_ flow: inout Flow, _ d: MeterCertificate) {
        flow.heading("Results")
        guard !d.heads.isEmpty else {
            flow.paragraph("The procedure has no test points.")
            return
        }
        if d.heads.allSatisfy({ $0.verdict.word == "not tested" }) {
            flow.paragraph("No test point was taken at this meter; see «Verdict and observations».")
            return
        }
        accuracy(&flow, d)
        noLoad(&flow, d)
        starting(&flow, d)
        repeatability(&flow, d)
        variations(&flow, d)
        MeterEventPages.events(&flow, d)
        MeterRadioPages.radio(&flow, d)
        register(&flow, d)
        directions(&flow, d)
        MeterSamplingPages.sampling(&flow, d)
        curves(&flow, d)
    }

    static func ref(_ head: MeterCertificate.PointHead) -> String { head.source.map { "[\($0)]" } ?? "–" }
    static func dash(_ figure: Figure?) -> String { figure?.text ?? "–" }
    static func strong(_ head: MeterCertificate.PointHead) -> Bool { head.verdict.word == "fail" }

    private static func accuracy(_ flow: inout Flow, _ d: MeterCertificate) {
        guard !d.accuracy.isEmpty else { return }
        flow.subheading("Percentage error")
        flow.paragraph(
            (d.reactive.map { "Reactive energy is that of the \($0). " } ?? "")
                + "Error = (energy indicated by the meter − energy of the reference) / energy of the reference, in percent. "
                + "U is its expanded uncertainty with coverage factor k.", .note, after: 5, keep: true)
        var rows: [Table.Row] = []
        var group = ""
        for row in d.accuracy {
            let load = row.head.load == .balanced ? "balanced load" : "single-phase load, all voltages applied"
            let title = "Accuracy, \(load), \(row.head.way)"
            if title != group {
                rows.append(.group(title))
                group = title
            }
            rows.append(
                .cells(
                    [
                        "\(row.head.number)", row.head.phases, row.head.factor(withSymbol: false), row.head.current,
                        dash(row.error), dash(row.U), dash(row.k), row.limit, ref(row.head), row.head.verdict.word,
                    ], strong: strong(row.head)))
        }
        flow.table(
            Table(
                columns: [
                    .init(title: "No.", width: 22, alignment: .right), .init(title: "Phases", width: 46),
                    .init(title: d.reactive == nil ? "Power factor" : "sin φ", width: 40),
                    .init(title: "Current", width: 52),
                    .init(title: "Error\n%", width: 46, alignment: .decimal),
                    .init(title: "U\n%", width: 36, alignment: .decimal),
                    .init(title: "k", width: 26, alignment: .decimal),
                    .init(title: "Limit\n%", width: 40, alignment: .decimal),
                    .init(title: "Ref.", width: 24), .init(title: "Verdict", width: 60),
                ], rows: rows))
    }

    private static func curves(_ flow: inout Flow, _ d: MeterCertificate) {
        let panels = d.curves.filter { $0.series.contains { !$0.points.isEmpty } }
        guard !panels.isEmpty else { return }
        flow.subheading("Error curve")
        flow.paragraph(
            "Percentage error over current; bars are the expanded uncertainty U, stepped lines the limits. Points of one "
                + "current stand side by side where bars would cover each other.", .note, after: 3, keep: true)
        for panel in panels { flow.append(CurvePlot(panel).piece(flow.typefaces)) }
        flow.space(6)
    }

    private static func noLoad(_ flow: inout Flow, _ d: MeterCertificate) {
        guard !d.noLoad.isEmpty else { return }
        flow.subheading("No-load test")
        flow.table(
            Table(
                columns: [
                    .init(title: "No.", width: 22, alignment: .right), .init(title: "Voltage", width: 60),
                    .init(title: "Current", width: 50),
                    .init(title: "Time watched\ns", width: 62, alignment: .decimal),
                    .init(title: "Time required\ns", width: 62, alignment: .decimal),
                    .init(title: "Pulses seen", width: 36, alignment: .right),
                    .init(title: "Pulses allowed", width: 40, alignment: .right), .init(title: "Ref.", width: 24),
                    .init(title: "Verdict", width: 56),
                ],
                rows: d.noLoad.map { row in
                    .cells(
                        [
                            "\(row.head.number)", row.head.voltage,
                            row.head.current + (row.after.map { ", after " + $0 } ?? ""), dash(row.watched),
                            dash(row.required), row.pulses.map { "\($0)" } ?? "–", row.allowed.map { "\($0)" } ?? "–",
                            ref(row.head), row.head.verdict.word,
                        ], strong: strong(row.head))
                }))
    }

    private static func starting(_ flow: inout Flow, _ d: MeterCertificate) {
        guard !d.starting.isEmpty else { return }
        flow.subheading("Starting test")
        flow.table(
            Table(
                columns: [
                    .init(title: "No.", width: 22, alignment: .right), .init(title: "Direction", width: 52),
                    .init(title: "Current", width: 60),
                    .init(title: "Time allowed\ns", width: 60, alignment: .decimal),
                    .init(title: "First pulse\ns", width: 52, alignment: .decimal),
                    .init(title: "Last pulse\ns", width: 52, alignment: .decimal),
                    .init(title: "Pulses", width: 34, alignment: .right), .init(title: "Ref.", width: 24),
                    .init(title: "Verdict", width: 56),
                ],
                rows: d.starting.map { row in
                    .cells(
                        [
                            "\(row.head.number)", row.head.way, row.head.current, dash(row.allowed),
                            dash(row.first), dash(row.last), row.pulses.map { "\($0)" } ?? "–", ref(row.head),
                            row.head.verdict.word,
                        ], strong: strong(row.head))
                }))
    }

    private static func repeatability(_ flow: inout Flow, _ d: MeterCertificate) {
        guard !d.repeatability.isEmpty else { return }
        flow.subheading("Repeatability")
        flow.table(
            Table(
                columns: [
                    .init(title: "No.", width: 22, alignment: .right), .init(title: "Load", width: 118),
                    .init(title: "Deter-\nminations", width: 48, alignment: .right),
                    .init(title: "Mean error\n%", width: 50, alignment: .decimal),
                    .init(title: "Standard deviation\n%", width: 52, alignment: .decimal),
                    .init(title: "Span\n%", width: 44, alignment: .decimal),
                    .init(title: "Ref.", width: 24), .init(title: "Verdict", width: 56),
                ],
                rows: d.repeatability.map { row in
                    .cells(
                        [
                            "\(row.head.number)", row.head.words, "\(row.repeats)", dash(row.mean), dash(row.deviation),
                            dash(row.span), ref(row.head), row.head.verdict.word,
                        ], strong: strong(row.head))
                }), after: 4)
        for row in d.repeatability where !row.errors.isEmpty || !row.accept.isEmpty {
            var text = "Test point \(row.head.number)"
            if !row.accept.isEmpty {
                text += ": accepted if " + row.accept + (row.limit.isEmpty ? "" : ", the limit being \(row.limit) %")
            }
            if !row.errors.isEmpty {
                text += "; determinations in %: " + row.errors.map(\.text).joined(separator: ", ")
            }
            flow.paragraph(text + ".", .note)
        }
    }

    private static func variations(_ flow: inout Flow, _ d: MeterCertificate) {
        guard !d.variations.isEmpty else { return }
        flow.subheading("Influence quantities")
        flow.paragraph(
            "Variation = error under the influence − error at reference conditions at the same current and power factor, in "
                + "percent. U is its expanded uncertainty with coverage factor k.", .note, after: 5, keep: true)
        flow.table(
            Table(
                columns: [
                    .init(title: "No.", width: 22, alignment: .right), .init(title: "Influence", width: 92),
                    .init(title: "Load", width: 84),
                    .init(title: "Reference\n%", width: 42, alignment: .decimal),
                    .init(title: "Variation\n%", width: 42, alignment: .decimal),
                    .init(title: "U\n%", width: 34, alignment: .decimal),
                    .init(title: "Limit\n%", width: 36, alignment: .decimal),
                    .init(title: "Ref.", width: 22), .init(title: "Verdict", width: 56),
                ],
                rows: d.variations.map { row in
                    .cells(
                        [
                            "\(row.head.number)", row.influence, row.head.words, dash(row.reference),
                            dash(row.variation), dash(row.U), row.limit, ref(row.head), row.head.verdict.word,
                        ], strong: strong(row.head))
                }))
    }

    private static func register(_ flow: inout Flow, _ d: MeterCertificate) {
        guard !d.register.isEmpty else { return }
        flow.subheading("Register (constant) test")
        let unit = d.reactive == nil ? "kWh" : "kvarh"
        flow.table(
            Table(
                columns: [
                    .init(title: "No.", width: 20, alignment: .right), .init(title: "Register"),
                    .init(title: "Registered\n\(unit)", width: 44, alignment: .decimal),
                    .init(title: "By pulses\n\(unit)", width: 42, alignment: .decimal),
                    .init(title: "Reference\n\(unit)", width: 42, alignment: .decimal),
                    .init(title: "Error\n%", width: 38, alignment: .decimal),
                    .init(title: "U\n%", width: 32, alignment: .decimal),
                    .init(title: "k", width: 22, alignment: .decimal),
                    .init(title: "Limit\n%", width: 28, alignment: .decimal),
                    .init(title: "Ref.", width: 18), .init(title: "Verdict", width: 50),
                ],
                rows: d.register.map { row in
                    .cells(
                        [
                            "\(row.head.number)", row.name.isEmpty ? row.head.way : row.name,
                            dash(row.registered), dash(row.pulses), dash(row.reference), dash(row.error), dash(row.U),
                            dash(row.k), row.limit.isEmpty ? "–" : row.limit, ref(row.head), row.head.verdict.word,
                        ], strong: strong(row.head))
                }, size: 7.8), after: 4)
        for row in d.register {
            var parts: [String] = []
            if let begin = row.begin, let end = row.end {
                parts.append("register read \(begin.text) \(unit) before and \(end.text) \(unit) after")
            }
            if !row.still.isEmpty {
                parts.append(
                    "registers that had to stand still moved by "
                        + row.still.map { "\($0.moved.text) \(unit) (\($0.name))" }.joined(separator: ", "))
            }
            parts += row.findings
            if let reason = row.head.verdict.reason, !reason.isEmpty, row.error == nil { parts.append(reason) }
            if !parts.isEmpty {
                flow.paragraph(
                    "Test point \(row.head.number), \(row.head.words): " + parts.joined(separator: "; ") + ".", .note)
            }
        }
    }

    private static func directions(_ flow: inout Flow, _ d: MeterCertificate) {
        guard !d.directions.isEmpty else { return }
        flow.subheading("Registers of both directions")
        flow.paragraph(
            "Import and export as the registers must show them by the reference standard"
                + (d.summation.map { ", the phases added by \($0.rawValue) summation as the meter type states" } ?? "")
                + ", and as they did. Deviation is that of the worse register in percent of all energy that flowed in the phases, "
                + "whichever way; U is its expanded uncertainty.", .note, after: 5, keep: true)
        flow.table(
            Table(
                columns: [
                    .init(title: "No.", width: 20, alignment: .right), .init(title: "Load", width: 104),
                    .init(title: "Import must\nkWh", width: 44, alignment: .decimal),
                    .init(title: "Import did\nkWh", width: 42, alignment: .decimal),
                    .init(title: "Export must\nkWh", width: 44, alignment: .decimal),
                    .init(title: "Export did\nkWh", width: 42, alignment: .decimal),
                    .init(title: "Deviation\n%", width: 40, alignment: .decimal),
                    .init(title: "U\n%", width: 32, alignment: .decimal),
                    .init(title: "Limit\n%", width: 30, alignment: .decimal),
                    .init(title: "Ref.", width: 18), .init(title: "Verdict", width: 50),
                ],
                rows: d.directions.map { row in
                    .cells(
                        [
                            "\(row.head.number)",
                            row.flow.isEmpty ? row.head.words : "\(row.head.current), \(row.flow)",
                            dash(row.expectedImport), dash(row.registeredImport), dash(row.expectedExport),
                            dash(row.registeredExport), dash(row.deviation), dash(row.U), row.limit, ref(row.head),
                            row.head.verdict.word,
                        ], strong: strong(row.head))
                }, size: 7.8), after: 4)
    }
}
