import BenchCore

/// The citations behind limits and rules, numbered in the order they are met.
struct SourceList {
    private(set) var list: [MeterCertificate.LimitSource] = []

    mutating func number(_ citation: Citation) -> Int {
        if let known = list.first(where: { $0.citation == citation }) { return known.reference }
        let words: String
        switch citation.verified {
        case .twoSources: words = "confirmed by two public sources"
        case .oneSource: words = "confirmed by one public source"
        case .memory: words = "not confirmed by a public source"
        }
        list.append(
            .init(
                reference: list.count + 1, citation: citation,
                confirmation: "\(words); confidence \(citation.confidence.rawValue)"))
        return list.count
    }
}

/// The results of one meter as rows of tables.
struct ResultRows {
    var accuracy: [MeterCertificate.AccuracyRow] = []
    var noLoad: [MeterCertificate.NoLoadRow] = []
    var starting: [MeterCertificate.StartingRow] = []
    var repeatability: [MeterCertificate.RepeatabilityRow] = []
    var variations: [MeterCertificate.VariationRow] = []
    var events: [MeterCertificate.EventRow] = []
    var radio: [MeterCertificate.RadioRow] = []
    var register: [MeterCertificate.RegisterRow] = []
    var directions: [MeterCertificate.DirectionsRow] = []
    var budget: MeterCertificate.BudgetExample?
    /// Coverage factors used.
    var coverageFactors: [Double] = []
    /// The results by test point, in the order of the plan; warm-up left out.
    var taken: [(point: TestPoint, result: PointResult?)] = []

    init(_ record: RunRecord, _ plan: Plan, _ meter: OrderedMeter, _ sources: inout SourceList) {
        let results = record.results[meter.position] ?? [:]
        let plate = plan.meter.nameplate
        for point in plan.points where point.kind != .warmUp {
            let result = results[point.id]
            taken.append((point, result))
            let head = Self.head(point, result, plate, &sources)
            if let k = result?.evaluation.k, result?.evaluation.U != nil { coverageFactors.append(k) }
            switch point.kind {
            case .warmUp: break
            case .accuracy: accuracy.append(Self.accuracy(point, head, result?.evaluation, plate))
            case .noLoad: noLoad.append(Self.noLoad(point, head, result?.measurement))
            case .starting: starting.append(Self.starting(point, head, result?.measurement))
            case .repeatability: repeatability.append(Self.repeatability(point, head, result?.evaluation))
            case .influence: variations.append(Self.variation(point, head, result?.evaluation))
            case .event: events.append(MeterCertificate.EventRow(point, head, result))
            case .directions: directions.append(Self.directions(point, head, result, plan.meter))
            case .radioDutyCycle: radio.append(Self.radio(point, head, result))
            case .register: register.append(Self.register(point, head, result))
            }
        }
        budget = Self.budget(accuracy, results)
    }

    private static func head(
        _ point: TestPoint, _ result: PointResult?, _ plate: Nameplate, _ sources: inout SourceList
    ) -> MeterCertificate.PointHead {
        let citation = point.rule ?? point.limit?.citation
        let voltage = point.load.phases.map(\.voltage).max() ?? 0
        let share = plate.nominalVoltage.value > 0 ? voltage / plate.nominalVoltage.value : 0
        return MeterCertificate.PointHead(
            number: point.number, id: point.id, kind: point.kind, title: point.title, load: point.loadKind,
            phases: phases(point, plate), direction: point.direction, powerFactor: point.powerFactor,
            current: point.currentText, voltage: RelativeQuantity((share * 1e6).rounded() / 1e6, "Un").description,
            sine: point.sine?.description, quadrant: point.quadrant,
            source: citation.map { sources.number($0) },
            verdict: result?.evaluation.verdict ?? .notTested(reason: "no result in the evidence"),
            attempts: result?.attempt ?? 0, weakSource: citation?.confidence == .low)
    }

