import Testing

@testable import BenchCore
@testable import Reports

/// Evidence of a run as the orchestrator would leave it, made up in every particular; the options are what tests vary.
struct SampleRun {
    var simulated = true
    var wiring = Wiring.threePhaseFourWire
    var positions = 6
    var customer = ["Example Utility plc", "2 Example Road, 00000 Example Town"]
    var manufacturer = "MeterBench"
    var model = "DM-3 demonstration meter"
    var currents = ["1 % In", "5 % In", "20 % In", "100 % In", "Imax"]
    var directions: [EnergyDirection] = [.import, .export]
    /// Positions that never answered and gave no result.
    var silent: Set<Int> = []
    /// How many faults stand in the journal.
    var faults = 1
    var decisionRule: DecisionRule? = .guardBandU
    var journalEnds = true
    var validUntil = "2099-12-31"
    var accreditation: String?
    /// Whether a dip stands in the plan.
    var withDip = false
    /// Whether a test of both directions with L1 exporting stands in the plan.
    var bothWays = false
    /// Whether it is about reactive energy: sin φ 1 and 0.5 in the place of power factors.
    var reactive = false

    static let citation = Citation(
        document: "IEC 62053-22", edition: "2003", clause: "8.1 Table 4", verified: .oneSource, confidence: .high)
    static let start = Citation(
        document: "IEC 62053-22", edition: "2003", clause: "8.3.3", verified: .memory, confidence: .medium)

    var plate: Nameplate {
        Nameplate(
            manufacturer: manufacturer, model: model, accuracyClass: "0.5S", connection: .transformer, wiring: wiring,
            nominalVoltage: Quantity(230), nominalCurrent: Quantity(5), maximumCurrent: Quantity(6),
            nominalFrequency: Quantity(50), bidirectional: true)
    }

    func serial(_ position: Int) -> String { "DM-26-000\(position)" }

    private func amperes(_ text: String) -> Double {
        if text == "open" { return 0 }
        if text == "Imax" { return 6 }
        return 5 * (Decimal.parse(text.split(separator: " ").first ?? "0") ?? 0) / 100
    }

    private func load(_ current: Double, _ factor: PowerFactor, _ direction: EnergyDirection, _ phase: Int?, un: Double)
        -> LoadSetting
    {
        LoadSetting(
            frequency: 50,
            phases: (1...3).map { p in
                let on = wiring == .onePhaseTwoWire ? p == 1 : true
                let loaded = on && (phase == nil || phase == p)
                return PhaseLoad(
                    voltage: on ? un : 0, voltageAngle: Double(1 - p) * 120, current: loaded ? current : 0,
                    currentLag: factor.currentLag(direction))
            })
    }

    /// The limit of class 0.5S (IEC 62053-22:2003 table 4 and table 5 as in the shared fact file).
    private func limit(_ ratio: Double, _ factor: PowerFactor, _ phase: Int?) -> PointLimit {
        let bound: Double
        if phase != nil {
            bound = factor == .unity ? 0.6 : 1.0
        } else if factor == .unity {
            bound = ratio < 0.05 ? 1.0 : 0.5
        } else {
            bound = ratio < 0.1 ? 1.0 : 0.6
        }
        return PointLimit(lowerPercent: -bound, upperPercent: bound, citation: Self.citation)
    }

    private func point(
        _ points: inout [TestPoint], _ kind: TestKindName, _ title: String, _ current: String,
        _ factor: PowerFactor = .unity, _ direction: EnergyDirection = .import, phase: Int? = nil, un: Double = 230,
        accept: String = "abs(error) <= limit", duration: Double? = nil
    ) {
        let amperes = amperes(current)
        let judged = [.accuracy, .repeatability, .register].contains(kind)
        let number = points.count + 1
        points.append(
            TestPoint(
                id: "\(number) \(kind.rawValue) \(direction.rawValue) PF=\(factor) I=\(current)"
                    + (phase.map { " L\($0)" } ?? ""), number: number, kind: kind, title: title,
                load: load(amperes, factor, direction, phase, un: un),
                loadKind: phase == nil ? .balanced : .singlePhase,
                phase: phase, direction: direction, powerFactor: factor, currentText: current,
                limit: judged ? limit(amperes / 5, factor, phase) : nil, accept: kind == .warmUp ? "" : accept,
                rule: judged || kind == .warmUp ? nil : Self.start, repeats: kind == .repeatability ? 10 : 3,
                targetU: 0.1, settleLimit: 10, duration: duration, maximumPulses: kind == .noLoad ? 1 : nil,
                energy: kind == .register ? 3.6e6 * 2 : nil, expectedDuration: 60, reachableU: 0.05))
    }

