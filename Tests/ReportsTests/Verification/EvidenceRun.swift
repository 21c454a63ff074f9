import TestSupport

@testable import BenchCore
@testable import Reports

/// A small run as evidence on the disk: two meters, a warm-up and two accuracy points, one repeated; sealed, with one report.
final class EvidenceRun {
    let runs: TemporaryFolder
    let folder: RunFolder
    static let table = Array("# limits\nlimit: 0.5 %\n".utf8)
    static let utc = "2026-11-21T09:00:00.000000Z"

    /// What a test may change before the evidence is written.
    struct Options {
        var simulated = true
        var order = EvidenceRun.order
        var bench = EvidenceRun.bench
        var plan = EvidenceRun.plan
        /// Changes the events before they are journalled.
        var events: ([JournalEvent]) -> [JournalEvent] = { $0 }
        var signer: (any Signer)?
        var seal = true
    }

    init(_ options: Options = Options()) async throws {
        runs = try TemporaryFolder()
        let frozen = [
            FrozenFile(name: "limits/table.yaml", bytes: Self.table),
            FrozenFile(name: "order/order.yaml", bytes: Array("order: ORD-7\n".utf8)),
        ]
        folder = try RunFolder.create(
            in: runs.path, order: options.order, frozen: frozen, bench: options.bench, plans: ["m": options.plan])
        let journal = try Journal.create(folder.journal, time: FixedTime())
        let started = RunStarted(
            run: folder.id, order: options.order, bench: options.bench.id, files: try folder.fileHashes(),
            softwareVersion: "0.1.0", softwareHash: Hash.sha256Hex("program"), simulated: options.simulated,
            timeScale: nil)
        for event in options.events([.runStarted(started)] + Self.events(simulated: options.simulated)) {
            try await journal.append(event)
        }
        journal.close()
        guard options.seal else { return }
        let signer = try options.signer ?? DemonstrationKeys.signer()
        try RunSealer.seal(
            folder, by: signer, softwareVersion: "0.1.0", softwareHash: Hash.sha256Hex("program"), at: Self.utc)
        try Disk.write(Array("%PDF-1.5 a certificate\n%%EOF\n".utf8), to: folder.reports + "/certificate-S-1.pdf")
        try RunSealer.signReport("certificate-S-1.pdf", of: folder, by: signer, at: Self.utc)
    }

    /// Verifies with the demonstration root.
    func verify(at time: String = "2026-12-01") throws -> VerificationReport {
        try Self.verifier(at: time).verify(run: folder)
    }

    static func verifier(_ anchor: String = DemonstrationKeys.root, at time: String = "2026-12-01") throws
        -> RunVerifier
    {
        RunVerifier(anchor: try TrustAnchor.read(anchor), at: SigningTime(time)!)
    }

    // MARK: What is in it

    static let load = LoadSetting(
        frequency: 50,
        phases: [0.0, -120, 120].map { PhaseLoad(voltage: 230, voltageAngle: $0, current: 5, currentLag: 0) })

    static func point(_ number: Int, _ kind: TestKindName) -> TestPoint {
        let limit = PointLimit(
            lowerPercent: -0.5, upperPercent: 0.5,
            citation: Citation(
                document: "IEC 62053-22", edition: "2003", clause: "8.1", verified: .oneSource, confidence: .medium))
        return TestPoint(
            id: "\(number) \(kind.rawValue)", number: number, kind: kind, title: "T", load: load, loadKind: .balanced,
            phase: nil, direction: .import, powerFactor: .unity, currentText: "In",
            limit: kind == .warmUp ? nil : limit, accept: "", rule: nil, repeats: 2, targetU: 0.1, settleLimit: 30,
            duration: nil, maximumPulses: nil, energy: nil, expectedDuration: 10, reachableU: 0.03)
    }

