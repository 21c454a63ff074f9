public import BenchCore

/// A ZES ZIMMER LMG600 (LMG610 … LMG671) as reference standard: TCP port 5025, its short language, channels 1 to 3.
///
/// It has no pulse output: `range(for:)` sets the ranges and refuses to name a constant. Its integrator is left out: its
/// commands could not be found in a public manual. After a time-out it is called back by `break` on the port above.
public actor LMG600: ReferenceStandard {
    static let entry = DriverEntry(
        name: "zes-lmg600", role: .referenceStandard, wires: [.tcp], unconfirmed: LMG600Wire.unconfirmed
    ) { context in
        guard case .tcp(let host, let port) = context.description.wire else {
            throw Fault(.internalError, context.id, "its wire is no TCP")
        }
        // A cycle lasts 0.5 s as a rule; the values of one are waited for.
        return LMG600(
            id: context.id,
            wire: await context.wires.scpi(context.description.wire, dialect: dialect, response: 5),
            back: await context.wires.scpi(.tcp(host: host, port: port + 1), dialect: dialect))
    }

    /// Errors are read in the other language: not after each command.
    static let dialect = SCPIDialect(errorQuery: nil)

    /// The id in the bench file.
    public nonisolated let id: String
    private let wire: SCPIConnection, back: SCPIConnection
    /// The connection that was told the short language.
    private var told = 0

    /// An analyzer on a connection, and the connection that takes `break`.
    init(id: String, wire: SCPIConnection, back: SCPIConnection) {
        self.id = id
        self.wire = wire
        self.back = back
    }

    /// Asks who it is.
    public func identify() async throws -> InstrumentIdentity {
        let answer = try await ask("*idn?")
        return try SCPIIdentity.read(answer, id)
    }

    /// Its error queue, emptied: `syst:err:all?` of the SCPI language.
    public func errors() async throws -> [String] {
        try await prepare()
        // In one message: a connection made anew between the two would be asked in the wrong language.
        let query = "\(LMG600Wire.scpi)\nsyst:err:all?"
        let answer = try await guarded { try await self.wire.query(query, for: self.id) }
        try await wire.tell([LMG600Wire.short], for: id)
        // Code and text by turns; 0 is none.
        var entries: [String] = []
        var rest = answer[...]
        while let code = rest.popFirst() {
            let text = rest.popFirst()
            guard let number = code.integer else {
                throw SCPIReading(answer, to: "syst:err:all?", of: id).bad("code,\"text\",…")
            }
            if number == 0 { continue }
            if case .text(let words) = text {
                entries.append("\(number) «\(words)»")
            } else {
                entries.append("\(number)")
            }
        }
        return entries
    }

    /// Sets the ranges of channels 1 to 3 to hold a load, then refuses to name a constant.
    public func range(for load: LoadSetting) async throws -> Double {
        let demand = RangeChoice.demand(load)
        guard demand.voltage.isFinite, demand.current.isFinite else {
            throw Fault(.refused, id, "a load of \(demand.voltage) V and \(demand.current) A is none")
        }
        for channel in 1...3 {
            let query = LMG600Wire.done(
                LMG600Wire.range(channel: channel, voltage: demand.voltage, current: demand.current))
            try LMG600Wire.done(try await ask(query), query, id)
        }
        let entries = try await errors()
        guard entries.isEmpty else {
            throw Fault(.refused, id, "answers \(entries.joined(separator: ", ")) to its ranges")
        }
        throw Fault(
            .refused, id, "its ranges are set, but it has no pulse output: a meter's pulses cannot be compared with it")
    }

    /// Reads the values of one new measuring cycle.
    public func read() async throws -> StandardReading {
        try LMG600Wire.reading(try await ask(LMG600Wire.read), id)
    }

    /// Refused: see the type.
    public func startEnergy() async throws { throw noEnergy }
    /// Refused: see the type.
    public func energy() async throws -> Double { throw noEnergy }
    /// Refused: see the type.
    public func stopEnergy() async throws -> Double { throw noEnergy }

    private var noEnergy: Fault {
        Fault(.refused, id, "its integrator is not used: no public manual of its commands was at hand")
    }

    private func ask(_ query: String) async throws -> [SCPIValue] {
        try await prepare()
        return try await guarded { try await self.wire.query(query, for: self.id) }
    }

    private func prepare() async throws {
        let generation = try await wire.ready(for: id)
        guard told != generation else { return }
        try await wire.tell([LMG600Wire.short], for: id)
        told = generation
    }

    /// An exchange after whose time-out the instrument is called back; the time-out stays a fault.
    private func guarded(_ exchange: () async throws -> [SCPIValue]) async throws -> [SCPIValue] {
        do {
            return try await exchange()
        } catch let fault as Fault where fault.code == .timeout {
            // Whatever `break` comes to, the time-out is what is told.
            let answer = try? await back.query(LMG600Wire.breakCommand, for: id)
            if answer != [.word(LMG600Wire.breakAnswer)] {
                throw Fault(.timeout, id, fault.detail + "; «break» was not answered «\(LMG600Wire.breakAnswer)»")
            }
            throw fault
        }
    }
}