    var plan: Plan {
        var points: [TestPoint] = []
        let half = PowerFactor("0.5 ind") ?? .unity, cap = PowerFactor("0.8 cap") ?? .unity
        point(&points, .warmUp, "at reference load", "100 % In", duration: 3600)
        point(&points, .noLoad, "no pulse without current", "open", un: 264.5, accept: "pulses <= 1", duration: 5800)
        for direction in directions {
            point(
                &points, .starting, "starting current", "0.1 % In", .unity, direction, accept: "registers",
                duration: 620)
        }
        for direction in directions {
            for factor in [PowerFactor.unity, half, cap] {
                for current in currents where factor == .unity || current != "1 % In" {
                    point(&points, .accuracy, "balanced load", current, factor, direction)
                }
            }
        }
        if wiring != .onePhaseTwoWire {
            for phase in 1...3 {
                for factor in [PowerFactor.unity, half] {
                    for current in ["5 % In", "20 % In", "100 % In", "Imax"]
                    where factor == .unity || current != "5 % In" {
                        point(
                            &points, .accuracy, "single-phase load, balanced voltages", current, factor, .import,
                            phase: phase)
                    }
                }
            }
        }
        point(
            &points, .repeatability, "spread at 5 % In", "5 % In", accept: "max(error) - min(error) <= limit / 10")
        for direction in directions {
            point(&points, .register, "display against pulses", "Imax", .unity, direction)
        }
        if bothWays {
            point(&points, .directions, "L1 exports", "100 % In", accept: "abs(deviation) <= limit")
            points[points.count - 1].limit = limit(1, .unity, nil)
            points[points.count - 1].exporting = [1]
        }
        if withDip {
            point(&points, .event, "dips", "100 % In", accept: "balanced and answers and logged")
            points[points.count - 1].limit = limit(1, .unity, nil)
            points[points.count - 1].event = EventQuestion(
                residual: 40, duration: 0.2, angle: 0, phases: [1, 2, 3], times: 1, interval: 10, restart: 5,
                criticalChange: 0.00414,
                expected: [
                    .init(kind: .dip, extreme: 40, duration: 0.217, phases: [1, 2, 3], first: 3, startAngle: 116)
                ], frequency: 50)
        }
        var plan = Plan(
            procedure: "iec62053-22", edition: "1",
            title: "Accuracy of active energy, class 0.5S, reference conditions", basis: "IEC 62053-22:2003",
            limits: "iec62053-22",
            meter: MeterType(
                id: "demo-05s", nameplate: plate,
                constants: [
                    MeterConstant(
                        pulsesPerKilowattHour: 10000, directions: [.import, .export], printed: "10000 imp/kWh")
                ], registers: [], source: "made up"),
            conditions: Conditions(temperature: 21...25, frequency: 49.85...50.15, voltageDistortion: 2),
            decisionRule: .simpleAcceptance, points: points, rampDown: 2)
        guard reactive else { return plan }
        plan.energy = .reactive
        plan.definition = .fundamental
        plan.meter.nameplate.reactiveClass = "2"
        plan.meter.constants.append(
            MeterConstant(pulsesPerKilowattHour: 5000, directions: [.import, .export], printed: "5000 imp/kvarh"))
        plan.meter.constants[1].energy = .reactive
        for i in plan.points.indices where plan.points[i].kind != .warmUp && plan.points[i].kind != .noLoad {
            plan.points[i].energyCounted = .reactive
            let side = plan.points[i].powerFactor.side
            plan.points[i].sine = SineFactor(side == .unity ? 1 : 0.5, side == .unity ? .inductive : side)
        }
        return plan
    }

