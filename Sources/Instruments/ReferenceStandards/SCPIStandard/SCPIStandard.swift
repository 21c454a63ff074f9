public import BenchCore

/// A reference standard that speaks `scpi-standard` (design note 0001).
public struct SCPIStandard: ReferenceStandard {
    static let entry = DriverEntry(name: "scpi-standard", role: .referenceStandard, wires: WireKind.messages) {
        context in
        SCPIStandard(
            id: context.id, wire: await context.wires.scpi(context.description.wire),
            reactive: context.description.reactive != nil, splitsEnergy: context.description.splitsEnergy == true)
    }

    /// The id in the bench file.
    public let id: String
    let wire: SCPIConnection
    /// Whether it measures reactive power and energy too, as the bench file says.
    let reactive: Bool
    /// Whether its integrator keeps import and export of each phase apart, as the bench file says.
    let splitsEnergy: Bool
    /// What must survive from start to stop: a standard that was switched off meanwhile has lost energy.
    private static let integration = "the energy integration"

    /// A standard on a connection.
    public init(id: String, wire: SCPIConnection, reactive: Bool = false, splitsEnergy: Bool = false) {
        self.id = id
        self.wire = wire
        self.reactive = reactive
        self.splitsEnergy = splitsEnergy
    }

    /// Asks the standard who it is.
    public func identify() async throws -> InstrumentIdentity { try await wire.identity(of: id) }

    /// The entries of its error queue, oldest first, which are gone from it then.
    public func errors() async throws -> [String] { try await wire.clearErrors(for: id).map(\.description) }

    /// Chooses ranges for a load and returns the constant of the pulse output, imp/kWh.
    public func range(for load: LoadSetting) async throws -> Double {
        let demand = RangeChoice.demand(load)
        guard demand.voltage.isFinite, demand.current.isFinite else {
            throw Fault(.refused, id, "a load of \(demand.voltage) V and \(demand.current) A is none")
        }
        try await wire.command([SCPIStandardWire.range(load)], for: id)
        return try SCPIStandardWire.constant(try await wire.query("CONF:CONS?", for: id), id)
    }

    /// Reads effective values, powers, frequency, distortion.
    public func read() async throws -> StandardReading {
        var reading = try SCPIStandardWire.reading(try await wire.query("MEAS:ALL?", for: id), id)
        if reactive {
            reading.reactivePowers = try SCPIReading(
                try await wire.query("MEAS:REAC?", for: id), to: "MEAS:REAC?", of: id
            ).numbers(3)
        }
        return reading
    }

    /// Chooses the energy that integrator and pulse output count.
    public func count(_ energy: EnergyKind) async throws {
        guard reactive || energy == .active else {
            throw Fault(.refused, id, "the bench file does not say that it measures reactive energy")
        }
        try await wire.command(["CONF:ENER \(energy == .active ? "ACT" : "REAC")"], for: id)
    }

    /// Sets the energy integrator to zero and starts it.
    public func startEnergy() async throws {
        try await wire.command(["ENER:STAR"], for: id, starting: Self.integration)
    }

    /// The energy since the start, W·s.
    public func energy() async throws -> Double {
        try SCPIReading(try await wire.query("ENER?", for: id, relyingOn: Self.integration), to: "ENER?", of: id)
            .number()
    }

    /// The energy since the start by direction, of the sum and of each phase, W·s.
    public func splitEnergy() async throws -> SplitEnergy {
        guard splitsEnergy else {
            throw Fault(.refused, id, "the bench file does not say that it keeps import and export of the phases apart")
        }
        let numbers = try SCPIReading(
            try await wire.query("ENER:SPL?", for: id, relyingOn: Self.integration), to: "ENER:SPL?", of: id
        ).numbers(8)
        let parts = stride(from: 0, to: 8, by: 2).map {
            DirectedEnergy(imported: numbers[$0], exported: numbers[$0 + 1])
        }
        return SplitEnergy(total: parts[0], phases: Array(parts[1...]))
    }

    /// Stops the integrator and returns the energy, W·s.
    public func stopEnergy() async throws -> Double {
        try SCPIReading(
            try await wire.query("ENER:STOP?", for: id, relyingOn: Self.integration), to: "ENER:STOP?", of: id
        ).number()
    }
}
