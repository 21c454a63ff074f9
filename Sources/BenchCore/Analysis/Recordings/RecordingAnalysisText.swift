extension RecordingAnalysis {
    /// Everything for a person, as lines of a terminal.
    public var text: String {
        var lines = [
            "\(frames) frames, \(Decimal.shortest(rate)) a second, \(Decimal.fixed(duration, 3)) s"
                + (start.map { ", from \($0)" } ?? "")
        ]
        lines += channelLines
        if let frequency {
            lines.append("")
            lines.append(
                "frequency  \(Decimal.fixed(frequency, 5)) Hz by \(frequencyByFit == true ? "the multi-sine fit" : "whole cycles"); "
                    + "\(windows.count) windows of \(nominal == 60 ? 12 : 10) cycles, \(windows.count { $0.flagged }) flagged"
            )
        }
        lines += intervalLines
        lines += powerLines
        lines += uncertaintyLines
        lines += harmonicLines
        if let negativeUnbalance, let zeroUnbalance {
            lines.append("")
            lines.append(
                "unbalance  u2 \(Decimal.fixed(negativeUnbalance, 3)) %, u0 \(Decimal.fixed(zeroUnbalance, 3)) %"
            )
        }
        lines += eventLines
        for (n, values) in flicker.enumerated() {
            for value in values {
                lines.append(
                    "flicker L\(n + 1)  Pst \(Decimal.fixed(value.pst, 3)), Pinst,max \(Decimal.fixed(value.pinstMax, 2)), "
                        + "\(Decimal.shortest(value.duration)) s from \(Decimal.shortest(value.start)) s"
                        + (value.isStandard ? "" : " (not the 10 min of the standard)"))
            }
        }
        if let edges { lines += ["", edges.text] }
        lines += correctionLines
        if !notes.isEmpty { lines.append("") }
        lines += notes.map { "note: \($0)" }
        return lines.joined(separator: "\n")
    }

    private var correctionLines: [String] {
        corrections.flatMap { file in
            ["", "corrections \(file.id)  (\(file.file), SHA-256 \(file.sha256))"]
                + file.certificates.map { certificate in
                    let what = [certificate.channel, certificate.part, certificate.instrument].filter { !$0.isEmpty }
                    let paper = certificate.traceability
                    return "  \(what.joined(separator: " ")): certificate \(paper.certificate), \(paper.issuer), "
                        + "\(paper.calibrated), valid until \(paper.validUntil)"
                }
        }
    }

    private var channelLines: [String] {
        var table = TextTable(
            ["channel", "unit", "rms", "mean", "lowest", "highest", "noise", "saturated"], right: [2, 3, 4, 5, 6, 7])
        for channel in channels {
            table.add([
                channel.name, channel.unit, Decimal.fixed(channel.rms, 5), Decimal.fixed(channel.mean, 5),
                Decimal.fixed(channel.lowest, 4), Decimal.fixed(channel.highest, 4),
                channel.noise.map { Decimal.fixed($0, Decimal.decimals(of: $0, significant: 2)) } ?? "–",
                channel.saturated == 0 ? "no" : "\(channel.saturated) samples",
            ])
        }
        return table.lines(indent: "  ")
    }

    private var intervalLines: [String] {
        guard !intervals.isEmpty else { return [] }
        var table = TextTable(
            ["from", "s", "windows"] + channels.map { $0.unit.isEmpty ? $0.name : "\($0.name) / \($0.unit)" } + [""],
            right: Set(1..<(3 + channels.count)))
        for interval in intervals {
            table.add(
                [interval.start, Decimal.shortest(interval.seconds), "\(interval.windows)"]
                    + interval.rms.map { Decimal.fixed($0, 4) }
                    + [
                        [interval.flagged ? "flagged" : "", interval.complete ? "" : "not whole"].filter { !$0.isEmpty }
                            .joined(separator: ", ")
                    ])
        }
        return ["", "ten minutes and two hours of UTC, of the windows (IEC 61000-4-30)"] + table.lines(indent: "  ")
    }

    private var powerLines: [String] {
        guard phases.contains(where: { $0.power != nil }) else { return [] }
        var table = TextTable(
            ["phase", "U / V", "I / A", "P / W", "± (noise, k = 2)", "S / VA", "PF", "P1 / W", "Q1 / var", "QB / var"],
            right: [1, 2, 3, 4, 5, 6, 7, 8, 9])
        for phase in phases {
            guard let power = phase.power else { continue }
            func shown(_ value: Double?) -> String { value.map { Decimal.fixed($0, 4) } ?? "–" }
            table.add([
                phase.name, Decimal.fixed(power.voltage, 5), Decimal.fixed(power.current, 6), shown(power.active),
                Decimal.fixed(2 * power.activeNoise, 5), shown(power.apparent),
                power.powerFactor.map { Decimal.fixed($0, 6) } ?? "–", shown(phase.fundamentalActive),
                shown(phase.fundamentalReactive), shown(phase.budeanuReactive),
            ])
        }
        var methods: [String] = []
        for method in [Method.window, .fit] {
            let those = phases.filter { $0.method == method }.map(\.name)
            if !those.isEmpty { methods.append("\(those.joined(separator: " ")) by the \(method.rawValue)") }
        }
        let means = windows.isEmpty ? "of the fit" : "mean of the windows"
        return [
            "",
            "power: \(methods.joined(separator: ", ")) over the whole record; P1, Q1 (fundamental), QB (Budeanu): \(means)",
        ]
            + table.lines(indent: "  ") + interharmonicLines
    }

    private var interharmonicLines: [String] {
        var table = TextTable(["phase", "f / Hz", "U / V", "I / A"], right: [1, 2, 3])
        var any = false
        for phase in phases {
            for tone in phase.fit?.interharmonics ?? [] {
                any = true
                let digits = min(9, Decimal.decimals(of: 2 * tone.frequencyNoise, significant: 2))
                table.add([
                    phase.name, Decimal.fixed(tone.frequency, digits), Decimal.fixed(tone.voltage.rms, 5),
                    Decimal.fixed(tone.current.rms, 6),
                ])
            }
        }
        return any ? ["", "interharmonics that the multi-sine fit found, as recorded"] + table.lines(indent: "  ") : []
    }

    private var uncertaintyLines: [String] {
        let stated = phases.filter { !$0.results.isEmpty }
        guard let first = stated.first?.results.first else { return [] }
        let drawn = first.simulation
        var table = TextTable(
            ["phase", "", "value", "U (GUM, k = 2)"] + (drawn == nil ? [] : ["U (drawn, 95.45 %)"]) + ["unit"],
            right: drawn == nil ? [2, 3] : [2, 3, 4])
        for phase in stated {
            for result in phase.results {
                let digits = min(12, Decimal.decimals(of: result.expandedUncertainty, significant: 2))
                var cells = [
                    phase.name, result.quantity.rawValue, Decimal.fixed(result.value, digits),
                    Decimal.fixed(result.expandedUncertainty, digits),
                ]
                if drawn != nil {
                    cells.append(result.simulation.map { Decimal.fixed(($0.high - $0.low) / 2, digits) } ?? "–")
                }
                table.add(cells + [result.unit])
            }
        }
        let what =
            corrections.isEmpty
            ? "noise, rounding and nothing else: no corrections were given"
            : "noise, rounding and the corrections; those of a part fully correlated over frequency, parts independent"
        return ["", "uncertainty: \(what)" + (drawn.map { "; \($0.trials) draws" } ?? "")] + table.lines(indent: "  ")
    }

    private var harmonicLines: [String] {
        let columns = phases.flatMap { phase in
            [
                ("U", phase.voltageHarmonics, phase.voltageDistortion),
                ("I", phase.currentHarmonics, phase.currentDistortion),
            ]
            .filter { !$0.1.isEmpty && $0.1[0] > 0 }.map {
                (name: $0.0 + phase.name.dropFirst(), values: $0.1, thd: $0.2)
            }
        }
        guard !columns.isEmpty else { return [] }
        var table = TextTable(["order"] + columns.map { "\($0.name) / %" }, right: Set(1...columns.count))
        for order in 2...50 {
            let shares = columns.map { 100 * $0.values[order - 1] / $0.values[0] }
            // What nobody would look at is left out.
            guard shares.contains(where: { $0 >= 0.05 }) else { continue }
            table.add(["\(order)"] + shares.map { Decimal.fixed($0, 3) })
        }
        table.add(["THDS"] + columns.map { $0.thd.map { Decimal.fixed(100 * $0, 3) } ?? "–" })
        return [
            "",
            "harmonic subgroups, % of the fundamental (IEC 61000-4-7); orders below 0.05 % on every channel left out",
        ]
            + table.lines(indent: "  ")
    }

    private var eventLines: [String] {
        guard !events.isEmpty || !rapidChanges.isEmpty, let declared else { return [] }
        var lines = ["", "events (Udin \(Decimal.fixed(declared, 2)) V)"]
        for event in events {
            let phases = event.channels.map { "L\($0 + 1)" }.joined(separator: " ")
            lines.append(
                "  \(event.kind.rawValue)  at \(Decimal.fixed(event.start, 4)) s, \(Decimal.fixed(event.duration, 4)) s"
                    + (event.complete ? "" : " (not over)")
                    + ", \(Decimal.fixed(100 * event.extreme / declared, 2)) % of Udin, \(phases)"
                    + (event.phaseAngleJump.map { ", phase jump \(Decimal.fixed($0, 1))°" } ?? ""))
        }
        for change in rapidChanges {
            lines.append(
                "  rapid change  at \(Decimal.fixed(change.start, 4)) s, \(Decimal.fixed(change.duration, 4)) s, "
                    + "ΔUmax \(Decimal.fixed(100 * change.largestChange / declared, 2)) %, "
                    + "ΔUss \(Decimal.fixed(100 * change.steadyChange / declared, 2)) %")
        }
        return lines
    }
}
