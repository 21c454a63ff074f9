import BenchCore

/// What the evidence of a run must obey, beyond being unaltered; every breach names its journal line.
struct RunRules {
    let record: RunRecord
    var findings: [Finding] = []

    init(record: RunRecord) { self.record = record }

    private struct Attempt: Hashable {
        let point: String, attempt: Int
    }
    private struct Place: Hashable {
        let position: Int, point: String
    }

    private mutating func breach(_ check: String, line: Int, _ message: String) {
        findings.append(Finding(check, .rule, "journal.jsonl line \(line)", message))
    }

    private mutating func fine(_ check: String, _ message: String, unless before: Int) {
        if findings.count == before { findings.append(Finding(check, .valid, "journal.jsonl", message)) }
    }

    /// Simulated runs under a demonstration key, real ones under a real key, and no simulator in a real run.
    mutating func checkKey(demonstration: Bool, seal: Seal) {
        let before = findings.count
        let started = record.started
        if demonstration != started.simulated {
            breach("key", line: 1, RunVerifier.keyComplaint(simulated: started.simulated))
        }
        if seal.simulated != started.simulated || seal.run != started.run {
            breach("key", line: 1, "the seal is for another run, or for a simulated one where this is real")
        }
        if !started.simulated {
            if record.bench.world != nil {
                breach("key", line: 1, "the bench is a simulated one, but the run says that it is real")
            }
            for met in record.instruments where met.what.identity.simulated {
                breach("key", line: met.line, "\(met.what.id) is a simulator, but the run says that it is real")
            }
            for (position, meter) in record.meters.sorted(by: { $0.key < $1.key })
            where meter.identity?.simulated == true {
                breach("key", line: 1, "the meter at position \(position) is a simulator, but the run is not")
            }
        }
        fine(
            "key", started.simulated ? "simulated, under a demonstration key" : "real, under a real key", unless: before
        )
    }

    /// The files named by the first line are those of the folder; the plans are those of the meters; standards were valid.
    mutating func checkFrozen(_ seal: Seal) {
        let before = findings.count
        let sealed = seal.files.filter { RunFolder.isFrozen($0.key) }
        for name in Set(sealed.keys).union(record.started.files.keys).sorted()
        where sealed[name] != record.started.files[name] {
            breach("frozen files", line: 1, "\(name) is not the file that the run began with")
        }
        for type in Set(record.started.order.meters.map(\.type)).sorted() where record.plans[type]?.meter.id != type {
            breach("frozen files", line: 1, "there is no plan for meters of type \(type)")
        }
        if record.bench.id != record.started.bench {
            breach(
                "frozen files", line: 1, "bench.json is of bench \(record.bench.id), the run of \(record.started.bench)"
            )
        }
        for file in record.resumed {
            guard let torn = file.what.tornHash else { continue }
            if !seal.files.contains(where: { $0.key.hasPrefix("torn-") && $0.value == torn }) {
                breach("frozen files", line: file.line, "the torn line that was set aside here is missing")
            }
        }
        let days = [record.firstUTC, record.lastUTC].map { String($0.prefix(10)) }
        for instrument in record.bench.instruments {
            guard let trace = instrument.traceability else {
                if instrument.role == .referenceStandard {
                    breach("traceability", line: 1, "the reference standard \(instrument.id) has no traceability")
                }
                continue
            }
            // The certificates of a simulated bench are made up; a machine whose clock is behind may play it all the same.
            for day in Set(days) where day > trace.validUntil || (!record.started.simulated && day < trace.calibrated) {
                breach(
                    "traceability", line: 1,
                    "\(instrument.id): certificate \(trace.certificate) is not valid on \(day)")
            }
        }
        fine("frozen files", "\(record.started.files.count) files, as the first line names them", unless: before)
    }

