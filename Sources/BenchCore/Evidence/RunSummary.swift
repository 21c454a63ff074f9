/// A run in words and tables for a person: who, what, when, with which standards, and what was found at each meter.
public struct RunSummary: Sendable {
    private let record: RunRecord
    private let folder: RunFolder?

    /// The summary of a record; with its folder, seal and reports are named too.
    public init(_ record: RunRecord, folder: RunFolder? = nil) {
        self.record = record
        self.folder = folder
    }

    /// The whole text.
    public var text: String {
        (head + instruments + machine + sampling + record.orderedMeters.flatMap(meter) + incidents + end).joined(
            separator: "\n")
    }

    // MARK: Parts

    private var head: [String] {
        let started = record.started
        let order = started.order
        var lines = [
            "Run \(started.run)" + (started.simulated ? "   SIMULATED – not for certification" : ""),
            "",
            "  order      \(order.id), batch \(order.batch), for \(order.customer.joined(separator: ", "))",
            "  bench      \(record.bench.id): \(record.bench.title)",
            "  laboratory \(([record.bench.laboratory.name] + record.bench.laboratory.address).joined(separator: ", "))",
            "  operator   \(order.operator)",
            "  from       \(record.firstUTC)",
            "  to         \(record.lastUTC)",
        ]
        for (type, plan) in record.plans.sorted(by: { $0.key < $1.key }) {
            lines.append(
                "  procedure  \(plan.procedure), edition \(plan.edition) (\(plan.basis)) for \(type), limits \(plan.limits)"
            )
        }
        if let plan = record.plans.sorted(by: { $0.key < $1.key }).first?.value {
            lines.append("  decision   \(Self.rule(record.decisionRule(plan)))")
        }
        lines.append("  software   meterbench \(started.softwareVersion), SHA-256 \(started.softwareHash)")
        lines.append("  journal    \(record.lines) lines, last SHA-256 \(record.lastHash)")
        if let folder { lines.append("  seal       \(Self.seal(folder))") }
        return lines
    }

    private static func seal(_ folder: RunFolder) -> String {
        guard Disk.exists(folder.seal) else { return "not sealed" }
        guard let seal = try? Seal.parse(try Disk.read(folder.seal), folder.seal) else {
            return "cannot be read; see «meterbench verify»"
        }
        return "\(seal.sealedAt), root \(seal.root) (not checked here: «meterbench verify» does)"
    }

    private static func rule(_ rule: DecisionRule) -> String {
        switch rule.guardFactor {
        case 0: return "simple acceptance (no guard band)"
        case 1: return "guard band w = U"
        default: return "guard band w = \(Decimal.shortest(rule.guardFactor)) U"
        }
    }

    private var instruments: [String] {
        var table = TextTable(["instrument", "maker and model", "serial", "certificate", "calibrated", "valid until"])
        for instrument in record.bench.instruments {
            let answered = record.instruments.last { $0.what.id == instrument.id }?.what.identity
            let trace = instrument.traceability
            table.add([
                instrument.id,
                "\(answered?.manufacturer ?? instrument.manufacturer) \(answered?.model ?? instrument.model)",
                answered?.serial ?? instrument.serial,
                trace.map { "\($0.certificate), \($0.issuer)" } ?? "–", trace?.calibrated ?? "–",
                trace?.validUntil ?? "–",
            ])
        }
        return ["", "Instruments", ""] + table.lines(indent: "  ")
    }

    /// How late the machine was; nothing for a virtual run.
    private var machine: [String] {
        let lines = record.lateness.map(\.what).map { one in
            func ms(_ seconds: Double) -> String { Decimal.fixed(seconds * 1e3, 2) + " ms" }
            let late = one.lateness.map {
                "99 % within \(ms($0.p99)), 99.9 % within \(ms($0.p999)), all within \(ms($0.worst))"
            }
            return "  woken every \(ms(one.interval)): \(late ?? "too short to say"); overruns: \(one.overruns); "
                + one.grant.text
        }
        return lines.isEmpty ? [] : ["", "Lateness of this machine", ""] + lines
    }

    /// What was sampled beside the measurements; nothing where no digitizer was asked.
    private var sampling: [String] {
        guard !record.sampling.isEmpty else { return [] }
        var table = TextTable(
            ["point", "attempt", "frames", "lost", "late (99 %)", "ring", "waveforms", ""], right: [1, 2, 3, 4, 5])
        for done in record.sampling.map(\.what) {
            table.add([
                done.point, "\(done.attempt)", "\(done.frames)", "\(done.lost)",
                done.lateness.map { Decimal.fixed($0.p99 * 1e3, 2) + " ms" } ?? "–",
                "\(done.ringHighest) of \(done.ringBlocks)", done.captures.map(\.folder).joined(separator: ", "),
                done.complaints.joined(separator: "; "),
            ])
        }
        let grants = Set(record.sampling.compactMap { $0.what.grant?.text }).sorted()
        var files: [CorrectionSet.Reference] = []
        for file in record.sampling.flatMap({ $0.what.corrections ?? [] }) where !files.contains(file) {
            files.append(file)
        }
        return ["", "Sampling", ""] + table.lines(indent: "  ")
            + grants.map { "  sampling thread: \($0)" }
            + files.map { "  corrections \($0.id) (\($0.file), SHA-256 \($0.sha256))" }
    }