    var bench: BenchDescription {
        func instrument(
            _ id: String, _ role: InstrumentRole, _ model: String, _ serial: String, _ certificate: String?
        ) -> InstrumentDescription {
            InstrumentDescription(
                id: id, role: role, driver: "scpi-\(id)", wire: .tcp(host: "127.0.0.1", port: 1),
                manufacturer: "MeterBench", model: model, serial: serial,
                traceability: certificate.map {
                    Traceability(
                        certificate: $0, issuer: "Demonstration Metrology Institute", calibrated: "2026-03-02",
                        validUntil: validUntil)
                }, source: nil, accuracy: [], counter: nil, climate: nil)
        }
        return BenchDescription(
            id: "demo-six", title: "Six-position three-phase demonstration bench",
            laboratory: Laboratory(
                name: "MeterBench Demonstration Laboratory", address: ["1 Example Street", "00000 Example Town"],
                accreditation: accreditation),
            instruments: [
                instrument("source", .referenceSource, "Simulated Source", "SIM-S-1", nil),
                instrument("standard", .referenceStandard, "Simulated Standard", "SIM-R-1", "DEMO-2026-0815"),
                instrument("counter", .pulseCounter, "Simulated Counter", "SIM-C-1", nil),
                instrument("climate", .environment, "Simulated Climate", "SIM-T-1", "DEMO-2026-0816"),
                instrument("contactor", .contactor, "Simulated Contactor", "SIM-K-1", nil),
            ], positions: [], safe: [], world: nil, timeScale: 300)
    }

    // MARK: results

    private func noise(_ seed: Int) -> Double { Double((seed &* 7919 &+ 104_729) % 1000) / 1000 - 0.5 }

    private func error(_ point: TestPoint, _ position: Int) -> Double {
        let gain = [0.05, -0.12, 0.08, 0, 0.1, -0.06][(position - 1) % 6]
        let power = abs(point.load.activePower)
        let offset = position % 6 == 3 && power > 0 ? 0.45 / power * 100 : 0
        return gain + offset + (point.powerFactor == .unity ? 0 : gain / 3) + 0.02 * noise(point.number * 7 + position)
    }

    private func evaluation(_ point: TestPoint, _ position: Int) -> Evaluation {
        let mean = error(point, position)
        let U = 0.0432 + 0.01 * abs(noise(point.number))
        let repeats = point.kind == .repeatability ? 10 : 3
        let errors = (0..<repeats).map { mean + 0.004 * noise($0 * 31 + point.number) }
        let bound = point.limit?.upperPercent ?? 1
        let w = U * (decisionRule ?? .simpleAcceptance).guardFactor
        let verdict: Verdict =
            abs(mean) <= bound - w
            ? .pass
            : abs(mean) > bound + w
                ? .fail(reason: "the error is outside the limit") : .inconclusive(reason: "nearer to the limit than w")
        return Evaluation(
            error: mean, errors: errors, standardDeviation: 0.0018, u: U / 2.04, effectiveDegreesOfFreedom: 41.3,
            k: 2.04,
            U: U,
            budget: [
                BudgetLine(
                    name: "reference standard, calibration", distribution: "normal", standardUncertainty: 0.01,
                    unit: "%", sensitivity: 1, degreesOfFreedom: nil),
                BudgetLine(
                    name: "reference standard, drift since calibration", distribution: "rectangular",
                    standardUncertainty: 0.00289, unit: "%", sensitivity: 1, degreesOfFreedom: nil),
                BudgetLine(
                    name: "air temperature", distribution: "normal", standardUncertainty: 0.15, unit: "K",
                    sensitivity: 0.0005, degreesOfFreedom: nil),
                BudgetLine(
                    name: "edge timing", distribution: "normal", standardUncertainty: 0.0000707, unit: "s",
                    sensitivity: -3.47, degreesOfFreedom: nil),
                BudgetLine(
                    name: "repeatability", distribution: "type A", standardUncertainty: 0.0104, unit: "%",
                    sensitivity: 1, degreesOfFreedom: 2),
            ], verdict: verdict, findings: [])
    }

    static let reading = StandardReading(
        voltages: [230.01, 229.98, 230.02], currents: [5, 5, 5], powers: [1150, 1150, 1150], frequency: 50.002,
        voltageDistortion: [0.31, 0.29, 0.3])

