import BenchCore

/// A message, and how long the source is left alone behind it.
struct SourceLine: Sendable, Hashable {
    var text: String
    var pause = 0.0
}

/// What the places of a line are filled from.
struct SourceContext: Sendable {
    /// Voltage and current that nothing may exceed on this bench, for the source's own limits.
    struct Limits: Sendable, Hashable {
        var voltage: Double, current: Double
    }
    var limits: Limits
    var load: LoadSetting?
    /// Amplitudes that ranges must hold, by output; the load's own where none stands here.
    var highest: [LoadShape.Output: Double] = [:]
    var phase: Int?
    var quantity: LoadShape.Output.Quantity?
    var harmonic: LoadShape.Harmonic?
    var interharmonic: LoadShape.Interharmonic?
    var fluctuation: LoadShape.Fluctuation?
    var event: LoadShape.Event?

    /// The load of the phase.
    var one: PhaseLoad? { phase.flatMap { phase in load?.phases[phase - 1] } }
    /// The amplitude of the output that is shaped.
    var amplitude: Double { (quantity == .current ? one?.current : one?.voltage) ?? 0 }
    /// What a range of the phase has to hold.
    func ranged(_ quantity: LoadShape.Output.Quantity) -> Double {
        let own = (quantity == .current ? one?.current : one?.voltage) ?? 0
        return max(own, phase.flatMap { highest[LoadShape.Output(phase: $0, quantity: quantity)] } ?? 0)
    }
}

extension SourceTable {
    /// The messages of rows, in the order they are sent: rows of a phase that follow each other are sent phase by phase.
    func lines(_ rows: [Row], _ context: SourceContext) -> [SourceLine] {
        var lines: [SourceLine] = []
        var at = 0
        while at < rows.count {
            guard rows[at].ofPhase, context.phase == nil else {
                if applies(rows[at], context) { lines.append(line(rows[at], context)) }
                at += 1
                continue
            }
            let end = rows[at...].firstIndex { !$0.ofPhase } ?? rows.count
            for phase in 1...capability.phases {
                var context = context
                context.phase = phase
                for row in rows[at..<end] where applies(row, context) { lines.append(line(row, context)) }
            }
            at = end
        }
        return lines
    }

    /// The messages of a question: one, or one a phase.
    func questions(_ ask: SourceTemplate, _ limits: SourceContext.Limits) -> [(phase: Int?, text: String)] {
        var context = SourceContext(limits: limits)
        guard ask.ofPhase else { return [(nil, line(Row(send: ask), context).text)] }
        return (1...capability.phases).map { phase in
            context.phase = phase
            return (phase, line(Row(send: ask), context).text)
        }
    }

    /// The messages of a safe action with the query that proves it, for the guard that acts when this program is gone.
    func guarded(_ action: SafeAction) -> DriverEntry.Guarded? {
        let (rows, question): ([Row], Question?)
        switch action {
        case .currentOff: (rows, question) = (currentOff, currentOn)
        case .voltageOff: (rows, question) = (voltageOff, isOn)
        case .open: return nil
        }
        // The last phase is asked: its answer comes after everything before it was done.
        let none = SourceContext.Limits(voltage: 0, current: 0)
        guard let question, let query = questions(question.ask, none).last, let no = question.no.first,
            !rows.contains(where: { row in row.send.values.contains { $0 != .phase } })
        else { return nil }
        let texts = lines(rows, SourceContext(limits: none)).map(\.text) + [query.text]
        return DriverEntry.Guarded(
            send: Array(texts.map { $0 + dialect.terminator }.joined().utf8), expect: Array(no.utf8))
    }

    private func applies(_ row: Row, _ context: SourceContext) -> Bool {
        if let phases = row.phases, let phase = context.phase, !phases.contains(phase) { return false }
        if let only = row.only, only != context.quantity { return false }
        if let ramp = row.ramp, let event = context.event, ramp != (event.ramp > 0) { return false }
        guard let when = row.when, let one = context.one else { return true }
        return when.holds(one)
    }

    private func line(_ row: Row, _ context: SourceContext) -> SourceLine {
        SourceLine(text: row.send.line { written($0, context) }, pause: row.pause)
    }

    private func written(_ place: SourceTemplate.Place, _ context: SourceContext) -> String {
        let load = context.load?.phases ?? []
        let number: Double?
        switch place.value {
        case .phase: return phaseNames[(context.phase ?? 1) - 1]
        case .quantity: return context.quantity.flatMap { shape?.quantities[$0] } ?? ""
        case .form: return context.fluctuation.flatMap { shape?.forms[$0.form] } ?? ""
        case .order: return (context.harmonic?.order).map(String.init) ?? ""
        case .voltageRange: return name(voltageRanges, context.ranged(.voltage))
        case .currentRange: return name(currentRanges, context.ranged(.current))
        case .frequency: number = context.load?.frequency
        case .voltage: number = context.one?.voltage
        case .current: number = context.one?.current
        case .voltageAngle: number = context.one?.voltageAngle
        case .currentLag: number = context.one?.currentLag
        case .currentAngle: number = context.one.map { $0.voltageAngle - $0.currentLag }
        case .highestVoltage: number = load.map(\.voltage).max()
        case .highestCurrent: number = load.map(\.current).max()
        case .voltageLimit: number = context.limits.voltage
        case .currentLimit: number = context.limits.current
        case .amplitude:
            number = (context.harmonic?.percent ?? context.interharmonic?.percent).map { context.amplitude * $0 / 100 }
        case .percent: number = context.harmonic?.percent ?? context.interharmonic?.percent
        case .angle: number = context.harmonic?.angle
        case .interharmonic: number = context.interharmonic?.frequency
        case .depth: number = context.fluctuation?.depth
        case .modulation: number = context.fluctuation?.frequency
        case .residual: number = context.event.map { context.amplitude * $0.residual / 100 }
        case .residualPercent: number = context.event?.residual
        case .duration: number = context.event?.duration
        case .ramp: number = context.event?.ramp
        case .startAngle: number = context.event?.startAngle
        }
        return written(number ?? 0, place)
    }

    private func name(_ ranges: [Range], _ value: Double) -> String {
        (ranges.first { value <= $0.upTo } ?? ranges.last)?.name ?? ""
    }

    /// A number as the source wants it. Nine decimals of the unit are kept: what is beyond came from arithmetic.
    private func written(_ value: Double, _ place: SourceTemplate.Place) -> String {
        var number = place.negative ? -value : value
        if place.value.kind == .angle { number = Self.turned(number, angles) }
        if let unit = place.unit { number /= unit.factor }
        if let digits = place.digits { return Decimal.fixed(number, digits) }
        let rounded = (number * 1e9).rounded() / 1e9
        return SCPINumber.text(rounded == 0 ? 0 : rounded)
    }

    /// An angle in degrees within the turn that the source writes.
    static func turned(_ degrees: Double, _ angles: Angles) -> Double {
        var angle = degrees.truncatingRemainder(dividingBy: 360)
        switch angles {
        case .signed:
            if angle > 180 { angle -= 360 }
            if angle <= -180 { angle += 360 }
        case .positive: if angle < 0 { angle += 360 }
        }
        return angle
    }
}
