import BenchCore

/// What the evidence says beside the figures: verdict with reasons, repeats, anomalies, deviations.
struct Findings {
    var verdict = Verdict.pass
    var reasons: [String] = []
    var observations: [MeterCertificate.Observation] = []
    var deviations: [String] = []

    init(_ source: CertificateSource, _ plan: Plan, _ rows: ResultRows, _ meter: OrderedMeter) {
        let numbers = Dictionary(plan.points.map { ($0.id, $0.number) }, uniquingKeysWith: { first, _ in first })
        verdict = source.record.verdict(meter)
        judge(rows)
        collect(source, numbers, meter.position)
        deviate(source, rows, plan, meter.position)
    }

    // MARK: verdict

    /// Whether an overall verdict can follow from the verdicts at the points; a missing warm-up lets none pass.
    static func follows(_ verdict: Verdict, _ points: [Verdict], deviations: [String]) -> Bool {
        let words = Set(points.map(\.word))
        if words.contains("fail") { return verdict.word == "fail" }
        if words.isEmpty { return verdict.word == "not tested" }
        if words == ["pass"], !deviations.contains(where: { $0.hasPrefix(warmUp) }) { return verdict == .pass }
        return verdict.word == "inconclusive"
    }

    private mutating func judge(_ rows: ResultRows) {
        let heads =
            rows.accuracy.map(\.head) + rows.noLoad.map(\.head) + rows.starting.map(\.head)
            + rows.repeatability.map(\.head) + rows.variations.map(\.head) + rows.events.map(\.head)
            + rows.radio.map(\.head)
            + rows.register.map(\.head)
        let figures = Dictionary(rows.accuracy.map { ($0.head.id, $0) }, uniquingKeysWith: { first, _ in first })
        let registers = Dictionary(rows.register.map { ($0.head.id, $0) }, uniquingKeysWith: { first, _ in first })
        for word in ["fail", "inconclusive"] {
            for head in heads.sorted(by: { $0.number < $1.number }) where head.verdict.word == word {
                let verb = word == "fail" ? "fails" : "inconclusive"
                if word == "fail", let row = figures[head.id], let error = row.error {
                    reasons.append("\(verb) at \(head.words): " + Self.against(error, row.U, row.limit))
                } else if registers[head.id] != nil {
                    let which = word == "fail" ? "the register test" : "in the register test"
                    reasons.append("\(verb) \(which), \(head.direction.rawValue): \(head.verdict.reason ?? "")")
                } else {
                    let kind = head.kind == .accuracy ? "" : " in \(head.kind.words)"
                    let load = head.kind == .noLoad ? "" : " at \(head.words)"
                    reasons.append("\(verb)\(kind)\(load): \(head.verdict.reason ?? "")")
                }
            }
        }
        let missing = heads.filter { $0.verdict.word == "not tested" }.map(\.number)
        if !missing.isEmpty {
            let many = missing.count == 1 ? "test point" : "test points"
            reasons.append("\(many) \(Self.ranges(missing)) not tested")
        }
    }

    private static func against(_ error: Figure, _ U: Figure?, _ limit: String) -> String {
        "\(error.text) %" + (U.map { " (U = \($0.text) %)" } ?? "") + (limit.isEmpty ? "" : " against \(limit) %")
    }

    /// `3, 5 to 9, 12` from numbers.
    static func ranges(_ numbers: [Int]) -> String {
        var parts: [(Int, Int)] = []
        for number in numbers.sorted() {
            if let last = parts.last, number <= last.1 + 1 {
                parts[parts.count - 1].1 = number
            } else {
                parts.append((number, number))
            }
        }
        return parts.map { $0 == $1 ? "\($0)" : $1 == $0 + 1 ? "\($0), \($1)" : "\($0) to \($1)" }
            .joined(separator: ", ")
    }

    // MARK: observations