    private func meter(_ meter: OrderedMeter) -> [String] {
        var lines = ["", "Position \(meter.position): meter \(meter.serial), type \(meter.type)", ""]
        if let fault = record.meters[meter.position]?.fault { lines.append("  does not answer: \(fault)") }
        if let identity = record.meters[meter.position]?.identity {
            lines.append(
                "  answers as \(identity.manufacturer) \(identity.model), serial \(identity.serial), firmware \(identity.firmware)"
            )
        }
        var table = TextTable(
            ["point", "error %", "U %", "k", "limits %", "verdict", ""], right: [1, 2, 3])
        for (point, result) in record.table(meter) {
            let evaluation = result?.evaluation
            let U = evaluation?.U
            let digits = U.map { Decimal.decimals(of: $0, significant: 2) } ?? 3
            let verdict = evaluation?.verdict
            table.add([
                point.id, evaluation?.error.map { Decimal.signed($0, digits) } ?? "",
                U.map { Decimal.fixed($0, digits) } ?? "", evaluation?.k.map { Decimal.fixed($0, 2) } ?? "",
                point.limit.map { Self.limits($0) } ?? "", verdict.map(\.word) ?? "no result",
                Self.remark(result),
            ])
        }
        lines += table.lines(indent: "  ")
        let verdict = record.verdict(meter)
        lines += [
            "", "  Meter \(meter.serial): " + verdict.word.uppercased() + (verdict.reason.map { " – " + $0 } ?? ""),
        ]
        return lines
    }

    private static func limits(_ limit: PointLimit) -> String {
        -limit.lowerPercent == limit.upperPercent
            ? "±" + Decimal.shortest(limit.upperPercent)
            : Decimal.shortest(limit.lowerPercent) + " … " + Decimal.shortest(limit.upperPercent)
    }

    private static func remark(_ result: PointResult?) -> String {
        guard let result else { return "" }
        var parts = result.attempt > 1 ? ["attempt \(result.attempt)"] : []
        let verdict = result.evaluation.verdict
        if verdict != .notJudged, let reason = verdict.reason, !reason.isEmpty { parts.append(reason) }
        parts += result.evaluation.findings.filter { !parts.contains($0) }
        return parts.joined(separator: "; ")
    }

    private var incidents: [String] {
        var lines: [(Int, String)] = []
        lines += record.faults.map {
            (
                $0.line,
                "fault at " + ($0.what.position.map { "position \($0): " } ?? "the bench: ") + $0.what.fault.description
            )
        }
        lines += record.repeated.map {
            let positions = $0.what.positions.map(String.init).joined(separator: ", ")
            return (
                $0.line,
                "«\($0.what.point)» repeated (attempt \($0.what.attempt)) at positions \(positions) by \($0.what.by): \($0.what.reason)"
            )
        }
        lines += record.stopped.map { ($0.line, "\($0.what.verb.rawValue): \($0.what.cause)") }
        lines += record.resumed.map {
            ($0.line, "resumed by \($0.what.by) after \($0.what.complete) complete test points")
        }
        lines += record.conditions.filter { !$0.what.complaints.isEmpty }.map {
            ($0.line, "conditions at «\($0.what.point)»: \($0.what.complaints.joined(separator: "; "))")
        }
        guard !lines.isEmpty else { return ["", "Incidents: none"] }
        return ["", "Incidents", ""] + lines.sorted { $0.0 < $1.0 }.map { "  line \($0.0)  \($0.1)" }
    }

    /// What points that ended when they were decided saved; nothing where there are none.
    private var adaptive: [String] {
        let savings = SequentialSavings(
            record.orderedMeters.flatMap { meter in
                record.table(meter).compactMap { point, result in result.map { (point, $0) } }
            })
        guard savings.points > 0, savings.taken > 0 else { return [] }
        func mean(_ count: Int) -> String { Decimal.fixed(Double(count) / Double(max(1, savings.results)), 1) }
        let share = 100 * (1 - savings.taken / savings.planned)
        return [
            "",
            "Adaptive measuring: \(savings.points) load points took \(mean(savings.determinations)) of "
                + "\(mean(savings.mostDeterminations)) determinations on average; \(Decimal.fixed(savings.taken, 1)) s under load "
                + "instead of \(Decimal.fixed(savings.planned, 1)) s (\(Decimal.fixed(share, 0)) % saved)",
        ]
    }

    private var end: [String] {
        var lines: [String] = ["", "Safe state", ""]
        for step in record.safe {
            lines.append(
                "  \(step.what.step.instrument): \(step.what.step.action.rawValue) in \(Decimal.fixed(step.what.took * 1000, 1)) ms of \(Decimal.fixed(step.what.step.within * 1000, 0)) ms allowed"
                    + (step.what.fault.map { " – FAILED: \($0.detail)" } ?? ""))
        }
        if record.safe.isEmpty { lines.append("  the safe chain is not in the journal") }
        if let efficiency = record.efficiency {
            lines += [
                "",
                "Bench efficiency η = \(Decimal.fixed(efficiency.eta, 3)): \(Decimal.fixed(efficiency.bound, 1)) s of \(Decimal.fixed(efficiency.actual, 1)) s",
            ]
            for (name, seconds) in efficiency.losses.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
                lines.append("  \(name): \(Decimal.fixed(seconds, 1)) s")
            }
        }
        lines += adaptive
        lines.append("")
        switch record.finished {
        case .some(let finished) where finished.complete: lines.append("The run is complete.")
        case .some: lines.append("The run was stopped before its end.")
        case nil: lines.append("The run has no end: it goes on, or was interrupted.")
        }
        return lines
    }
}
