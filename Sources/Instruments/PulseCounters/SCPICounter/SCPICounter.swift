public import BenchCore

/// A pulse counter that speaks `scpi-counter` (design note 0001).
public struct SCPICounter: PulseCounter {
    static let entry = DriverEntry(name: "scpi-counter", role: .pulseCounter, wires: WireKind.messages) { context in
        SCPICounter(id: context.id, wire: await context.wires.scpi(context.description.wire))
    }

    /// The id in the bench file.
    public let id: String
    let wire: SCPIConnection
    /// What must survive while a gate is open: a counter that was switched off meanwhile has lost edges.
    private static let stamping = "the stamping of edges"

    /// A counter on a connection.
    public init(id: String, wire: SCPIConnection) {
        self.id = id
        self.wire = wire
    }

    /// Asks the counter who it is.
    public func identify() async throws -> InstrumentIdentity { try await wire.identity(of: id) }

    /// The entries of its error queue, oldest first, which are gone from it then.
    public func errors() async throws -> [String] { try await wire.clearErrors(for: id).map(\.description) }

    /// Forgets all edges and starts stamping on these channels.
    public func arm(channels: [Int]) async throws {
        try await wire.command([SCPICounterWire.arm(channels)], for: id, starting: Self.stamping)
    }

    /// The edges of a channel from number `from` on; at most 1000 at a time.
    public func edges(channel: Int, from: Int) async throws -> EdgeBlock {
        let query = SCPICounterWire.data(channel, from)
        return try SCPICounterWire.edges(
            try await wire.query(query, for: id, relyingOn: Self.stamping), from: from, to: query, id)
    }

    /// Stops stamping.
    public func disarm() async throws { try await wire.command(["PULS:DIS"], for: id) }
}