    private static func phases(_ point: TestPoint, _ plate: Nameplate) -> String {
        if let phase = point.phase { return "L\(phase)" }
        return plate.wiring == .onePhaseTwoWire ? "L1" : "L1 L2 L3"
    }

    private static func accuracy(
        _ point: TestPoint, _ head: MeterCertificate.PointHead, _ found: Evaluation?, _ plate: Nameplate
    ) -> MeterCertificate.AccuracyRow {
        let current = point.load.phases.map(\.current).max() ?? 0
        let base = plate.nominalCurrent.value
        return MeterCertificate.AccuracyRow(
            head: head, ratio: base > 0 ? current / base : 0,
            error: found?.error.map { Printed.error($0, U: found?.U) },
            U: found?.U.map { Printed.uncertainty($0) }, k: found?.k.map { Printed.number($0, 2) },
            repeats: found?.errors.count ?? 0, limit: point.limit.map { Printed.limit($0) } ?? "",
            lower: point.limit?.lowerPercent, upper: point.limit?.upperPercent)
    }

    private static func variation(
        _ point: TestPoint, _ head: MeterCertificate.PointHead, _ found: Evaluation?
    ) -> MeterCertificate.VariationRow {
        let errors = found?.errors ?? []
        func error(_ index: Int) -> Figure? {
            errors.indices.contains(index) ? Printed.error(errors[index], U: found?.U) : nil
        }
        return MeterCertificate.VariationRow(
            head: head, influence: point.influence?.words(at: point) ?? "", reference: error(0), influenced: error(1),
            variation: found?.error.map { Printed.error($0, U: found?.U) },
            U: found?.U.map { Printed.uncertainty($0) }, k: found?.k.map { Printed.number($0, 2) },
            limit: point.limit.map { Printed.limit($0) } ?? "", lower: point.limit?.lowerPercent,
            upper: point.limit?.upperPercent)
    }

    private static func directions(
        _ point: TestPoint, _ head: MeterCertificate.PointHead, _ result: PointResult?, _ meter: MeterType
    ) -> MeterCertificate.DirectionsRow {
        let found = result?.evaluation
        var flow = ""
        if let exporting = point.exporting {
            let names = exporting.map { "L\($0)" }.joined(separator: " and ")
            flow = names + (point.direction == .import ? " export" : " import") + (exporting.count == 1 ? "s" : "")
        }
        if let profile = point.profile { flow = "solar day in \(profile.count) steps" }
        var row = MeterCertificate.DirectionsRow(
            head: head, flow: flow, deviation: found?.error.map { Printed.error($0, U: found?.U) },
            U: found?.U.map { Printed.uncertainty($0) }, k: found?.k.map { Printed.number($0, 2) },
            limit: point.limit.map { Printed.limit($0) } ?? "", lower: point.limit?.lowerPercent,
            upper: point.limit?.upperPercent, findings: found?.findings ?? [])
        guard case .directions(let seen) = result?.measurement else { return row }
        let flowed = (meter.summation ?? .vectorial).registered(seen.reference)
        row.expectedImport = Printed.number(flowed.imported / 3.6e6, 5)
        row.expectedExport = Printed.number(flowed.exported / 3.6e6, 5)
        for register in seen.registers {
            let figure = Printed.number(
                register.pair.end - register.pair.begin, Decimal.decimals(of: register.pair.resolution, significant: 1))
            if register.role == .activeEnergyImport { row.registeredImport = figure }
            if register.role == .activeEnergyExport { row.registeredExport = figure }
        }
        return row
    }