    private mutating func collect(_ source: CertificateSource, _ numbers: [String: Int], _ position: Int) {
        var found: [(point: Int?, text: String)] = []
        var current: Int?
        let last = source.record.results[position] ?? [:]
        for entry in source.journal {
            switch entry.what {
            case .loadPoint(let moved):
                current = numbers[moved.point]
                if moved.state == .refused || moved.state == .faulted {
                    found.append(
                        (
                            current,
                            text: "load \(moved.state.rawValue) (attempt \(moved.attempt)): \(moved.reason ?? "")"
                        ))
                }
            case .meter(let met):
                if met.position == position, let fault = met.fault {
                    found.append((nil, "at identification: \(Self.words(fault))"))
                }
            case .conditions(let checked):
                for complaint in checked.complaints {
                    found.append(
                        (
                            numbers[checked.point],
                            text: "conditions \(checked.moment) the measurement (attempt \(checked.attempt)): "
                                + complaint
                        ))
                }
            case .result(let result):
                guard result.position == position else { continue }
                let counts = last[result.point]?.attempt == result.attempt
                let attempt = counts ? "" : "attempt \(result.attempt), superseded: "
                if case .notTaken(let fault) = result.measurement {
                    found.append(
                        (numbers[result.point], "\(attempt)not taken: \(Self.words(fault))"))
                }
                // Findings of a register test, and when a meter started, stand with the results.
                if case .register = result.measurement, counts { continue }
                if case .event = result.measurement, counts { continue }
                if case .starting = result.measurement, counts, result.evaluation.verdict == .pass { continue }
                found += result.evaluation.findings.map {
                    (numbers[result.point], attempt + $0)
                }
            case .repeated(let again):
                guard again.positions.isEmpty || again.positions.contains(position) else { continue }
                found.append(
                    (
                        numbers[again.point],
                        text: "repeated as attempt \(again.attempt) at the request of \(again.by): \(again.reason)"
                    ))
            case .fault(let noted):
                guard noted.position == nil || noted.position == position else { continue }
                found.append((current, Self.words(noted.fault)))
            case .safe(let done):
                if let fault = done.fault {
                    found.append((nil, "safe chain: \(Self.words(fault))"))
                }
            default: continue
            }
        }
        observations = ObservationMerger.merge(found)
    }

    static func words(_ fault: Fault) -> String { "\(fault.instrument): \(fault.detail) [\(fault.code.rawValue)]" }

    // MARK: deviations

    /// How a missing warm-up is named; without one no meter passes.
    static let warmUp = "The warm-up was not held"

    private mutating func deviate(
        _ source: CertificateSource, _ rows: ResultRows, _ plan: Plan, _ position: Int
    ) {
        var missing: [(reason: String, numbers: [Int])] = []
        for (point, result) in rows.taken {
            let reason: String
            if let result {
                guard case .notTested(let why) = result.evaluation.verdict else { continue }
                reason = why
            } else {
                reason = "no result in the evidence"
            }
            if let i = missing.firstIndex(where: { $0.reason == reason }) {
                missing[i].numbers.append(point.number)
            } else {
                missing.append((reason, [point.number]))
            }
        }
        deviations = missing.map { entry in
            let one = entry.numbers.count == 1
            return "Test point\(one ? "" : "s") \(Self.ranges(entry.numbers)) \(one ? "was" : "were") not taken: "
                + entry.reason + "."
        }
        // What the meter could not be asked at all limits what the certificate says of it.
        let left = Dictionary(grouping: plan.leftOut, by: \.reason).sorted { $0.key < $1.key }
        deviations += left.map { reason, points in
            "\(points.count) test point\(points.count == 1 ? "" : "s") of the procedure left out: \(reason)."
        }
        for point in plan.points where point.kind == .warmUp {
            guard let result = source.record.results[position]?[point.id] else {
                deviations.append("\(Self.warmUp): no result in the evidence.")
                continue
            }
            if case .notTaken(let fault) = result.measurement {
                deviations.append("\(Self.warmUp): \(Self.words(fault)).")
            }
        }
        for entry in source.journal {
            switch entry.what {
            case .stopped(let stopped):
                deviations.append(
                    "The run was stopped on \(Printed.day(entry.utc)), \(Printed.time(entry.utc)) "
                        + "(\(stopped.verb.rawValue)): \(stopped.cause).")
            case .resumed(let resumed):
                deviations.append(
                    "The run was interrupted and resumed by \(resumed.by) on \(Printed.day(entry.utc)), "
                        + "\(Printed.time(entry.utc)), after \(resumed.complete) complete test points"
                        + (resumed.tornHash == nil ? "." : "; an unfinished last line of the journal was set aside."))
            default: continue
            }
        }
        let started = source.record.started
        if started.simulated {
            var text = "Instruments or meters of this run were simulated"
            if let scale = started.timeScale, scale != 1 {
                text += "; bench time passed \(Decimal.shortest(scale)) times faster than in life"
            } else if started.timeScale == nil {
                text += " in virtual time"
            }
            deviations.append(text + ".")
        }
    }
}
