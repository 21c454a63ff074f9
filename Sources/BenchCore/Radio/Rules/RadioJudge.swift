#if canImport(Glibc)
    import Glibc
#endif

/// Judges bursts by rules.
struct RadioJudge {
    let bursts: [RadioBurst]
    let setup: RadioSetup
    /// Seconds that were watched, and the part of the spectrum, Hz.
    let duration: Double
    let seen: [ClosedRange<Double>]

    private var owners: [RadioSetup.Owner] { bursts.map(setup.owner) }

    /// Bursts that count, by a condition: surely the meter's, and those that may be.
    private func counted(_ condition: (RadioBurst) -> Bool) -> (sure: [Int], all: [Int]) {
        let all = bursts.indices.filter { condition(bursts[$0]) && setup.owner(bursts[$0]) != .other }
        return (all.filter { setup.owner(bursts[$0]) == .meter }, all)
    }

    // MARK: - verdicts

    /// A verdict on a value that is at least `value` and at most `highest`.
    private func judge(
        _ rule: String, _ value: Double, highest: Double? = nil, U: Double, limit: Double, _ unit: String,
        _ citation: Citation, _ bursts: [Int], open: String? = nil
    ) -> RadioVerdict {
        let highest = highest ?? value
        let band = setup.rule.guardBand(U)
        // Sums of times have rounding of a few parts in 10¹²: a limit that is met exactly is met.
        let slack = abs(limit) * 1e-9
        let verdict: Verdict
        func text(_ x: Double) -> String { Decimal.fixed(x, Decimal.decimals(of: max(abs(x), 1e-9), significant: 4)) }
        if citation.confidence == .low {
            verdict = .inconclusive(
                reason: "the limit is of low confidence; confirm it with \(citation.document) first")
        } else if value - band > limit + slack {
            verdict = .fail(reason: "\(text(value)) \(unit) is above \(text(limit)) \(unit)")
        } else if let open {
            verdict = .inconclusive(reason: open)
        } else if highest + band <= limit + slack {
            verdict = .pass
        } else if highest > value, highest - band > limit + slack {
            verdict = .inconclusive(
                reason: "between \(text(value)) and \(text(highest)) \(unit), as nobody knows who sent some bursts")
        } else {
            verdict = .inconclusive(
                reason: "\(text(highest)) ± \(text(U)) \(unit) is too near to \(text(limit)) \(unit)")
        }
        return RadioVerdict(
            rule: rule, value: value, U: U, limit: limit, unit: unit, verdict: verdict, citation: citation,
            bursts: bursts)
    }

    /// The longest time on the air in a window, for those bursts: share of the window, its uncertainty, what is not known for the recording is short.
    private func duty(_ chosen: [Int], window: Double) -> (share: Double, U: Double, open: String?, bursts: [Int]) {
        let worst = DutyCycle.worst(chosen.map { bursts[$0].interval }, window: window)
        let inside = worst.bursts.map { chosen[$0] }
        // Lengths err the same way where the same filter finds their edges: uncertainties are added, not their squares.
        let U = inside.reduce(0) { $0 + bursts[$1].lengthU }
        if duration >= window { return (worst.share, U / window, nil, inside) }
        if setup.representative {
            let scale = 1 / duration
            return (worst.onTime * scale, U * scale, nil, inside)
        }
        return (
            worst.share, U / window,
            "the recording has \(Decimal.shortest((duration * 1000).rounded() / 1000)) s of a window of \(Decimal.shortest(window)) s; record longer, or say that it is representative",
            inside
        )
    }

    private func dutyVerdict(
        _ name: String, _ chosen: (sure: [Int], all: [Int]), window: Double, limit: Double, _ citation: Citation
    ) -> RadioVerdict {
        let sure = duty(chosen.sure, window: window), all = duty(chosen.all, window: window)
        return judge(
            name, sure.share * 100, highest: all.share * 100, U: all.U * 100, limit: limit * 100, "%", citation,
            chosen.sure == chosen.all ? sure.bursts : all.bursts, open: all.open)
    }