    private static func radio(
        _ point: TestPoint, _ head: MeterCertificate.PointHead, _ result: PointResult?
    ) -> MeterCertificate.RadioRow {
        var row = MeterCertificate.RadioRow(
            head: head, band: point.radio.map { "\($0.band), \($0.use)" } ?? "", receiver: "", watched: nil,
            transmissions: nil, onTime: nil, duty: nil, U: nil,
            limit: point.limit.map { Printed.significant($0.upperPercent, 3) },
            window: point.radio.map { Printed.number($0.window, 0) })
        guard case .radio(let seen) = result?.measurement else { return row }
        row.receiver =
            "\(Decimal.shortest(seen.receive.center / 1e6)) MHz, bandwidth \(Decimal.shortest(seen.receive.bandwidth / 1e3)) kHz, "
            + "\(seen.sweeps.count) sweeps of \(Decimal.shortest(seen.receive.duration)) s"
        row.watched = Printed.number(seen.watched, 0)
        row.transmissions = seen.bursts
        row.onTime = Printed.number(seen.onTime, 3)
        row.duty = result?.evaluation.error.map { Printed.significant($0, 4) }
        row.U = result?.evaluation.U.map { Printed.uncertainty($0) }
        return row
    }

    private static func noLoad(
        _ point: TestPoint, _ head: MeterCertificate.PointHead, _ measurement: Measurement?
    ) -> MeterCertificate.NoLoadRow {
        var row = MeterCertificate.NoLoadRow(
            head: head, watched: nil, pulses: nil, allowed: point.maximumPulses,
            required: point.duration.map { Printed.number($0, 0) },
            after: point.preload == nil ? nil : point.direction.rawValue)
        if case .noLoad(let seen) = measurement {
            row.watched = Printed.number(seen.seconds, 0)
            row.pulses = seen.pulses
        }
        return row
    }

    private static func starting(
        _ point: TestPoint, _ head: MeterCertificate.PointHead, _ measurement: Measurement?
    ) -> MeterCertificate.StartingRow {
        var row = MeterCertificate.StartingRow(
            head: head, allowed: point.duration.map { Printed.number($0, 0) }, first: nil, last: nil, pulses: nil)
        if case .starting(let seen) = measurement {
            row.allowed = Printed.number(seen.allowed, 0)
            row.first = seen.edges.first.map { Printed.number($0, 1) }
            row.last = seen.edges.count > 1 ? seen.edges.last.map { Printed.number($0, 1) } : nil
            row.pulses = seen.edges.count
        }
        return row
    }

    private static func repeatability(
        _ point: TestPoint, _ head: MeterCertificate.PointHead, _ found: Evaluation?
    ) -> MeterCertificate.RepeatabilityRow {
        let errors = found?.errors ?? []
        let spread = errors.max().flatMap { high in errors.min().map { high - $0 } }
        return MeterCertificate.RepeatabilityRow(
            head: head, repeats: errors.count, mean: found?.error.map { Printed.error($0, U: found?.U) },
            deviation: found?.standardDeviation.map { Printed.number($0, 4) },
            span: errors.count > 1 ? spread.map { Printed.number($0, 4) } : nil,
            errors: errors.map { Figure(value: $0, text: Printed.signed($0, 3)) }, accept: point.accept,
            limit: point.limit.map { Printed.limit($0) } ?? "")
    }

    private static func register(
        _ point: TestPoint, _ head: MeterCertificate.PointHead, _ result: PointResult?
    ) -> MeterCertificate.RegisterRow {
        let found = result?.evaluation
        var row = MeterCertificate.RegisterRow(
            head: head, name: "", begin: nil, end: nil, registered: nil, reference: nil, pulses: nil,
            error: found?.error.map { Printed.error($0, U: found?.U) }, U: found?.U.map { Printed.uncertainty($0) },
            k: found?.k.map { Printed.number($0, 2) }, limit: point.limit.map { Printed.limit($0) } ?? "", still: [],
            findings: found?.findings ?? [])
        guard case .register(let seen) = result?.measurement else { return row }
        let decimals = Decimal.decimals(of: seen.tested.resolution, significant: 1)
        row.name = seen.tested.name
        row.begin = Printed.number(seen.tested.begin, decimals)
        row.end = Printed.number(seen.tested.end, decimals)
        row.registered = Printed.number(seen.tested.end - seen.tested.begin, decimals)
        row.reference = Printed.number(seen.referenceEnergy / 3.6e6, max(decimals, 5))
        if let pulses = seen.pulses, let constant = seen.meterConstant, constant > 0 {
            row.pulses = Printed.number(Double(pulses) / constant, max(decimals, 5))
        }
        row.still = seen.still.map {
            .init(
                name: $0.name,
                moved: Printed.number(
                    $0.end - $0.begin, Decimal.decimals(of: $0.resolution, significant: 1)))
        }
        return row
    }

