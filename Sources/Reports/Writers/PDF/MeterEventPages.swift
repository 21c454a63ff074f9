import BenchCore

/// Dips, interruptions and swells on a meter certificate.
enum MeterEventPages {
    static func events(_ flow: inout Flow, _ d: MeterCertificate) {
        guard !d.events.isEmpty else { return }
        flow.subheading("Dips, interruptions and swells of the voltage")
        flow.paragraph(
            "Each event was proved by sampling (IEC 61000-4-30, class A: lowest or highest rms value of one cycle in percent of the declared "
                + "voltage, and duration); one that was not applied as asked says nothing of the meter. Energies are those of register and reference "
                + "over the whole test; errors are by pulses, over the events and after them.", .note, after: 5,
            keep: true)
        let dash = MeterResultPages.dash
        flow.table(
            Table(
                columns: [
                    .init(title: "No.", width: 20, alignment: .right), .init(title: "Event"),
                    .init(title: "Load", width: 62),
                    .init(title: "Seen\n%", width: 32, alignment: .decimal),
                    .init(title: "Seen\nms", width: 36, alignment: .decimal),
                    .init(title: "Register\nWh", width: 40, alignment: .decimal),
                    .init(title: "Reference\nWh", width: 42, alignment: .decimal),
                    .init(title: "During\n%", width: 36, alignment: .decimal),
                    .init(title: "After\n%", width: 36, alignment: .decimal),
                    .init(title: "U\n%", width: 30, alignment: .decimal),
                    .init(title: "Ref.", width: 18), .init(title: "Verdict", width: 50),
                ],
                rows: d.events.map { row in
                    .cells(
                        [
                            "\(row.head.number)", row.times > 1 ? "\(row.times) × \(row.event)" : row.event,
                            row.head.current == "open" ? "no current" : row.head.words, dash(row.extreme),
                            dash(row.duration), dash(row.registered), dash(row.reference), dash(row.during),
                            dash(row.after), dash(row.U), MeterResultPages.ref(row.head),
                            row.head.verdict.word,
                        ], strong: MeterResultPages.strong(row.head))
                }, size: 7.8), after: 4)
        for row in d.events {
            var parts: [String] = []
            if let before = row.before, let k = row.k {
                parts.append("error \(before.text) % before the events, coverage factor \(k.text)")
            }
            if let silent = row.silent { parts.append("answered again after \(silent.text) s at the latest") }
            if let logged = row.logged { parts.append("its log counted \(logged.text) of \(row.times)") }
            parts += row.findings
            if !parts.isEmpty {
                flow.paragraph("Test point \(row.head.number): " + parts.joined(separator: "; ") + ".", .note)
            }
        }
    }
}