    /// The strongest of some bursts against a limit in mW.
    private func powerVerdict(
        _ name: String, _ chosen: (sure: [Int], all: [Int]), at level: RadioSetup.Level, limit: Double,
        _ citation: Citation
    ) -> RadioVerdict {
        func strongest(_ list: [Int]) -> Int? { list.max { bursts[$0].power < bursts[$1].power } }
        let limit = 10 * log10(limit)
        guard let top = strongest(chosen.all), let power = setup.power(bursts[top].power, at: level) else {
            return RadioVerdict(
                rule: name, value: nil, U: nil, limit: limit, unit: "dBm",
                verdict: .inconclusive(reason: "nobody told what full scale is worth as \(level.rawValue) power"),
                citation: citation, bursts: chosen.all)
        }
        let sure = strongest(chosen.sure).flatMap { setup.power(bursts[$0].power, at: level) } ?? -200
        return judge(
            name, sure, highest: power, U: setup.fullScaleU, limit: limit, "dBm", citation, [top])
    }

    // MARK: - bands

    /// Bands: each row by itself; where rows overlap, one that is kept in full is enough.
    func bands(_ rules: RadioRules) -> [RadioVerdict] {
        var result: [RadioVerdict] = []
        var left = rules.bands.filter { setup.uses.contains($0.use) }.sorted { $0.band.lower < $1.band.lower }
        while let first = left.first {
            var group = [first], upper = first.band.upper
            left.removeFirst()
            while let next = left.first, next.band.lower < upper {
                group.append(next)
                upper = max(upper, next.band.upper)
                left.removeFirst()
            }
            result += self.group(group)
        }
        let covered = counted { burst in
            !rules.bands.contains { setup.uses.contains($0.use) && $0.band.contains(burst.centre) }
        }
        if !rules.bands.isEmpty, !covered.sure.isEmpty, let row = rules.bands.first {
            result.append(
                RadioVerdict(
                    rule: "bands of \(rules.id)", value: nil, U: nil, limit: nil, unit: "",
                    verdict: .inconclusive(
                        reason: "\(covered.sure.count) bursts lie in no band of these rules for these uses"),
                    citation: row.citation, bursts: covered.sure))
        }
        return result
    }

    private func group(_ rows: [RadioRules.BandRow]) -> [RadioVerdict] {
        let chosen = counted { burst in rows.contains { $0.band.contains(burst.centre) } }
        guard !chosen.all.isEmpty else { return [] }
        // Rows that hold all bursts of the group are alternatives; where none does, each row answers for its own.
        let whole = rows.filter { row in chosen.all.allSatisfy { row.band.contains(bursts[$0].centre) } }
        let alternatives = whole.isEmpty ? rows : whole
        let judged = alternatives.map { row in
            let mine = counted { row.band.contains($0.centre) }
            return mine.all.isEmpty ? [] : self.row(row, mine)
        }.filter { !$0.isEmpty }
        guard whole.count > 1 else { return judged.flatMap { $0 } }
        // The first row that passes, else the one that is still open, else all.
        if let pass = judged.first(where: { $0.allSatisfy { $0.verdict == .pass } }) { return pass }
        let open = judged.filter { !$0.contains { if case .fail = $0.verdict { true } else { false } } }
        return (open.isEmpty ? judged : open).flatMap { $0 }
    }

    private func row(_ row: RadioRules.BandRow, _ chosen: (sure: [Int], all: [Int])) -> [RadioVerdict] {
        let name = "\(row.band.text), \(row.use)"
        var result = [powerVerdict("ERP, " + name, chosen, at: .erp, limit: row.erp, row.citation)]
        if setup.polite, let onTime = row.politeOnTime {
            result.append(
                dutyVerdict(
                    "time on the air with polite access, " + name, chosen, window: row.window,
                    limit: onTime / row.window, row.citation))
        } else if row.dutyCycle < 1 {
            result.append(
                dutyVerdict("duty cycle, " + name, chosen, window: row.window, limit: row.dutyCycle, row.citation))
        }
        return result
    }