    static let plan = Plan(
        procedure: "p", edition: "1", title: "Procedure", basis: "IEC 62053-22", limits: "l",
        meter: MeterType(
            id: "m",
            nameplate: Nameplate(
                manufacturer: "Maker", model: "M1", accuracyClass: "0.5S", connection: .transformer,
                wiring: .threePhaseFourWire, nominalVoltage: Quantity(230), nominalCurrent: Quantity(5),
                maximumCurrent: Quantity(6), nominalFrequency: Quantity(50), bidirectional: false),
            constants: [MeterConstant(pulsesPerKilowattHour: 10000, directions: [.import], printed: "10000 imp/kWh")],
            registers: [], source: "by hand"),
        conditions: Conditions(temperature: 21...25, frequency: 49.5...50.5, voltageDistortion: 2),
        decisionRule: .guardBandU, points: [point(1, .warmUp), point(2, .accuracy), point(3, .accuracy)], rampDown: 5)

    static let order = Order(
        id: "ORD-7", customer: ["Customer"], batch: "B", operator: "O. Perator", decisionRule: nil, procedure: "p.yaml",
        bench: "b.yaml", meterTypes: "meters",
        meters: [
            OrderedMeter(position: 1, serial: "S-1", type: "m"), OrderedMeter(position: 2, serial: "S-2", type: "m"),
        ])

    static let bench = BenchDescription(
        id: "bench", title: "Bench", laboratory: Laboratory(name: "Lab", address: ["Street"], accreditation: nil),
        instruments: [
            InstrumentDescription(
                id: "source", role: .referenceSource, driver: "scpi-source", wire: .tcp(host: "127.0.0.1", port: 1),
                manufacturer: "Maker", model: "Q", serial: "1", traceability: nil,
                source: SourceRange(
                    voltage: 30...300, current: 0.001...120, frequency: 45...65, stability: 0.005, settle: 5),
                accuracy: [], counter: nil, climate: nil),
            InstrumentDescription(
                id: "standard", role: .referenceStandard, driver: "scpi-standard",
                wire: .tcp(host: "127.0.0.1", port: 1), manufacturer: "Maker", model: "R", serial: "1",
                traceability: Traceability(
                    certificate: "C-1", issuer: "NMI", calibrated: "2026-01-01", validUntil: "2027-01-01"),
                source: nil,
                accuracy: [
                    StandardRange(
                        current: 0.001...120, voltage: 30...300, certificateU: 0.02, drift: 0.005,
                        temperatureCoefficient: 0.0005)
                ], counter: nil, climate: nil),
            InstrumentDescription(
                id: "counter", role: .pulseCounter, driver: "scpi-counter", wire: .tcp(host: "127.0.0.1", port: 1),
                manufacturer: "Maker", model: "C", serial: "1", traceability: nil, source: nil, accuracy: [],
                counter: CounterSpecification(edgeJitter: 5e-5, referenceResolution: 1, channels: 2), climate: nil),
        ],
        positions: [
            PositionDescription(number: 1, channel: 1, wire: nil),
            PositionDescription(number: 2, channel: 2, wire: nil),
        ],
        safe: [
            SafeStep(instrument: "source", action: .currentOff, within: 0.5),
            SafeStep(instrument: "source", action: .voltageOff, within: 1),
        ], world: nil, timeScale: 1)

    static let reading = StandardReading(
        voltages: [230, 230, 230], currents: [5, 5, 5], powers: [1150, 1150, 1150], frequency: 50,
        voltageDistortion: [0.1, 0.1, 0.1])

    /// Two gates of a meter that is `error` percent off: 10000 imp/kWh against a standard of 10⁷ imp/kWh.
    static func pulses(error: Double) -> Measurement {
        func edge(_ n: Int) -> PulseEdge {
            // 3450 W give 9.58 pulses of the meter a second.
            PulseEdge(tick: Int64(Double(n) * 1.0435e8), referenceCount: Double(n) * 1000 / (1 + error / 100))
        }
        return .pulses(
            PulseObservation(
                meterConstant: 10000, referenceConstant: 1e7,
                gates: [
                    PulseGate(pulses: 100, first: edge(0), last: edge(100)),
                    PulseGate(pulses: 100, first: edge(100), last: edge(200)),
                ], findings: EdgeFindings(missing: 0, double: 0, jitter: 0.0001), before: reading, after: reading,
                temperature: 23))
    }