    /// A dip to 40 % as class A detection sees it on three phases.
    static let dip = VoltageEvent(
        kind: .dip, start: 5.003, end: 5.22, extreme: 92.1, extremeChannel: 0, firstChannel: 2, channels: [0, 1, 2],
        departure: 5.005, startAngle: 116, phaseAngleJump: nil, complete: true)

    static let pulses = PulseObservation(
        meterConstant: 10000, referenceConstant: 1e6, gates: [],
        findings: EdgeFindings(missing: 0, double: 0, jitter: 0.0001), before: reading, after: reading,
        temperature: 23.1)

    private static let span = ZeroSpan(center: 868.95e6, bandwidth: 3e5, duration: 10, referenceLevel: 0)

    private func result(_ point: TestPoint, _ position: Int, _ attempt: Int) -> PointResult {
        var measurement = Measurement.held(seconds: 3600)
        var found = Evaluation(verdict: .pass)
        switch point.kind {
        case .warmUp: break
        case .noLoad: measurement = .noLoad(NoLoadObservation(seconds: 5800.2, pulses: 0))
        case .starting:
            measurement = .starting(StartingObservation(allowed: 620, edges: [52.13 + Double(position), 157.77]))
        case .accuracy, .repeatability:
            found = evaluation(point, position)
            measurement = .pulses(Self.pulses)
        case .event:
            found = evaluation(point, position)
            measurement = .event(
                EventObservation(
                    firings: [
                        .init(
                            seen: [Self.dip], answered: 1.3, requests: 2, earlier: 1.02, register: 1.03,
                            log: .init(count: 8, duration: 0.2, residual: 40))
                    ], tested: RegisterPair(name: "energy-import", begin: 1, end: 1.0287, resolution: 0.0001),
                    still: [], referenceEnergy: 1.033e5, power: 3450, before: Self.pulses, after: Self.pulses,
                    during: PulseGate(
                        pulses: 200, first: PulseEdge(tick: 0, referenceCount: 0),
                        last: PulseEdge(tick: 21_000_000_000, referenceCount: 20_017)),
                    log: .init(count: 7, duration: nil, residual: nil), temperature: 23))
        case .influence:
            found = evaluation(point, position)
            measurement = .variation(VariationObservation(reference: Self.pulses, influenced: Self.pulses))
        case .directions:
            found = evaluation(point, position)
            measurement = .directions(
                DirectionsObservation(
                    registers: [
                        DirectedRegister(
                            role: .activeEnergyImport,
                            pair: RegisterPair(name: "energy-import", begin: 1, end: 1.4, resolution: 0.0001))
                    ],
                    reference: SplitEnergy(
                        total: DirectedEnergy(imported: 0.4 * 3.6e6), phases: [DirectedEnergy(imported: 0.4 * 3.6e6)]),
                    during: Self.reading, temperature: 23))
        case .radioDutyCycle:
            measurement = .radio(RadioObservation(receive: Self.span, least: 10, sweeps: [], senders: 1))
        case .register:
            found = evaluation(point, position)
            let gain = position % 6 == 5 ? 1.012 : 1.001
            found.error = (gain - 1) * 100
            found.verdict = position % 6 == 5 ? .fail(reason: "display and pulses disagree by +1.10 %") : .pass
            measurement = .register(
                RegisterObservation(
                    tested: RegisterPair(
                        name: "energy-\(point.direction.rawValue)", begin: 12.3456, end: 12.3456 + 2 * gain,
                        resolution: 0.0001),
                    still: [RegisterPair(name: "energy-export", begin: 1.5, end: 1.5, resolution: 0.0001)],
                    referenceEnergy: 7.2e6, meterConstant: 10000, pulses: 20012, during: Self.reading,
                    temperature: 23.0))
        }
        return PointResult(
            position: position, serial: serial(position), point: point.id, attempt: attempt, measurement: measurement,
            evaluation: found)
    }

    // MARK: the journal