    // MARK: - hopping

    /// Channels of a hopping system: bursts whose centres are no further apart than half a channel, by frequency.
    static func channels(_ bursts: [RadioBurst], spacing: Double) -> [[Int]] {
        var channels: [[Int]] = []
        var mean = 0.0
        for index in bursts.indices.sorted(by: { bursts[$0].centre < bursts[$1].centre }) {
            if let last = channels.last, abs(bursts[index].centre - mean) < spacing / 2 {
                mean += (bursts[index].centre - mean) / Double(last.count + 1)
                channels[channels.count - 1].append(index)
            } else {
                channels.append([index])
                mean = bursts[index].centre
            }
        }
        return channels
    }

    /// Hopping systems: channels used, time on each, power.
    func hopping(_ rules: RadioRules) -> [RadioVerdict] {
        rules.hopping.flatMap { row -> [RadioVerdict] in
            let chosen = counted { burst in
                row.band.contains(burst.centre) && row.bandwidth.contains(burst.bandwidth20dB ?? burst.bandwidth99)
            }
            guard !chosen.all.isEmpty else { return [] }
            let name =
                "\(row.band.text), hops of \(Decimal.shortest(row.bandwidth.lower / 1e3)) to \(Decimal.shortest(row.bandwidth.upper / 1e3)) kHz"
            let mine = chosen.all.map { bursts[$0] }
            let width = mine.map(\.bandwidth99).sorted()[mine.count / 2]
            let channels = Self.channels(mine, spacing: max(25e3, width)).map { $0.map { chosen.all[$0] } }
            var result = [channelVerdict("hopping channels, " + name, channels, row)]
            let worst = channels.max { duty($0, window: row.window).share < duty($1, window: row.window).share } ?? []
            var dwell = dutyVerdict(
                "time on one channel, " + name, (worst.filter { setup.owner(bursts[$0]) == .meter }, worst),
                window: row.window,
                limit: row.dwell / row.window, row.citation)
            dwell.value = dwell.value.map { $0 / 100 * row.window }
            dwell.U = dwell.U.map { $0 / 100 * row.window }
            dwell.limit = row.dwell
            dwell.unit = "s"
            result.append(dwell)
            result.append(
                powerVerdict(
                    "conducted power, " + name, chosen, at: .conducted,
                    limit: row.power / Exposure.ratio(max(0, (setup.antennaGain ?? 0) - 6)), row.citation))
            return result
        }
    }

    private func channelVerdict(_ name: String, _ channels: [[Int]], _ row: RadioRules.HoppingRow) -> RadioVerdict {
        let whole = seen.contains { $0.lowerBound <= row.band.lower && $0.upperBound >= row.band.upper }
        let verdict: Verdict
        if row.citation.confidence == .low {
            verdict = .inconclusive(reason: "the limit is of low confidence")
        } else if channels.count >= row.channels {
            verdict = .pass
        } else if whole, duration >= row.window {
            verdict = .fail(reason: "\(channels.count) channels were used; at least \(row.channels) belong there")
        } else {
            verdict = .inconclusive(
                reason:
                    "\(channels.count) of \(row.channels) channels were seen, and the recording holds only part of the band or of \(Decimal.shortest(row.window)) s"
            )
        }
        return RadioVerdict(
            rule: name, value: Double(channels.count), U: nil, limit: Double(row.channels), unit: "channels",
            verdict: verdict,
            citation: row.citation, bursts: channels.compactMap(\.first))
    }

    // MARK: - exposure and modes

