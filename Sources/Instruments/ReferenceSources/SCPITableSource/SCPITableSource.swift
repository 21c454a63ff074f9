import BenchCore

/// A source whose commands and ranges stand in a data file of the family `scpi-source`.
///
/// `prepare` compares the load with what the source and the bench allow; while the outputs are off it also stores the load in
/// the source, so that it can refuse it itself. With outputs on nothing is sent before `apply`, for most sources give a new
/// value at once. Faults: `wrongDevice` when something else answers, `refused` with the source's own words, `sourceFault` when
/// it does not confirm that it is on or off.
actor SCPITableSource: ShapingSource {
    nonisolated let id: String
    nonisolated let capability: SourceCapability
    private nonisolated let table: SourceTable
    private nonisolated let wire: SCPIConnection
    private nonisolated let time: any Timekeeper
    private nonisolated let limits: SourceContext.Limits
    private var isSetUp = false
    /// Messages of a load, those that start its shape once the outputs are on, and those that fire its events.
    private struct Prepared {
        var lines: [SourceLine], run: [SourceLine], trigger: [SourceLine]
    }
    private var prepared: Prepared?
    /// What fires the events of the applied load.
    private var triggers: [SourceLine] = []
    /// Whether what is prepared lies in the source already.
    private var stored = false
    private var settledFrom: BenchInstant?
    /// Counts safe actions: whatever began before one must not go on after it.
    private var safeActions = 0

    /// The driver of a bench's source; nothing is sent yet. Throws where the bench's range lies beyond the source's.
    init(_ context: DriverContext, _ table: SourceTable) async throws {
        guard let narrowed = table.capability.narrowed(to: context.description.source) else {
            throw Fault(
                .notFound, context.id,
                "the bench file's range has nothing in common with what this type of source can give")
        }
        id = context.id
        self.table = table
        wire = await context.wires.scpi(context.description.wire, dialect: table.dialect, response: table.response)
        time = context.time
        // The bench's own range protects its meters: it can only be narrower.
        capability = narrowed
        limits = SourceContext.Limits(
            voltage: capability.voltage.upperBound, current: capability.current?.upperBound ?? 0)
    }

    /// The drivers that a table gives.
    static func entries(_ name: String, _ table: SourceTable, _ unconfirmed: [String]) -> [DriverEntry] {
        var source = DriverEntry(
            name: name, role: .referenceSource, wires: WireKind.messages, unconfirmed: unconfirmed
        ) { context in
            try await SCPITableSource(context, table)
        }
        source.guarded = { table.guarded($0) }
        return [source]
    }

    nonisolated func identify() async throws -> InstrumentIdentity { try await wire.identity(of: id) }

    nonisolated func errors() async throws -> [String] { try await wire.clearErrors(for: id).map(\.description) }

    func prepare(_ load: LoadSetting) async throws { try await prepare(load, shape: LoadShape(parts: [])) }

    func prepare(_ load: LoadSetting, shape: LoadShape) async throws {
        prepared = nil
        if let reason = capability.refusal(of: load) ?? table.refusal(of: shape, on: load, capability) {
            throw Fault(.refused, id, reason)
        }
        let begun = safeActions
        if !isSetUp { try await setUp(begun) }
        let lines = table.lines(load, shape, limits)
        stored = false
        if try await !isOn(urgent: false) {
            try await send(lines, begun)
            stored = true
        }
        let runs = shape.parts.contains { !$0.harmonics.isEmpty || !$0.interharmonics.isEmpty || $0.fluctuation != nil }
        prepared = Prepared(
            lines: lines, run: runs ? rows(table.shape?.run) : [],
            trigger: shape.parts.contains { $0.event != nil } ? rows(table.shape?.trigger) : [])
    }

    func apply() async throws {
        guard let prepared else { throw Fault(.refused, id, "nothing is prepared") }
        let begun = safeActions
        triggers = []
        if !stored { try await send(prepared.lines, begun) }
        stored = false
        if try await !isOn(urgent: false) {
            try await send(rows(table.on), begun)
            guard try await isOn(urgent: false) else {
                throw Fault(.sourceFault, id, "the outputs are off after «\(shown(table.on))»")
            }
        }
        try await send(prepared.run, begun)
        triggers = prepared.trigger
        settledFrom = time.now + table.settle
    }

    func trigger() async throws {
        guard !triggers.isEmpty else { throw Fault(.refused, id, "no event is applied that could be fired") }
        try await send(triggers, safeActions)
    }

    func state() async throws -> SourceState {
        let on = try await isOn(urgent: false)
        var faults: [String] = []
        for question in table.faults { faults += try await answers(question) }
        var settled = on && faults.isEmpty && settledFrom.map { time.now >= $0 } == true
        if settled, let question = table.settled {
            for (_, text) in table.questions(question.ask, limits) where settled {
                settled = try question.answer(try await wire.query(text, for: id), text, id)
            }
        }
        return SourceState(on: on, settled: settled, fault: faults.isEmpty ? nil : faults.joined(separator: ", "))
    }

    func perform(_ action: SafeAction) async throws {
        safeActions += 1
        prepared = nil
        triggers = []
        settledFrom = nil
        switch action {
        case .open: throw Fault(.refused, id, "a source cannot «\(action.rawValue)»")
        case .currentOff:
            guard let question = table.currentOn else {
                // A source of voltages has no current outputs: that it answers is all there is to confirm.
                _ = try await isOn(urgent: true)
                return
            }
            try await urgently(table.currentOff)
            for (phase, text) in table.questions(question.ask, limits)
            where try question.answer(try await wire.urgentQuery(text, for: id), text, id) {
                throw Fault(
                    .sourceFault, id,
                    "\(phase.map { "L\($0): the" } ?? "the") current is still on after «\(shown(table.currentOff))»")
            }
        case .voltageOff:
            try await urgently(table.voltageOff)
            guard try await !isOn(urgent: true) else {
                throw Fault(.sourceFault, id, "the outputs are still on after «\(shown(table.voltageOff))»")
            }
            guard !table.local.isEmpty else { return }
            // The front panel is given back; that it is not taken is no reason to call a safe source unsafe.
            try? await urgently(table.local)
            isSetUp = false
        }
    }

    // MARK: -

    /// The messages of rows that need no load.
    private func rows(_ rows: [SourceTable.Row]?) -> [SourceLine] {
        table.lines(rows ?? [], SourceContext(limits: limits))
    }

    /// Once, before the first load: makes sure who it is and that nothing is on, then brings it into a known state.
    private func setUp(_ begun: Int) async throws {
        if !table.identity.isEmpty {
            let who = try await identify()
            let name = "\(who.manufacturer),\(who.model)"
            guard table.identity.contains(where: { Wildcard.matches(name, $0) }) else {
                throw Fault(
                    .wrongDevice, id, "«\(name)» answers; \(table.identity.joined(separator: " or ")) was expected")
            }
        }
        if try await isOn(urgent: false) {
            try await send(rows(table.voltageOff), begun)
            guard try await !isOn(urgent: false) else {
                throw Fault(.sourceFault, id, "it was found switched on and does not switch off")
            }
        }
        try await send(rows(table.setup), begun)
        isSetUp = true
    }

    /// Sends messages in groups that end where the source wants to be left alone.
    private func send(_ lines: [SourceLine], _ begun: Int) async throws {
        var group: [String] = []
        for (index, line) in lines.enumerated() {
            group.append(line.text)
            guard line.pause > 0 || index == lines.count - 1 else { continue }
            try goesOn(begun)
            // After a pause the error queue is asked, not before: some sources are deaf while they reset.
            if line.pause > 0 {
                try await wire.tell(group, for: id)
                try await time.sleep(seconds: line.pause)
                try goesOn(begun)
                let entries = try await wire.clearErrors(for: id)
                guard entries.isEmpty else {
                    throw Fault(
                        .refused, id,
                        "answers \(entries.map(\.description).joined(separator: ", ")) to «\(group.joined(separator: "; "))»"
                    )
                }
            } else {
                try await wire.command(group, for: id)
            }
            group = []
        }
        try goesOn(begun)
    }

    private func urgently(_ rows: [SourceTable.Row]) async throws {
        try await wire.urgentCommand(self.rows(rows).map(\.text), for: id)
    }

    private func shown(_ rows: [SourceTable.Row]) -> String { rows.map(\.send.text).joined(separator: "; ") }

    /// Throws when a safe action has come since.
    private func goesOn(_ begun: Int) throws(Fault) {
        if safeActions != begun { throw Fault(.cancelled, id, "a safe action came first") }
    }

    private func isOn(urgent: Bool) async throws -> Bool {
        var any = false
        for (_, text) in table.questions(table.isOn.ask, limits) {
            let answer = urgent ? try await wire.urgentQuery(text, for: id) : try await wire.query(text, for: id)
            any = try table.isOn.answer(answer, text, id) || any
        }
        return any
    }

    private func answers(_ question: SourceTable.FaultQuestion) async throws -> [String] {
        var faults: [String] = []
        for (phase, text) in table.questions(question.ask, limits) {
            let found = try question.faults(try await wire.query(text, for: id), text, id)
            faults += found.map { phase.map { "L\($0): " } ?? "" + $0 }
        }
        return faults
    }
}