    /// An input of a budget in words; the test point behind it is dropped, a range of the standard kept.
    static func words(_ input: String) -> String {
        let named: [String: String] = [
            "standard.certificate": "reference standard, calibration",
            "standard.drift": "reference standard, drift since calibration",
            "standard.temperature": "reference standard, temperature coefficient",
            "climate.temperature": "air temperature", "counter.edges": "time stamps of the meter's pulses",
            "counter.reference": "resolution of the reference count",
            "source.stability": "stability of the source during the gates", "repeatability": "repeatability",
            "register.begin-end": "register, begin and end reading",
        ]
        var text = input
        if text.hasSuffix("]"), let bracket = text.firstRange(of: " [") {
            text = String(text[..<bracket.lowerBound])
        }
        guard let range = text.firstRange(of: " (") else { return named[text] ?? text }
        let name = String(text[..<range.lowerBound])
        return named[name].map { $0 + text[range.lowerBound...] } ?? text
    }

    private static func budget(
        _ rows: [MeterCertificate.AccuracyRow], _ results: [String: PointResult]
    ) -> MeterCertificate.BudgetExample? {
        let usable = rows.filter { results[$0.head.id].map { !$0.evaluation.budget.isEmpty } ?? false }
        guard let worst = usable.max(by: { $0.share < $1.share }), let found = results[worst.head.id]?.evaluation,
            let u = found.u, let k = found.k, let U = found.U
        else { return nil }
        func degrees(_ value: Double?) -> String {
            guard let value, value < 1e5 else { return "∞" }
            return Decimal.fixed(value.rounded(.down), 0)
        }
        let lines = found.budget.map { line in
            MeterCertificate.BudgetRow(
                name: words(line.name), distribution: line.distribution, unit: line.unit,
                degrees: degrees(line.degreesOfFreedom), u: Printed.significant(line.standardUncertainty, 2),
                sensitivity: Printed.significant(line.sensitivity, 3),
                contribution: Printed.significant(line.contribution, 2))
        }
        return .init(
            point: worst.head.words, number: worst.head.number, lines: lines, u: Printed.significant(u, 2),
            degrees: degrees(found.effectiveDegreesOfFreedom), k: Printed.number(k, 2), U: Printed.uncertainty(U))
    }
}

extension MeterCertificate.PointHead {
    /// The load in words: `1 % In, PF 1, import`, with the phase of a single-phase load.
    public var words: String {
        var parts = [current]
        if current != "open" { parts.append(factor(withSymbol: true)) }
        if load == .singlePhase { parts.append(phases) }
        if current != "open" { parts.append(way) }
        return parts.joined(separator: ", ")
    }

    /// Power factor or sin φ: `0.5 ind`; with its symbol `PF 0.5 ind`, `sin φ 0.5 ind`.
    func factor(withSymbol: Bool) -> String {
        guard let sine else { return (withSymbol ? "PF " : "") + powerFactor.description }
        return (withSymbol ? "sin φ " : "") + sine
    }

    /// Direction of energy; for reactive energy the quadrant: `import`, `quadrant IV`.
    var way: String {
        guard let quadrant else { return direction.rawValue }
        return (quadrant.contains("/") ? "quadrants " : "quadrant ") + quadrant
    }
}
