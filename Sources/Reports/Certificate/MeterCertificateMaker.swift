import BenchCore

extension MeterCertificate {
    /// The certificate of the meter at a position, as a pure function of the evidence; throws `CertificateError.incomplete`.
    public init(_ source: CertificateSource, position: Int) throws {
        let record = source.record
        let started = record.started
        guard let ordered = record.orderedMeters.first(where: { $0.position == position }) else {
            throw CertificateError.incomplete("the order has no meter at position \(position)")
        }
        guard let plan = record.plan(ordered) else {
            throw CertificateError.incomplete("no plan for meter type «\(ordered.type)»")
        }
        var sources = SourceList()
        let rows = ResultRows(record, plan, ordered, &sources)
        let findings = Findings(source, plan, rows, ordered)

        title = "Verification certificate"
        number = CertificateNumber.meter(started, position: position)
        simulated = started.simulated
        laboratory = CertificateParts.laboratory(record)
        place = CertificateParts.place(record)
        customer = started.order.customer
        order = started.order.id
        batch = started.order.batch
        authorisedBy = started.order.operator
        begun = record.firstUTC
        ended = record.lastUTC
        issued = record.lastUTC
        item = CertificateParts.item(record, plan, ordered)
        method = CertificateParts.method(plan, started)
        reactive = plan.definition?.words
        conditions = CertificateParts.conditions(record, plan.conditions)
        standards = CertificateParts.standards(record)
        traceability = Statements.traceability(simulated: started.simulated)
        accuracy = rows.accuracy
        noLoad = rows.noLoad
        starting = rows.starting
        repeatability = rows.repeatability
        variations = rows.variations
        events = rows.events
        radio = rows.radio
        register = rows.register
        directions = rows.directions
        summation = plan.meter.summation
        sampling = rows.sampling(record)
        corrections = []
        for file in rows.sampled(record).flatMap({ $0.done.corrections ?? [] }) where !corrections.contains(file) {
            corrections.append(file)
        }
        self.sources = sources.list
        budget = rows.budget
        uncertainty = Statements.uncertainty(rows.coverageFactors)
        decision = Statements.decision(record.decisionRule(plan))
        observations = findings.observations
        deviations = findings.deviations
        verdict = findings.verdict
        reasons = findings.reasons
        conformity = Statements.conformity(
            findings.verdict, item.accuracyClass, plan.points.compactMap(\.limit?.citation))
        software = SoftwareIdentity(
            name: "meterbench", version: started.softwareVersion, sha256: started.softwareHash)
        evidence = EvidenceIdentity(run: started.run, lines: record.lines, root: record.lastHash)
        statements = Statements.meter(simulated: started.simulated)
        curves = CurveMaker.panels(
            rows.accuracy, plan, source.limits[plan.limits]?.forClass(item.accuracyClass))
    }

    /// The heads of all rows in the order of the plan.
    public var heads: [PointHead] {
        (accuracy.map(\.head) + noLoad.map(\.head) + starting.map(\.head) + repeatability.map(\.head)
            + variations.map(\.head) + events.map(\.head) + radio.map(\.head) + register.map(\.head)
            + directions.map(\.head)).sorted { $0.number < $1.number }
    }

    /// The accuracy point with the largest error as a share of its limit.
    public var worst: AccuracyRow? {
        accuracy.filter { $0.error != nil && $0.upper != nil }.max { $0.share < $1.share }
    }
}

extension MeterCertificate.AccuracyRow {
    /// |error| as a share of the limit; 0 where either is missing.
    var share: Double {
        guard let error, let lower, let upper, min(abs(lower), abs(upper)) > 0 else { return 0 }
        return abs(error.value) / min(abs(lower), abs(upper))
    }
}

/// Numbers of certificates: the run's identifier with the position, so that a repeated order never repeats a number.
enum CertificateNumber {
    /// What a number begins with when anything was simulated.
    static let demonstration = "DEMO-"

    static func meter(_ started: RunStarted, position: Int) -> String {
        batch(started) + (position < 10 ? "-0\(position)" : "-\(position)")
    }

    static func batch(_ started: RunStarted) -> String {
        let name = started.run.hasPrefix(started.order.id) ? started.run : started.order.id + "-" + started.run
        return started.simulated && !name.hasPrefix(demonstration) ? demonstration + name : name
    }
}

/// The parts that meter and batch certificates share.
enum CertificateParts {
    /// The laboratory; a simulated run is never under accreditation.
    static func laboratory(_ record: RunRecord) -> Laboratory {
        var laboratory = record.bench.laboratory
        if record.started.simulated { laboratory.accreditation = nil }
        return laboratory
    }

    static func place(_ record: RunRecord) -> [String] {
        ["\(record.bench.title) (\(record.bench.id))"]
            + [record.bench.laboratory.address.joined(separator: ", ")]
            .filter { !$0.isEmpty }
    }

    static func item(_ record: RunRecord, _ plan: Plan, _ ordered: OrderedMeter) -> MeterCertificate.Item {
        let plate = plan.meter.nameplate
        let energy = plan.energy ?? .active
        let accuracyClass = plate.accuracyClass(of: energy) ?? ""
        let base = plate.connection == .transformer ? "In" : "Ib"
        func text(_ value: Double, _ unit: String) -> String { Decimal.shortest(value) + " " + unit }
        let wiring: String
        switch plate.wiring {
        case .onePhaseTwoWire: wiring = "single-phase, two-wire"
        case .threePhaseThreeWire: wiring = "three-phase, three-wire"
        case .threePhaseFourWire: wiring = "three-phase, four-wire"
        }
        return MeterCertificate.Item(
            description: "Electricity meter for \(energy.rawValue) energy, class \(accuracyClass)",
            manufacturer: plate.manufacturer, model: plate.model, serial: ordered.serial,
            position: ordered.position, accuracyClass: accuracyClass,
            connection: plate.connection == .transformer ? "through current transformers" : "direct", wiring: wiring,
            voltage: "Un = " + text(plate.nominalVoltage.value, "V"),
            current: base + " = " + text(plate.nominalCurrent.value, "A"),
            maximumCurrent: "Imax = " + text(plate.maximumCurrent.value, "A"),
            frequency: "fn = " + text(plate.nominalFrequency.value, "Hz"),
            constants: plan.meter.constants.filter { ($0.energy ?? .active) == energy }.map {
                $0.printed + " (" + $0.directions.map(\.rawValue).joined(separator: " and ") + ")"
            }, answered: record.meters[ordered.position]?.identity)
    }

