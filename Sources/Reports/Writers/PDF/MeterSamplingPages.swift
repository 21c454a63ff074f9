import BenchCore

/// What a digitizer sampled beside the tests, and the waveforms that are kept as evidence.
enum MeterSamplingPages {
    static func sampling(_ flow: inout Flow, _ d: MeterCertificate) {
        guard !d.sampling.isEmpty else { return }
        flow.subheading("Sampled beside the tests")
        flow.paragraph(
            "Voltages and currents as a digitizer saw them while each test was measured: windows of 10 or 12 cycles, their lowest and "
                + "highest frequency, the largest distortion of a voltage and the largest unbalance. Late: how much later than their "
                + "samples 99.9 % of all blocks came at most.", .note, after: 5, keep: true)
        let dash = MeterResultPages.dash
        flow.table(
            Table(
                columns: [
                    .init(title: "No.", width: 22, alignment: .right), .init(title: "Digitizer"),
                    .init(title: "Rate\nHz", width: 44, alignment: .right),
                    .init(title: "Frames", width: 50, alignment: .right),
                    .init(title: "Lost", width: 26, alignment: .right),
                    .init(title: "Late\nms", width: 36, alignment: .decimal),
                    .init(title: "Frequency\nHz", width: 82, alignment: .right),
                    .init(title: "THD\n%", width: 32, alignment: .decimal),
                    .init(title: "Unbal.\n%", width: 32, alignment: .decimal),
                    .init(title: "Events", width: 34, alignment: .right),
                ],
                rows: d.sampling.map { row in
                    .cells([
                        "\(row.number)", row.instrument, row.rate.text, "\(row.frames)", "\(row.lost)", dash(row.late),
                        row.lowest.map { "\($0.text) … \(dash(row.highest))" } ?? "–", dash(row.distortion),
                        dash(row.unbalance), row.events.map { "\($0)" } ?? "–",
                    ])
                }, size: 7.8), after: 4)
        if !d.corrections.isEmpty {
            let files = d.corrections.map { "\($0.id) (\($0.file), SHA-256 \($0.sha256))" }
            flow.paragraph(
                "What the digitizer saw is corrected by " + files.joined(separator: "; ")
                    + "; its waveforms are kept as sampled.", .note)
        }
        let kept = d.sampling.flatMap { row in row.waveforms.map { (row.number, $0) } }
        guard !kept.isEmpty else { return }
        flow.paragraph(
            "Waveforms kept with the run, below «waveforms/»; each is tied to the journal by the SHA-256 of the last line of its index.",
            .note, after: 5, keep: true)
        flow.table(
            Table(
                columns: [
                    .init(title: "No.", width: 22, alignment: .right), .init(title: "Waveform"),
                    .init(title: "Frames", width: 46, alignment: .right),
                    .init(title: "Missing", width: 34, alignment: .right), .init(title: "SHA-256", width: 256),
                ],
                rows: kept.map { number, waveform in
                    .cells([
                        "\(number)", waveform.folder, "\(waveform.frames)", "\(waveform.missing)", waveform.indexHash,
                    ])
                }, size: 7), after: 4)
    }
}