    var events: [JournalEvent] {
        let plan = plan
        let meters = (1...positions).map { OrderedMeter(position: $0, serial: serial($0), type: "demo-05s") }
        let order = Order(
            id: simulated ? "DEMO-0001" : "K-2026-118", customer: customer, batch: "LOT-2026-47",
            operator: "A. Demonstrator", decisionRule: decisionRule, procedure: "p", bench: "b", meterTypes: "m",
            meters: meters)
        let files = [
            "frozen/procedure/iec62053-22.yaml", "frozen/limits/iec62053-22.yaml",
            "frozen/bench/demo.yaml", "frozen/order.yaml", "frozen/meters/demo-05s.yaml", "plans/demo-05s.json",
            "bench.json",
        ]
        var list: [JournalEvent] = [
            .runStarted(
                RunStarted(
                    run: order.id + "-1", order: order, bench: "demo-six",
                    files: Dictionary(uniqueKeysWithValues: files.map { ($0, Hash.sha256Hex($0)) }),
                    softwareVersion: "0.1.0", softwareHash: Hash.sha256Hex("program"), simulated: simulated,
                    timeScale: simulated ? 300 : 1))
        ]
        for instrument in bench.instruments {
            list.append(
                .instrument(
                    InstrumentMet(
                        id: instrument.id,
                        identity: InstrumentIdentity(
                            manufacturer: instrument.manufacturer, model: instrument.model, serial: instrument.serial,
                            firmware: "1.0", simulated: simulated))))
        }
        for meter in meters {
            let silent = silent.contains(meter.position)
            list.append(
                .meter(
                    MeterMet(
                        position: meter.position, serial: meter.serial,
                        identity: silent
                            ? nil
                            : InstrumentIdentity(
                                manufacturer: manufacturer, model: "DM-3", serial: meter.serial, firmware: "2.1.7",
                                simulated: simulated),
                        fault: silent ? Fault(.timeout, "meter \(meter.position)", "no answer within 1 s") : nil)))
        }
        for (i, point) in plan.points.enumerated() {
            let attempts = i == 6 ? 2 : 1
            for attempt in 1...attempts {
                if attempt == 2 {
                    list.append(
                        .repeated(
                            PointRepeated(
                                point: point.id, attempt: 2, positions: [2], by: "bench",
                                reason: "2 pulses missing in a gate")))
                }
                list.append(
                    .loadPoint(
                        LoadPointMoved(
                            point: point.id, attempt: attempt, state: .settled, load: point.load, reading: Self.reading,
                            reason: nil)))
                var reading = Self.reading
                reading.frequency += 0.004 * noise(i)
                list.append(
                    .conditions(
                        ConditionsChecked(
                            point: point.id, attempt: attempt, moment: "before",
                            climate: ClimateReading(
                                temperature: 23.1 + 0.4 * noise(i + 3), humidity: 45 + 3 * noise(i + 5)),
                            reading: reading, complaints: [])))
                if i % 3 == 1, i / 3 < faults {
                    list.append(
                        .fault(
                            FaultNoted(
                                fault: Fault(
                                    .timeout, "meter 4",
                                    "no answer on the serial bus within 500 ms, try \(i); asked again and answered"),
                                position: 4)))
                }
                for meter in meters where attempt == 1 || meter.position == 2 {
                    guard !silent.contains(meter.position) else {
                        list.append(
                            .result(
                                PointResult(
                                    position: meter.position, serial: meter.serial, point: point.id, attempt: attempt,
                                    measurement: .notTaken(
                                        Fault(.noPulses, "counter", "no pulses on channel \(meter.position)")),
                                    evaluation: Evaluation(
                                        verdict: .notTested(reason: "no pulses on channel \(meter.position)")))))
                        continue
                    }
                    list.append(.result(result(point, meter.position, attempt)))
                }
                list.append(.pointComplete(PointComplete(point: point.id, attempt: attempt)))
            }
        }
        if journalEnds { list.append(.runFinished(RunFinished(complete: true, verdicts: [:]))) }
        return list
    }

    /// The journal's lines, one second apart.
    var entries: [JournalEntry] {
        events.enumerated().map { i, event in
            func two(_ n: Int) -> String { n < 10 ? "0\(n)" : "\(n)" }
            let utc = "2026-11-21T\(two(8 + i / 3600)):\(two(i / 60 % 60)):\(two(i % 60)).000000Z"
            return JournalEntry(
                seq: i + 1, at: BenchInstant(seconds: Double(i)), utc: utc, prev: Hash.none, what: event)
        }
    }

    func source() throws -> CertificateSource {
        try CertificateSource(
            journal: entries, lastHash: Hash.sha256Hex("last line"), bench: bench, plans: ["demo-05s": plan],
            limits: [:])
    }
}
