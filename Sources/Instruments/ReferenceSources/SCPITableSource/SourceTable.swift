import BenchCore

/// What a data file of the family `scpi-source` says of a source: how it is known, what it can give, and what it is told.
struct SourceTable: Sendable {
    /// How angles are written.
    enum Angles: String, Sendable, CaseIterable {
        /// −180° … 180°.
        case signed
        /// 0° … 360°.
        case positive
    }
    /// When a line of a load is sent for a phase.
    enum Condition: String, Sendable, CaseIterable {
        case voltage, current
        case noVoltage = "no-voltage"
        case noCurrent = "no-current"

        func holds(_ phase: PhaseLoad) -> Bool {
            switch self {
            case .voltage: return phase.voltage > 0
            case .noVoltage: return phase.voltage == 0
            case .current: return phase.current > 0
            case .noCurrent: return phase.current == 0
            }
        }
    }
    /// One line that is sent.
    struct Row: Sendable {
        var send: SourceTemplate
        var when: Condition?
        /// The phases it is sent for, where not for all.
        var phases: [Int]?
        /// Sent for each phase although it holds no value of a phase.
        var eachPhase = false
        /// Seconds to leave the source alone behind it.
        var pause = 0.0

        var ofPhase: Bool { eachPhase || phases != nil || when != nil || send.ofPhase }
    }
    /// A range of the instrument: everything up to a value, and what it is called in commands.
    struct Range: Sendable, Hashable {
        var upTo: Double, name: String
    }
    /// A question with yes or no as its answer.
    struct Question: Sendable {
        var ask: SourceTemplate
        /// Which of the values of the answer, from 1.
        var value: Int
        var yes: [String], no: [String]
    }
    /// A question whose answer tells of faults: by bits of a number, or by any word that is not one of the fine ones.
    struct FaultQuestion: Sendable {
        var ask: SourceTemplate
        var value: Int
        var bits: [Int: String], fine: [String]
    }

    /// What `*IDN?` may answer, with `*` for anything; empty: not looked at.
    var identity: [String]
    var dialect: SCPIDialect
    /// Seconds for an answer, where the source takes longer than usual.
    var response: Double?
    var capability: SourceCapability
    var angles: Angles
    /// What the phases are called in commands.
    var phaseNames: [String]
    var voltageRanges: [Range], currentRanges: [Range]
    /// Seconds from «on» or a new load until the values hold.
    var settle: Double
    /// Once before the first load; with each load; to energise; to make safe; to give the front panel back.
    var setup: [Row], load: [Row], on: [Row], currentOff: [Row], voltageOff: [Row], local: [Row]
    /// Whether the outputs are on; whether currents are; whether it has settled; what is wrong.
    var isOn: Question, currentOn: Question?, settled: Question?, faults: [FaultQuestion]
}

/// A message, and how long the source is left alone behind it.
struct SourceLine: Sendable, Hashable {
    var text: String
    var pause = 0.0
}

extension SourceTable {
    /// Voltage and current that nothing may exceed on this bench, for the source's own limits.
    struct Limits: Sendable, Hashable {
        var voltage: Double, current: Double
    }

    /// The messages of rows, in the order they are sent: rows of a phase that follow each other are sent phase by phase.
    func lines(_ rows: [Row], _ load: LoadSetting?, _ limits: Limits) -> [SourceLine] {
        var lines: [SourceLine] = []
        var at = 0
        while at < rows.count {
            guard rows[at].ofPhase else {
                lines.append(line(rows[at], nil, load, limits))
                at += 1
                continue
            }
            let end = rows[at...].firstIndex { !$0.ofPhase } ?? rows.count
            for phase in 1...capability.phases {
                for row in rows[at..<end] where applies(row, phase, load) {
                    lines.append(line(row, phase, load, limits))
                }
            }
            at = end
        }
        return lines
    }

    /// The messages of a question: one, or one a phase.
    func questions(_ ask: SourceTemplate, _ limits: Limits) -> [(phase: Int?, text: String)] {
        guard ask.ofPhase else { return [(nil, line(Row(send: ask), nil, nil, limits).text)] }
        return (1...capability.phases).map { ($0, line(Row(send: ask), $0, nil, limits).text) }
    }

    private func applies(_ row: Row, _ phase: Int, _ load: LoadSetting?) -> Bool {
        if let phases = row.phases, !phases.contains(phase) { return false }
        guard let when = row.when, let load else { return true }
        return when.holds(load.phases[phase - 1])
    }

    private func line(_ row: Row, _ phase: Int?, _ load: LoadSetting?, _ limits: Limits) -> SourceLine {
        let text = row.send.line { place in
            let one = phase.flatMap { phase in load.map { $0.phases[phase - 1] } }
            let highest = { (value: (PhaseLoad) -> Double) in (load?.phases ?? []).map(value).max() ?? 0 }
            switch place.value {
            case .phase: return phaseNames[(phase ?? 1) - 1]
            case .frequency: return written(load?.frequency ?? 0, place)
            case .voltage: return written(one?.voltage ?? 0, place)
            case .current: return written(one?.current ?? 0, place)
            case .voltageAngle: return written(one?.voltageAngle ?? 0, place)
            case .currentLag: return written(one?.currentLag ?? 0, place)
            case .currentAngle: return written((one?.voltageAngle ?? 0) - (one?.currentLag ?? 0), place)
            case .voltageRange: return name(voltageRanges, one?.voltage ?? 0)
            case .currentRange: return name(currentRanges, one?.current ?? 0)
            case .highestVoltage: return written(highest(\.voltage), place)
            case .highestCurrent: return written(highest(\.current), place)
            case .voltageLimit: return written(limits.voltage, place)
            case .currentLimit: return written(limits.current, place)
            }
        }
        return SourceLine(text: text, pause: row.pause)
    }

    private func name(_ ranges: [Range], _ value: Double) -> String {
        (ranges.first { value <= $0.upTo } ?? ranges.last)?.name ?? ""
    }

    /// A number as the source wants it. Nine decimals of the coherent unit are kept: what is beyond came from arithmetic.
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

extension SourceTable {
    /// The messages of a safe action with the query that proves it, for the guard that acts when this program is gone.
    func guarded(_ action: SafeAction) -> DriverEntry.Guarded? {
        let (rows, question): ([Row], Question?)
        switch action {
        case .currentOff: (rows, question) = (currentOff, currentOn)
        case .voltageOff: (rows, question) = (voltageOff, isOn)
        case .open: return nil
        }
        // The last phase is asked: its answer comes after everything before it was done.
        let none = Limits(voltage: 0, current: 0)
        guard let question, let query = questions(question.ask, none).last, let no = question.no.first,
            !rows.contains(where: { row in row.send.values.contains { $0 != .phase } })
        else { return nil }
        let text =
            lines(rows, nil, none).map { $0.text + dialect.terminator }.joined() + query.text + dialect.terminator
        return DriverEntry.Guarded(send: Array(text.utf8), expect: Array(no.utf8))
    }
}