    static func result(_ position: Int, _ number: Int, _ measurement: Measurement, attempt: Int = 1) -> JournalEvent {
        let point = plan.points[number - 1]
        return .result(
            PointResult(
                position: position, serial: "S-\(position)", point: point.id, attempt: attempt,
                measurement: measurement,
                evaluation: Evaluator.evaluate(
                    point: point, measurement: measurement, bench: bench, meter: plan.meter, rule: plan.decisionRule)))
    }

    /// A load point's events around its results.
    static func around(_ number: Int, attempt: Int = 1, _ results: [JournalEvent]) -> [JournalEvent] {
        let id = plan.points[number - 1].id
        func moved(_ state: LoadPointMoved.State) -> JournalEvent {
            .loadPoint(
                LoadPointMoved(
                    point: id, attempt: attempt, state: state, load: load, reading: state == .settled ? reading : nil,
                    reason: nil))
        }
        func checked(_ moment: String) -> JournalEvent {
            .conditions(
                ConditionsChecked(
                    point: id, attempt: attempt, moment: moment, climate: ClimateReading(temperature: 23, humidity: 45),
                    reading: reading, complaints: []))
        }
        return [moved(.stored), moved(.applied), moved(.settling), moved(.settled), checked("before")] + results
            + [checked("after"), .pointComplete(PointComplete(point: id, attempt: attempt))]
    }

    static func events(simulated: Bool) -> [JournalEvent] {
        let identity = InstrumentIdentity(
            manufacturer: "Maker", model: "R", serial: "1", firmware: "1", simulated: simulated)
        let met: [JournalEvent] = ["source", "standard", "counter"].map {
            .instrument(InstrumentMet(id: $0, identity: identity))
        }
        let repeated = PointRepeated(
            point: plan.points[2].id, attempt: 2, positions: [2], by: "bench", reason: "a pulse was missing")
        let done = bench.safe.map { JournalEvent.safe(SafeStepDone(step: $0, took: 0.01, fault: nil)) }
        return met
            + around(1, [result(1, 1, .held(seconds: 60)), result(2, 1, .held(seconds: 60))])
            + around(2, [result(1, 2, pulses(error: 0.1)), result(2, 2, pulses(error: 0.9))])
            + around(3, [result(1, 3, pulses(error: -0.2)), result(2, 3, .notTaken(Fault(.noPulses, "m2", "none")))])
            + [.repeated(repeated)] + around(3, attempt: 2, [result(2, 3, pulses(error: 0.3), attempt: 2)])
            + done + [
                .efficiency(Efficiency(bound: 50, actual: 60, losses: ["settle": 8, "idle": 2])),
                .runFinished(RunFinished(complete: true, verdicts: verdicts)),
            ]
    }

    /// What follows for the two meters: the second is out of class at the first point.
    static var verdicts: [Int: Verdict] {
        var results: [Int: [String: PointResult]] = [:]
        let all = [
            result(1, 1, .held(seconds: 60)), result(2, 1, .held(seconds: 60)), result(1, 2, pulses(error: 0.1)),
            result(2, 2, pulses(error: 0.9)), result(1, 3, pulses(error: -0.2)),
            result(2, 3, pulses(error: 0.3), attempt: 2),
        ]
        for case .result(let what) in all { results[what.position, default: [:]][what.point] = what }
        return results.mapValues { OverallVerdict.of(plan, $0) }
    }
}

/// A clock that stands still.
struct FixedTime: Timekeeper {
    var now: BenchInstant { BenchInstant(nanoseconds: 0) }
    var scale: Double? { nil }
    var executor: (any TaskExecutor)? { nil }
    func utc(_ moment: BenchInstant) -> String { "2026-11-21T08:00:00.000000Z" }
    func sleep(until moment: BenchInstant) async throws {}
}
