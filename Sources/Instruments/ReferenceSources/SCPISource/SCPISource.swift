public import BenchCore

/// A three-phase source that speaks `scpi-source` (design note 0001).
public struct SCPISource: ShapingSource {
    static let entry = DriverEntry(name: "scpi-source", role: .referenceSource, wires: WireKind.messages) { context in
        SCPISource(
            id: context.id, wire: await context.wires.scpi(context.description.wire),
            capability: context.description.source?.capability)
    }

    /// The id in the bench file.
    public let id: String
    /// What it can give: what the bench file says of it.
    public let capability: SourceCapability
    let wire: SCPIConnection
    /// What must survive from `prepare` to `apply`: a source that was switched off meanwhile would energise another load.
    private static let load = "the preparation of the load"

    /// A source on a connection; without a capability it gives sines, and decides itself which.
    public init(id: String, wire: SCPIConnection, capability: SourceCapability? = nil) {
        self.id = id
        self.wire = wire
        self.capability = capability ?? Self.any
    }

    private static let any = SourceCapability(
        phases: 3, voltage: 0...Double.greatestFiniteMagnitude, current: 0...Double.greatestFiniteMagnitude,
        frequency: 0...Double.greatestFiniteMagnitude, independentPhases: true)

    /// Asks the source who it is.
    public func identify() async throws -> InstrumentIdentity { try await wire.identity(of: id) }

    /// The entries of its error queue, oldest first, which are gone from it then.
    public func errors() async throws -> [String] { try await wire.clearErrors(for: id).map(\.description) }

    /// Stores a load and has the source check it; nothing is energised. Throws `Fault(.refused)` with the source's reason.
    public func prepare(_ load: LoadSetting) async throws { try await prepare(load, shape: LoadShape(parts: [])) }

    /// The same with harmonics, modulation and events on top; events without a ramp. Throws `Fault(.refused)` also for a shape beyond `capability`.
    public func prepare(_ load: LoadSetting, shape: LoadShape) async throws {
        guard load.phases.count == 3 else {
            throw Fault(.refused, id, "a load has three phases, this one has \(load.phases.count)")
        }
        if let reason = capability.refusal(of: shape) { throw Fault(.refused, id, reason) }
        let shapes = capability.harmonics != nil || capability.fluctuation != nil || capability.events != nil
        let lines = SCPISourceWire.store(load) + (shapes ? SCPISourceWire.store(shape) : [])
        try await wire.command(lines, for: id, starting: Self.load)
        if let reason = try SCPISourceWire.refusal(
            try await wire.query("SOUR:CHEC?", for: id, relyingOn: Self.load), id)
        {
            throw Fault(.refused, id, reason)
        }
    }

    /// Fires the events of the shape that is applied. Throws `Fault(.refused)` where the bench file states none.
    public func trigger() async throws {
        guard capability.events != nil else { throw Fault(.refused, id, "has no dips or swells") }
        try await wire.command(["OUTP:TRIG"], for: id, relyingOn: Self.load)
    }

    /// Energises what is stored.
    public func apply() async throws { try await wire.command(["OUTP:APPL"], for: id, relyingOn: Self.load) }

    /// Asks the source how it is.
    public func state() async throws -> SourceState {
        try SCPISourceWire.state(try await wire.query("OUTP:STAT?", for: id), id)
    }

    /// Switches off; waiting requests on the wire give way. Returns once the source has confirmed it: no error in its
    /// queue, and for the voltage, outputs reported off.
    public func perform(_ action: SafeAction) async throws {
        guard let command = SCPISourceWire.command(action) else {
            throw Fault(.refused, id, "a source cannot «\(action.rawValue)»")
        }
        try await wire.urgentCommand([command], for: id)
        guard action == .voltageOff else { return }
        let state = try SCPISourceWire.state(try await wire.urgentQuery("OUTP:STAT?", for: id), id)
        guard !state.on else { throw Fault(.sourceFault, id, "the outputs are still on after «\(command)»") }
    }
}
