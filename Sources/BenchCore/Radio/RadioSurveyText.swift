extension RadioSurvey {
    /// Everything for a person, as lines of a terminal.
    public var text: String {
        var lines = [
            "\(file)  SHA-256 \(sha256)",
            "\(Decimal.fixed(duration, 3)) s at \(Decimal.shortest(rate)) samples a second (\(form.rawValue)), centre "
                + captures.map { Decimal.fixed($0.centre / 1e6, 4) }.joined(separator: ", ") + " MHz; bins of "
                + "\(Decimal.fixed(binWidth / 1e3, 3)) kHz, noise \(Decimal.fixed(noise, 1)) dBFS in a bin",
            "",
        ]
        lines += burstLines
        lines.append("")
        var table = TextTable(
            ["band", "bursts", "on the air s", "worst window s", "s of", "duty cycle %"], right: [1, 2, 3, 4, 5])
        for band in bands {
            table.add([
                band.band, "\(band.bursts)", Decimal.fixed(band.onTime, 6), Decimal.fixed(band.worst.onTime, 6),
                Decimal.shortest(band.worst.window), Decimal.fixed(band.worst.share * 100, 6),
            ])
        }
        lines += table.lines()
        lines.append(
            "on the air for \(Decimal.fixed(observedShare * 100, 5)) % of the recording; \(Decimal.fixed(perDay, 1)) transmissions a day at this rate"
        )
        if !channels.isEmpty {
            lines.append("")
            var table = TextTable(["channel MHz", "bursts", "longest ms"], right: [0, 1, 2])
            for channel in channels {
                table.add([
                    Decimal.fixed(channel.centre / 1e6, 4), "\(channel.bursts.count)",
                    Decimal.fixed(channel.longest * 1e3, 3),
                ])
            }
            lines += table.lines()
        }
        lines += verdictLines
        if !notes.isEmpty { lines.append("") }
        lines += notes.map { "note: \($0)" }
        return lines.joined(separator: "\n")
    }

    /// Share of the recording on the air.
    public var observedShare: Double {
        guard duration > 0, let all = bands.last else { return 0 }
        return all.onTime / duration
    }

    private var burstLines: [String] {
        guard !bursts.isEmpty else { return ["no bursts"] }
        let level = setup.fullScale == nil ? "dBFS" : "dBm \(setup.level.rawValue)"
        var table = TextTable(
            [
                "burst", "sample", "start s", "length ms", "U ms", "centre MHz", "99 % kHz", "−20 dB kHz", level,
                "SNR dB", "telegram",
            ],
            right: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
        for (index, burst) in bursts.enumerated() {
            let cut = (burst.cutAtStart ? "<" : "") + (burst.cutAtEnd ? ">" : "")
            table.add([
                "\(index)", Decimal.fixed(burst.sample, 0), Decimal.fixed(burst.start, 6),
                cut + Decimal.fixed(burst.length * 1e3, 3),
                Decimal.fixed(burst.lengthU * 1e3, 3), Decimal.fixed(burst.centre / 1e6, 4),
                Decimal.fixed(burst.bandwidth99 / 1e3, 1),
                burst.bandwidth20dB.map { Decimal.fixed($0 / 1e3, 1) } ?? "–",
                Decimal.fixed(setup.power(burst.power, at: setup.level) ?? burst.power, 1), Decimal.fixed(burst.snr, 1),
                burst.telegram.map { "\($0.mode.rawValue) \($0.address), device \($0.device), version \($0.version)" }
                    ?? "",
            ])
        }
        return table.lines()
    }

    private var verdictLines: [String] {
        verdicts.flatMap { verdict -> [String] in
            func text(_ value: Double?) -> String? {
                value.map { Decimal.fixed($0, Decimal.decimals(of: max(abs($0), 1e-6), significant: 4)) }
            }
            var found = ""
            if let value = text(verdict.value) {
                found = ": \(value)"
                if let U = verdict.U, U > 0 {
                    found += " ± \(Decimal.fixed(U, Decimal.decimals(of: U, significant: 2)))"
                }
                found += " \(verdict.unit)"
                if let limit = text(verdict.limit) { found += ", limit \(limit)" }
            }
            let shown =
                verdict.bursts.prefix(12).map(String.init).joined(separator: ", ")
                + (verdict.bursts.count > 12 ? " …" : "")
            return [
                "", "\(verdict.verdict.word.uppercased())  \(verdict.rule)\(found)",
            ] + (verdict.verdict.reason.map { ["  \($0)"] } ?? []) + [
                "  \(verdict.citation.text) (\(verdict.citation.verified.rawValue), confidence \(verdict.citation.confidence.rawValue)); bursts \(shown)"
            ]
        }
    }
}