    static func method(_ plan: Plan, _ started: RunStarted) -> MeterCertificate.Method {
        var steps: [String] = []
        var index = 0
        while index < plan.points.count {
            let point = plan.points[index]
            let same = plan.points[index...].prefix { $0.kind == point.kind && $0.title == point.title }
            let name = point.kind.words.prefix(1).uppercased() + point.kind.words.dropFirst()
            var text = point.title.isEmpty ? name : "\(name): \(point.title)"
            if point.kind == .warmUp, let duration = point.duration {
                text += ", \(Printed.duration(duration))"
            } else {
                text +=
                    same.count == 1
                    ? " (test point \(point.number))"
                    : " (test points \(point.number) to \(same.last?.number ?? point.number))"
            }
            if let sequence = point.sequential {
                text +=
                    "; each ended when decided at \(sequence.riskText), after \(sequence.least) to \(sequence.most) "
                    + "determinations (group sequential test, α-spending of Lan and DeMets 1983; where it ended early, "
                    + "the stated U covers about 94.5 %)"
            }
            steps.append(text)
            index += same.count
        }
        return MeterCertificate.Method(
            procedure: plan.procedure, edition: plan.edition, title: plan.title, basis: plan.basis,
            limits: plan.limits, steps: steps,
            files: started.files.sorted { $0.key < $1.key }.map { .init(path: $0.key, sha256: $0.value) })
    }

    static func conditions(_ record: RunRecord, _ allowed: Conditions) -> [MeterCertificate.ConditionRange] {
        var temperature = Span(), humidity = Span(), frequency = Span(), distortion = Span()
        for checked in record.conditions.map(\.what) where checked.complaints.isEmpty {
            if let climate = checked.climate {
                temperature.add(climate.temperature)
                humidity.add(climate.humidity)
            }
            frequency.add(checked.reading.frequency)
            checked.reading.voltageDistortion.forEach { distortion.add($0) }
        }
        func between(_ range: ClosedRange<Double>?, _ decimals: Int) -> String {
            guard let range else { return "" }
            return Decimal.fixed(range.lowerBound, decimals) + " … " + Decimal.fixed(range.upperBound, decimals)
        }
        return [
            temperature.range("Air temperature", "°C", 1, between(allowed.temperature, 1)),
            humidity.range("Relative humidity", "%", 0, ""),
            frequency.range("Frequency", "Hz", 3, between(allowed.frequency, 3)),
            distortion.range(
                "Distortion of the voltage (THD)", "%", 2,
                allowed.voltageDistortion.map { "≤ " + Decimal.shortest($0) } ?? ""),
        ].compactMap { $0 }
    }

    /// Lowest and highest of some numbers.
    private struct Span {
        var low = Double.infinity, high = -Double.infinity
        mutating func add(_ value: Double) {
            low = min(low, value)
            high = max(high, value)
        }
        func range(
            _ name: String, _ unit: String, _ decimals: Int, _ allowed: String
        ) -> MeterCertificate.ConditionRange? {
            guard low <= high else { return nil }
            return .init(
                name: name, unit: unit, lowest: Printed.number(low, decimals),
                highest: Printed.number(high, decimals), allowed: allowed)
        }
    }

    static func standards(_ record: RunRecord) -> [MeterCertificate.StandardUsed] {
        var answers: [String: InstrumentIdentity] = [:]
        for met in record.instruments.map(\.what) { answers[met.id] = met.identity }
        return record.bench.instruments.map { instrument in
            let answer = answers[instrument.id]
            return MeterCertificate.StandardUsed(
                role: instrument.role.words, manufacturer: answer?.manufacturer ?? instrument.manufacturer,
                model: answer?.model ?? instrument.model, serial: answer?.serial ?? instrument.serial,
                firmware: answer?.firmware ?? "", traceability: instrument.traceability,
                reference: instrument.role == .referenceStandard)
        }
    }
}

extension TestKindName {
    /// The kind as people say it.
    var words: String {
        switch self {
        case .warmUp: return "warm-up"
        case .noLoad: return "no-load"
        case .starting: return "starting"
        case .accuracy: return "accuracy"
        case .repeatability: return "repeatability"
        case .influence: return "influence"
        case .event: return "voltage event"
        case .radioDutyCycle: return "duty cycle on the air"
        case .register: return "register (constant) test"
        case .directions: return "registers of both directions"
        }
    }
}

extension InstrumentRole {
    /// The role as people say it.
    var words: String {
        switch self {
        case .referenceSource: return "source"
        case .referenceStandard: return "reference standard"
        case .pulseCounter: return "pulse counter"
        case .environment: return "thermometer and hygrometer"
        case .contactor: return "contactor"
        case .errorCalculator: return "error calculator"
        case .clockCounter: return "clock counter"
        case .radioReceiver: return "radio receiver"
        case .interlock: return "interlock"
        case .lamp: return "signal lamp"
        case .digitizer: return "digitizer"
        }
    }
}