    /// Exposure of people at the distance of the setup, averaged over the row's time by what was measured.
    func exposure(_ rules: RadioRules) -> [RadioVerdict] {
        rules.exposure.filter { $0.population == setup.population }.flatMap { row -> [RadioVerdict] in
            let chosen = counted { row.band.contains($0.centre) }
            guard let top = chosen.all.max(by: { bursts[$0].power < bursts[$1].power }) else { return [] }
            let limit = row.limit(bursts[top].centre)
            let name = "exposure (\(row.population.rawValue)) at \(Decimal.shortest(setup.distance * 100)) cm"
            guard let power = setup.power(bursts[top].power, at: .eirp) else {
                return [
                    RadioVerdict(
                        rule: name, value: nil, U: nil, limit: limit, unit: "mW/cm²",
                        verdict: .inconclusive(reason: "nobody told what full scale is worth as eirp"),
                        citation: row.citation,
                        bursts: [top])
                ]
            }
            if let separation = rules.separation, setup.distance < separation {
                return [
                    RadioVerdict(
                        rule: name, value: nil, U: nil, limit: limit, unit: "mW/cm²",
                        verdict: .inconclusive(
                            reason:
                                "nearer than \(Decimal.shortest(separation * 100)) cm the absorption rate counts, not the power density"
                        ),
                        citation: row.citation, bursts: [top])
                ]
            }
            let eirp = Exposure.ratio(power)
            let share = duty(chosen.all, window: row.averaging)
            func density(_ duty: Double) -> Double {
                Exposure.density(eirp: eirp, duty: duty, reflection: setup.reflection, distance: setup.distance * 100)
            }
            // Where even a transmitter that never stops keeps the limit, it does not matter how short the recording is.
            let always = density(1)
            let U = density(share.share) * (Exposure.ratio(setup.fullScaleU) - 1) + density(share.U)
            let certain = always * Exposure.ratio(setup.fullScaleU) <= limit
            return [
                judge(
                    name, density(share.share), U: certain ? 0 : U, limit: limit, "mW/cm²", row.citation, share.bursts,
                    open: certain ? nil : share.open)
            ]
        }
    }

    /// Telegrams against the mode in which they were sent.
    func modes(_ rules: RadioRules) -> [RadioVerdict] {
        rules.modes.flatMap { row -> [RadioVerdict] in
            let chosen = bursts.indices.filter {
                bursts[$0].telegram?.mode == row.mode && setup.owner(bursts[$0]) == .meter
            }
            guard !chosen.isEmpty else { return [] }
            func verdict(
                _ what: String, _ range: RadioRules.Band, _ unit: String, _ scale: Double,
                _ value: (RadioBurst) -> (value: Double, U: Double)?
            ) -> RadioVerdict? {
                let values = chosen.compactMap { index in value(bursts[index]).map { (index, $0.value, $0.U) } }
                // The one furthest from the middle of the range.
                let middle = (range.lower + range.upper) / 2
                guard let worst = values.max(by: { abs($0.1 - middle) < abs($1.1 - middle) }) else { return nil }
                let beyond = abs(worst.1 - middle) - (range.upper - range.lower) / 2, U = worst.2
                let verdict: Verdict =
                    row.citation.confidence == .low
                    ? .inconclusive(reason: "the range is of low confidence")
                    : beyond + U <= 0
                        ? .pass
                        : beyond - U > 0
                            ? .fail(reason: "\(Decimal.fixed(worst.1 / scale, 3)) \(unit) is outside the mode's range")
                            : .inconclusive(
                                reason:
                                    "\(Decimal.fixed(worst.1 / scale, 3)) \(unit) is too near to an end of the range")
                return RadioVerdict(
                    rule:
                        "mode \(row.mode.rawValue), \(row.way): \(what) \(Decimal.shortest(range.lower / scale)) to \(Decimal.shortest(range.upper / scale)) \(unit)",
                    value: worst.1 / scale, U: U / scale, limit: nil, unit: unit, verdict: verdict,
                    citation: row.citation,
                    bursts: [worst.0])
            }
            return [
                verdict("centre", row.frequency, "MHz", 1e6) { ($0.centre, 10e3) },
                verdict("chip rate", row.chipRate, "kchip/s", 1e3) { $0.telegram.map { ($0.chipRate, $0.chipRateU) } },
                verdict("deviation", row.deviation, "kHz", 1e3) { $0.telegram.map { ($0.deviation, 5e3) } },
            ].compactMap(\.self)
        }
    }
}