    /// No test point missing, none silently repeated, nothing measured before the load had settled.
    mutating func checkStructure(_ entries: [JournalEntry]) {
        let before = findings.count
        let meters = Dictionary(record.started.order.meters.map { ($0.position, $0) }) { first, _ in first }
        if meters.count != record.started.order.meters.count {
            breach("structure", line: 1, "two meters of the order are at one position")
        }
        var announced: [Attempt: Set<Int>] = [:]
        var settled: Set<Attempt> = []
        var inside: Set<Attempt> = []
        var complete: Set<Attempt> = []
        var seen: [Place: Int] = [:]
        var last = BenchInstant(nanoseconds: .min)
        for entry in entries {
            if case .resumed = entry.what { last = BenchInstant(nanoseconds: .min) }
            if entry.at < last { breach("structure", line: entry.seq, "is earlier than the line before") }
            last = entry.at
            switch entry.what {
            case .repeated(let what):
                announced[Attempt(point: what.point, attempt: what.attempt), default: []].formUnion(what.positions)
                if what.by.isEmpty || what.reason.isEmpty {
                    breach("structure", line: entry.seq, "repeats «\(what.point)» without person or reason")
                }
            case .loadPoint(let what):
                let attempt = Attempt(point: what.point, attempt: what.attempt)
                // A kind may change the load on its way (current off to read registers); a fault ends what had settled.
                if what.state == .settled { settled.insert(attempt) }
                if what.state == .faulted || what.state == .refused { settled.remove(attempt) }
            case .conditions(let what):
                let attempt = Attempt(point: what.point, attempt: what.attempt)
                if !what.complaints.isEmpty {
                    inside.remove(attempt)
                } else if what.moment == "before" {
                    inside.insert(attempt)
                }
            case .pointComplete(let what):
                if !complete.insert(Attempt(point: what.point, attempt: what.attempt)).inserted {
                    breach("structure", line: entry.seq, "«\(what.point)» is complete a second time")
                }
                for meter in meters.values.sorted(by: { $0.position < $1.position })
                where isAsked(meter, what.point) && seen[Place(position: meter.position, point: what.point)] == nil {
                    breach(
                        "structure", line: entry.seq,
                        "«\(what.point)» is called complete without a result at position \(meter.position)")
                }
            case .result(let what):
                let place = Place(position: what.position, point: what.point)
                checkPlace(what, meters[what.position], line: entry.seq)
                if let before = seen[place], before >= what.attempt {
                    breach(
                        "structure", line: entry.seq,
                        "position \(what.position) has a second result at «\(what.point)», attempt \(what.attempt)")
                }
                seen[place] = max(seen[place] ?? 0, what.attempt)
                let attempt = Attempt(point: what.point, attempt: what.attempt)
                if what.attempt != 1, announced[attempt]?.contains(what.position) != true {
                    breach(
                        "structure", line: entry.seq,
                        "attempt \(what.attempt) at «\(what.point)», position \(what.position), was not announced")
                }
                if what.isTaken, !settled.contains(attempt) {
                    breach("structure", line: entry.seq, "«\(what.point)» was measured before the load had settled")
                }
                if what.measurement.needsConditions, !inside.contains(attempt) {
                    breach(
                        "structure", line: entry.seq,
                        "«\(what.point)» was measured without conditions checked and found good before the gates")
                }
            default: break
            }
        }
        checkMissing(seen: { seen[Place(position: $0, point: $1)] != nil })
        checkDisturbances(entries)
        fine("structure", "\(record.allResults.count) results, none missing or silently repeated", unless: before)
    }

    /// What a result says that was seen of voltage events is what the digitizer's own line says.
    private mutating func checkDisturbances(_ entries: [JournalEntry]) {
        for entry in entries {
            guard case .result(let result) = entry.what, case .event(let seen) = result.measurement else { continue }
            let observed = record.sampling.last {
                $0.what.point == result.point && $0.what.attempt == result.attempt
            }?.what.observed
            guard let observed else {
                breach(
                    "structure", line: entry.seq,
                    "«\(result.point)» has events that no line of a digitizer proves")
                continue
            }
            let events = seen.firings.flatMap(\.seen).filter(\.complete), changes = seen.firings.flatMap(\.changes)
            if !events.allSatisfy(observed.events.contains) || !changes.allSatisfy((observed.changes ?? []).contains) {
                breach(
                    "structure", line: entry.seq,
                    "«\(result.point)» says that events were seen which the line of the digitizer does not have")
            }
        }
    }

    private func isAsked(_ meter: OrderedMeter, _ point: String) -> Bool {
        record.plan(meter)?.points.contains { $0.id == point } == true
    }

    private mutating func checkPlace(_ result: PointResult, _ meter: OrderedMeter?, line: Int) {
        guard let meter, meter.serial == result.serial else {
            breach(
                "structure", line: line, "position \(result.position) with meter \(result.serial) is not in the order")
            return
        }
        if !isAsked(meter, result.point) {
            breach("structure", line: line, "«\(result.point)» is not in the plan for meters of type \(meter.type)")
        }
    }

