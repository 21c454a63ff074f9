import BenchCore

/// The pages of a meter certificate that tell what the meter transmitted.
enum MeterRadioPages {
    static func radio(_ flow: inout Flow, _ d: MeterCertificate) {
        guard !d.radio.isEmpty else { return }
        let dash = MeterResultPages.dash
        flow.subheading("Duty cycle on the air")
        flow.paragraph(
            "Duty cycle = time on the air / time, in percent, in the worst window of the rule where the watch was longer. U is its expanded "
                + "uncertainty with coverage factor 2.", .note, after: 5, keep: true)
        flow.table(
            Table(
                columns: [
                    .init(title: "No.", width: 22, alignment: .right), .init(title: "Band and use"),
                    .init(title: "Watched\ns", width: 42, alignment: .decimal),
                    .init(title: "Trans-\nmissions", width: 44, alignment: .right),
                    .init(title: "On the air\ns", width: 44, alignment: .decimal),
                    .init(title: "Duty cycle\n%", width: 46, alignment: .decimal),
                    .init(title: "U\n%", width: 36, alignment: .decimal),
                    .init(title: "Limit\n%", width: 34, alignment: .decimal),
                    .init(title: "Ref.", width: 22), .init(title: "Verdict", width: 56),
                ],
                rows: d.radio.map { row in
                    .cells(
                        [
                            "\(row.head.number)", row.band, dash(row.watched), row.transmissions.map { "\($0)" } ?? "–",
                            dash(row.onTime), dash(row.duty), dash(row.U), dash(row.limit),
                            MeterResultPages.ref(row.head), row.head.verdict.word,
                        ], strong: MeterResultPages.strong(row.head))
                }), after: 4)
        for row in d.radio where !row.receiver.isEmpty {
            flow.paragraph("Test point \(row.head.number): received at \(row.receiver).", .note)
        }
    }
}
