import Testing

@testable import BenchCore
@testable import Reports

/// Runs that are signed and sealed properly, and yet say what cannot be: a dishonest or faulty program is found out too.
@Suite struct RunRulesTests {
    /// Verifies a run whose events were changed before it was sealed.
    static func verify(
        simulated: Bool = true, bench: BenchDescription = EvidenceRun.bench,
        _ change: @escaping ([JournalEvent]) -> [JournalEvent]
    ) async throws -> VerificationReport {
        var options = EvidenceRun.Options()
        options.simulated = simulated
        options.bench = bench
        options.events = change
        return try await EvidenceRun(options).verify()
    }

    static func expect(
        _ report: VerificationReport, _ text: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(report.exitCode == 6, "\(report.text)", sourceLocation: sourceLocation)
        #expect(
            report.findings.contains { $0.outcome == .rule && $0.place.contains("line") && $0.message.contains(text) },
            "\(report.text)", sourceLocation: sourceLocation)
    }

    /// Changes the results among the events.
    static func results(_ change: @escaping (inout PointResult) -> Void) -> ([JournalEvent]) -> [JournalEvent] {
        { events in
            events.map { event in
                guard case .result(var what) = event else { return event }
                change(&what)
                return .result(what)
            }
        }
    }

    @Test("a verdict, an error or an uncertainty that does not follow from the measurement is found")
    func evaluation() async throws {
        Self.expect(
            try await Self.verify(
                Self.results { if $0.position == 2 && $0.point == "2 accuracy" { $0.evaluation.verdict = .pass } }),
            "«2 accuracy» at position 2")
        Self.expect(
            try await Self.verify(
                Self.results { if $0.position == 1 && $0.point == "2 accuracy" { $0.evaluation.U? /= 2 } }),
            "from its measurement follows")
        Self.expect(
            try await Self.verify(
                Self.results {
                    if $0.position == 1 && $0.point == "3 accuracy" {
                        $0.evaluation.error = $0.evaluation.error?.nextUp
                    }
                }), "«3 accuracy» at position 1")
    }

    @Test("voltage events that no digitizer's line proves are found")
    func events() async throws {
        Self.expect(
            try await Self.verify(
                Self.results {
                    guard $0.position == 1, $0.point == "2 accuracy" else { return }
                    $0.measurement = .event(
                        EventObservation(
                            firings: [], tested: RegisterPair(name: "import", begin: 1, end: 1, resolution: 0.001),
                            still: [],
                            referenceEnergy: 0, power: 0, before: nil, after: nil, during: nil, log: nil,
                            temperature: 23))
                }), "«2 accuracy» has events that no line of a digitizer proves")
    }

    @Test("an overall verdict that does not follow is found")
    func overall() async throws {
        let report = try await Self.verify { events in
            events.dropLast() + [.runFinished(RunFinished(complete: true, verdicts: [1: .pass, 2: .pass]))]
        }
        Self.expect(report, "position 2 is said to be «pass»")
    }

    @Test("a missing result, a doubled one, and an unannounced attempt are found")
    func completeness() async throws {
        func isResult(_ event: JournalEvent, _ position: Int, _ point: String, _ attempt: Int = 1) -> Bool {
            guard case .result(let what) = event else { return false }
            return what.position == position && what.point == point && what.attempt == attempt
        }
        Self.expect(
            try await Self.verify { $0.filter { !isResult($0, 1, "2 accuracy") } }, "without a result at position 1")
        Self.expect(
            try await Self.verify { $0.flatMap { isResult($0, 1, "2 accuracy") ? [$0, $0] : [$0] } },
            "has a second result")
        Self.expect(
            try await Self.verify { $0.filter { if case .repeated = $0 { false } else { true } } }, "was not announced")
        Self.expect(
            try await Self.verify {
                $0.filter { if case .pointComplete(let p) = $0 { p.point != "2 accuracy" } else { true } }
            }, "«2 accuracy» is not")
        Self.expect(
            try await Self.verify {
                $0.flatMap { event -> [JournalEvent] in
                    if case .pointComplete = event { [event, event] } else { [event] }
                }
            }, "complete a second time")
    }

    @Test("a result of a stranger, or at a point that nobody planned, is found")
    func strangers() async throws {
        Self.expect(
            try await Self.verify(Self.results { if $0.position == 1 { $0.serial = "S-9" } }), "is not in the order")
        Self.expect(
            try await Self.verify(Self.results { if $0.position == 1 { $0.point = "9 accuracy" } }), "not in the plan")
    }

    @Test("measuring before the load had settled, or after a fault of it, is found")
    func settled() async throws {
        func without(_ state: LoadPointMoved.State) -> ([JournalEvent]) -> [JournalEvent] {
            { $0.filter { if case .loadPoint(let moved) = $0 { moved.state != state } else { true } } }
        }
        Self.expect(try await Self.verify(without(.settled)), "before the load had settled")
        let faulted = try await Self.verify { events in
            events.flatMap { event -> [JournalEvent] in
                guard case .loadPoint(var moved) = event, moved.state == .settled else { return [event] }
                moved.state = .faulted
                return [event, .loadPoint(moved)]
            }
        }
        Self.expect(faulted, "before the load had settled")
    }

    @Test("gates without conditions checked before, or with conditions outside, are found")
    func conditions() async throws {
        Self.expect(
            try await Self.verify {
                $0.filter { if case .conditions(let c) = $0 { c.moment != "before" } else { true } }
            }, "without conditions checked")
        let outside = try await Self.verify { events in
            events.map { event in
                guard case .conditions(var what) = event, what.point == "2 accuracy" else { return event }
                what.complaints = ["26 °C"]
                return .conditions(what)
            }
        }
        Self.expect(outside, "without conditions checked")
    }

    @Test("a run without end, without safe chain, or that goes on behind its end is found")
    func end() async throws {
        Self.expect(
            try await Self.verify { $0.filter { if case .safe = $0 { false } else { true } } },
            "«source: current-off» is not in the journal")
        Self.expect(
            try await Self.verify { events in events.dropLast() + [events.last!, events.last!] }, "and yet goes on")
    }

    @Test("files that are not those of the start, and standards out of date, are found")
    func frozen() async throws {
        let report = try await Self.verify { events in
            guard case .runStarted(var started) = events[0] else { return events }
            started.files["frozen/limits/table.yaml"] = Hash.sha256Hex("another table")
            return [.runStarted(started)] + events.dropFirst()
        }
        Self.expect(report, "frozen/limits/table.yaml is not the file that the run began with")
        var expired = EvidenceRun.bench
        expired.instruments[1].traceability?.validUntil = "2026-11-20"
        Self.expect(try await Self.verify(bench: expired) { $0 }, "certificate C-1 is not valid on 2026-11-21")
        var untraced = EvidenceRun.bench
        untraced.instruments[1].traceability = nil
        Self.expect(try await Self.verify(bench: untraced) { $0 }, "has no traceability")
    }

    @Test(
        "a simulator in a run that calls itself real is found, whoever signed",
        .enabled(if: OpenSSL.isThere, "skipped: no openssl program"))
    func simulator() async throws {
        let keysFolder = try await EvidenceRun().runs
        let keys = try await OpenSSL.makeKey(in: keysFolder, name: "lab", subject: "/O=Laboratory/CN=Seal")
        var options = EvidenceRun.Options()
        options.simulated = false
        options.signer = try FileSigner(keyPath: keys.key, certificatePath: keys.certificate)
        options.events = { events in
            events.map { event in
                guard case .instrument(var met) = event, met.id == "standard" else { return event }
                met.identity.simulated = true
                return .instrument(met)
            }
        }
        let run = try await EvidenceRun(options)
        Self.expect(try EvidenceRun.verifier(keys.root).verify(run: run.folder), "standard is a simulator")
    }
}
