/// What a step is expanded against: the procedure's symbols, the limit table, one meter type and one bench.
public struct PlanningContext: Sendable {
    /// The procedure.
    public let procedure: Procedure
    /// Its limit table, as far as it is for the class of the meter.
    public let limits: LimitTable
    /// The type of meter.
    public let meter: MeterType
    /// The bench.
    public let bench: BenchDescription

    /// A context by its parts.
    public init(procedure: Procedure, limits: LimitTable, meter: MeterType, bench: BenchDescription) {
        self.procedure = procedure
        self.limits = limits.forClass(meter.nameplate.accuracyClass(of: procedure.energy) ?? "")
        self.meter = meter
        self.bench = bench
    }

    /// What a kind of test needs of bench and meter besides the source.
    public enum Need: Sendable, Hashable {
        /// The reference standard must answer the load with exactly one accuracy row.
        case standard
        /// The meter must have a pulse output for the direction.
        case pulses
    }

    /// The value of a symbol for this meter, coherent unit; `nil` where the procedure or the meter has none.
    public func value(of symbol: String) -> Double? {
        procedure.parameters.first { $0.name == symbol }.flatMap { $0.value(meter.nameplate, limits) }
    }

    /// The number a standard gives under that name; complains at the step where the table has none.
    public func fact(_ name: String, _ step: Step, _ result: inout StepExpansion) -> LimitFact? {
        switch limits.decidingFact(name, meter.nameplate.connection) {
        case .success(let fact): return fact
        case .failure(let trouble):
            result.complaints.append(step.diagnostic("\(step.kind.rawValue):", trouble.message))
            return nil
        }
    }

    /// The loads of a step for this meter, resolved to volts and amperes and checked against meter, source and standard.
    ///
    /// Points the meter is not asked are noted as left out; what bench or meter cannot do becomes a complaint.
    public func drafts(_ step: Step, _ needs: Set<Need>, _ result: inout StepExpansion) -> [PointDraft] {
        var drafts: [PointDraft] = []
        for point in step.combinations {
            let id = step.id(of: point)
            if let reason = notAsked(point, needs) {
                result.leftOut.append(LeftOutPoint(id: id, reason: reason))
                continue
            }
            var trouble = LoadTrouble(step: step, point: point)
            let draft = draft(step, point, id, &trouble)
            if let draft { check(draft, needs, &trouble) }
            for complaint in trouble.complaints where !result.complaints.contains(complaint) {
                result.complaints.append(complaint)
            }
            if let draft, trouble.complaints.isEmpty { drafts.append(draft) }
        }
        return drafts
    }

    private func notAsked(_ point: MatrixPoint, _ needs: Set<Need>) -> String? {
        if point.direction == .export, !meter.nameplate.bidirectional { return "the meter does not register export" }
        // Many meters pulse for import only: what cannot be asked of them is left out, and plan and certificate say so.
        let energy = procedure.energy, counted = point.sine?.reactiveDirection(point.direction) ?? point.direction
        if counted == .export, needs.contains(.pulses), meter.constant(.export, energy) == nil,
            meter.constant(.import, energy) != nil
        {
            return "the meter has no pulse output for \(energy == .reactive ? "reactive " : "")export"
        }
        if point.phase != nil, meter.nameplate.wiring != .threePhaseFourWire {
            return
                "a \(meter.nameplate.wiring.rawValue) meter has no single-phase load against neutral beside its balanced one"
        }
        return nil
    }

    private func draft(
        _ step: Step, _ point: MatrixPoint, _ id: String, _ trouble: inout LoadTrouble
    ) -> PointDraft? {
        // A symbol the nameplate does not give is complained of once, at its parameter.
        guard let volts = point.voltage.resolved(value(of:)), let hertz = point.frequency.resolved(value(of:)) else {
            return nil
        }
        var amperes = 0.0
        if let current = point.current {
            guard let resolved = current.resolved(value(of:)) else { return nil }
            amperes = resolved
        }
        let lag = point.currentLag
        let connected = meter.nameplate.wiring.phases
        let phases = (1...3).map { phase -> PhaseLoad in
            let loaded = amperes > 0 && connected.contains(phase) && (point.phase == nil || point.phase == phase)
            return PhaseLoad(
                voltage: connected.contains(phase) && !point.interrupted.contains(phase) ? volts : 0,
                voltageAngle: [0, -120, 120][phase - 1],
                current: loaded ? amperes : 0,
                currentLag: loaded ? lag + (point.exporting.contains(phase) ? 180 : 0) : 0)
        }
        return PointDraft(
            id: id, step: step, point: point, load: LoadSetting(frequency: hertz, phases: phases), volts: volts,
            amperes: amperes)
    }