    /// A run that calls itself complete has a result for every meter at every test point of its plan.
    private mutating func checkMissing(seen: (Int, String) -> Bool) {
        guard record.finished?.complete == true else { return }
        let complete = record.completePoints
        for meter in record.orderedMeters {
            for point in record.plan(meter)?.points ?? [] {
                if !seen(meter.position, point.id) {
                    breach(
                        "structure", line: record.lines,
                        "the run calls itself complete without «\(point.id)» at position \(meter.position)")
                } else if !complete.contains(point.id) {
                    breach("structure", line: record.lines, "the run calls itself complete, «\(point.id)» is not")
                }
            }
        }
    }

    /// Conditions were inside what the procedure allows; every evaluation follows from its measurement, digit for digit.
    mutating func checkEvaluations() {
        let before = findings.count
        var kept: [[SequentialPlan.Look]: Bool] = [:]
        for result in record.allResults {
            guard let meter = record.started.order.meters.first(where: { $0.position == result.what.position }),
                let plan = record.plan(meter), let point = plan.points.first(where: { $0.id == result.what.point })
            else { continue }
            if let sequence = point.sequential {
                // One plan of looks serves many points.
                let keeps = kept[sequence.looks] ?? sequence.keepsRisk
                kept[sequence.looks] = keeps
                if !keeps || sequence.least != point.repeats {
                    breach(
                        "verdicts", line: result.line,
                        "the looks planned for «\(point.id)» are not those that keep \(sequence.riskText)")
                }
            }
            let again = Evaluator.evaluate(
                point: point, measurement: result.what.measurement, bench: record.bench, meter: plan.meter,
                rule: record.decisionRule(plan))
            if again != result.what.evaluation {
                breach(
                    "verdicts", line: result.line,
                    "«\(point.id)» at position \(meter.position) says \(Self.brief(result.what.evaluation)); "
                        + "from its measurement follows \(Self.brief(again))")
            }
        }
        fine("verdicts", "\(record.allResults.count) evaluations recomputed, every digit the same", unless: before)
    }

    private static func brief(_ evaluation: Evaluation) -> String {
        func number(_ value: Double?) -> String { value.map { Decimal.shortest($0) } ?? "none" }
        return "error \(number(evaluation.error)), U \(number(evaluation.U)), \(evaluation.verdict.word)"
    }

    /// The run ends with its last line, with the verdicts that follow from the results, behind a safe chain.
    mutating func checkEnd(_ entries: [JournalEntry]) {
        let before = findings.count
        guard let finished = record.finished, case .runFinished = entries.last?.what else {
            breach("end", line: record.lines, "the run has no end")
            return
        }
        let ends = entries.filter {
            if case .runFinished = $0.what { true } else { false }
        }
        // A run that was stopped and went on has an end before each resumption.
        for end in ends.dropLast() {
            if end.seq < entries.count, case .resumed = entries[end.seq].what { continue }
            breach("end", line: end.seq, "the run ends here, and yet goes on")
        }
        for meter in record.orderedMeters {
            let follows = record.verdict(meter)
            let said = finished.verdicts[meter.position]
            if said != follows {
                breach(
                    "end", line: record.lines,
                    "position \(meter.position) is said to be «\(said?.word ?? "nothing")»; from its results follows «\(follows.word)»"
                )
            }
        }
        for position in finished.verdicts.keys.sorted()
        where !record.started.order.meters.contains(where: { $0.position == position }) {
            breach("end", line: record.lines, "there is a verdict for position \(position), which the order has not")
        }
        checkSafeChain(entries)
        fine(
            "end",
            finished.complete ? "complete; verdicts follow from the results" : "stopped before its end, as it says",
            unless: before)
    }

    /// After the last load was applied, every step of the safe chain was performed.
    private mutating func checkSafeChain(_ entries: [JournalEntry]) {
        guard
            let applied = entries.last(where: {
                if case .loadPoint(let what) = $0.what { what.state == .applied } else { false }
            })
        else { return }
        let done = record.safe.filter { $0.line > applied.seq }.map(\.what.step)
        let keep = record.stopped.last { $0.line > applied.seq }?.what.verb == .keepVoltage
        for step in record.bench.safe where !done.contains(step) && !(keep && step.action != .currentOff) {
            breach(
                "end", line: record.lines,
                "after the last load the safe chain's «\(step.instrument): \(step.action.rawValue)» is not in the journal"
            )
        }
    }
}

extension PointResult {
    /// Whether something was measured.
    var isTaken: Bool { if case .notTaken = measurement { false } else { true } }
}