    private func check(_ draft: PointDraft, _ needs: Set<Need>, _ trouble: inout LoadTrouble) {
        let maximum = meter.nameplate.maximumCurrent.value
        if draft.amperes > maximum * (1 + 1e-9) {
            trouble.add(
                .current, "\(text(draft.amperes, .current)) is above Imax = \(text(maximum, .current)) of «\(meter.id)»"
            )
        }
        guard let source = bench.instrument(.referenceSource)?.source else { return }
        trouble.range(.voltage, draft.volts, source.voltage, "the source's range")
        trouble.range(.frequency, draft.load.frequency, source.frequency, "the source's range")
        if draft.amperes > 0 { trouble.range(.current, draft.amperes, source.current, "the source's range") }
        if let settle = draft.step.settle, source.settle > settle {
            trouble.add(
                "settle",
                "the source takes up to \(text(source.settle, .time)) to settle; this step allows "
                    + text(settle, .time))
        }
        let energy = procedure.energy
        if needs.contains(.pulses), meter.constant(draft.counted, energy) == nil {
            let what = (energy == .reactive ? "reactive " : "") + draft.counted.rawValue
            trouble.add(.direction, "«\(meter.id)» has no pulse output for \(what); this kind of test counts pulses")
        }
        // What the source cannot give, the standard need not measure.
        if needs.contains(.standard), trouble.complaints.isEmpty { checkStandard(draft, &trouble) }
    }

    private func checkStandard(_ draft: PointDraft, _ trouble: inout LoadTrouble) {
        let rows = bench.accuracy(of: procedure.energy)
        let answering = rows.filter { $0.current.contains(draft.amperes) && $0.voltage.contains(draft.volts) }
        guard answering.count != 1 else { return }
        let what = answering.isEmpty ? "no accuracy row" : "\(answering.count) accuracy rows"
        trouble.add(
            .current,
            "\(what) of the reference standard answer\(answering.count > 1 ? "" : "s") "
                + "\(text(draft.amperes, .current)) at \(text(draft.volts, .voltage)); exactly one must")
    }

    /// The row of the limit table for the variation by an influence quantity at a load; complains where there is none or more than one.
    public func variation(_ influence: Influence, _ draft: PointDraft, _ result: inout StepExpansion) -> PointLimit? {
        answered(
            limits.variation(
                influence, draft.loadKind, meter.nameplate.connection, currentAmps: draft.amperes,
                nameplate: meter.nameplate, powerFactor: draft.point.powerFactor, sine: draft.point.sine), draft,
            &result)
    }

    func text(_ value: Double, _ kind: DimensionKind) -> String {
        // Nine figures: 0.01 · 5 A is shown as 50 mA, not as 50.00000000000001 mA.
        QuantityText.text(Decimal.parse(Decimal.fixed(value, 9)) ?? value, kind)
    }

    /// The row of the limit table that answers a load; complains where there is none or more than one.
    public func limit(_ draft: PointDraft, _ result: inout StepExpansion) -> PointLimit? {
        answered(
            limits.answer(
                draft.loadKind, meter.nameplate.connection, currentAmps: draft.amperes, nameplate: meter.nameplate,
                powerFactor: draft.point.powerFactor, sine: draft.point.sine), draft, &result)
    }

    private func answered(
        _ answer: Result<PointLimit, LimitTrouble>, _ draft: PointDraft, _ result: inout StepExpansion
    ) -> PointLimit? {
        switch answer {
        case .success(let limit): return limit
        case .failure(let trouble):
            let mark = draft.point.mark(.current) ?? draft.step.mark
            let complaint = Diagnostic(
                file: draft.step.file, mark: mark, message: "\(draft.currentText): \(trouble.message)")
            if !result.complaints.contains(complaint) { result.complaints.append(complaint) }
            return nil
        }
    }
}

/// Complaints about one load, each at the value that causes it.
struct LoadTrouble {
    let step: Step
    let point: MatrixPoint
    var complaints: [Diagnostic] = []

    init(step: Step, point: MatrixPoint) {
        self.step = step
        self.point = point
    }

    mutating func add(_ axis: MatrixAxis.Name, _ message: String) {
        let mark = point.mark(axis) ?? step.mark
        complaints.append(Diagnostic(file: step.file, mark: mark, message: message))
    }

    mutating func add(_ key: String, _ message: String) { complaints.append(step.diagnostic(key, message)) }

    mutating func range(_ axis: MatrixAxis.Name, _ value: Double, _ range: ClosedRange<Double>, _ whose: String) {
        // 1e-9: 0.1 % of 1 A and 1 mA are the same current, whatever the last bit says.
        let slack = 1e-9 * abs(value)
        if value >= range.lowerBound - slack, value <= range.upperBound + slack { return }
        let kind: DimensionKind = axis == .current ? .current : axis == .voltage ? .voltage : .frequency
        func text(_ value: Double) -> String {
            QuantityText.text(Decimal.parse(Decimal.fixed(value, 9)) ?? value, kind)
        }
        add(
            axis,
            "\(axis.rawValue) \(text(value)) is \(value < range.lowerBound ? "below" : "above") \(whose) "
                + "\(text(range.lowerBound)) to \(text(range.upperBound))")
    }
}

extension Connection {
    /// `directly`, `through transformers`.
    var words: String { self == .direct ? "directly" : "through transformers" }
}
