public import BenchCore
import Synchronization

/// The reference meter in a ZERA MT786, MT793 and their kin.
///
/// Commands are from ZERA's own published software (see `ZeraMeterWire`); the manual was not at hand. It measures four-wire active
/// power; the distortion of the voltage is left out, for the meaning of its further values is not known.
public struct ZeraStandard: ReferenceStandard {
    /// The id in the bench file.
    public let id: String
    let wire: FrameConnection<ZeraFraming>
    private let expected: InstrumentIdentity
    private let integrator = ZeraIntegrator()

    /// A standard on a connection.
    init(id: String, wire: FrameConnection<ZeraFraming>, expected: InstrumentIdentity) {
        self.id = id
        self.wire = wire
        self.expected = expected
    }

    /// Asks model and version; there is no command for the serial number, so the bench file's is repeated.
    public func identify() async throws -> InstrumentIdentity {
        let (model, version) = try ZeraMeterWire.identity(try await ask("AAV"), id)
        var identity = expected
        identity.manufacturer = "ZERA"
        (identity.model, identity.simulated) = ZeraSource.unmarked(model)
        identity.firmware = version
        return identity
    }

    /// Chooses ranges for a load and returns the constant of the pulse output in imp/kWh for these ranges.
    public func range(for load: LoadSetting) async throws -> Double {
        guard load.phases.allSatisfy({ $0.voltage.isFinite && $0.current.isFinite }) else {
            throw Fault(.refused, id, "a voltage or a current of the load is no number")
        }
        let voltages = try ZeraMeterWire.ranges(try await ask("AVI"), "AVI", id)
        let currents = try ZeraMeterWire.ranges(try await ask("ACI"), "ACI", id)
        let (u, i) = RangeChoice.demand(load)
        guard let voltage = ZeraMeterWire.choose(u, voltages) else {
            throw Fault(
                .refused, id, "no range for \(Decimal.shortest(u)) V; the largest is \(voltages.last?.1 ?? "") V")
        }
        guard let current = ZeraMeterWire.choose(i, currents) else {
            throw Fault(
                .refused, id, "no range for \(Decimal.shortest(i)) A; the largest is \(currents.last?.1 ?? "") A")
        }
        for command in ["AMT4WA", "AAMMMA", "AVR" + voltage, "ACR" + current] { _ = try await ask(command) }
        return try ZeraMeterWire.constant(try await ask("AST"), id)
    }

    /// Reads effective values, powers and frequency, integrated over one second.
    public func read() async throws -> StandardReading {
        _ = try await ask("ATI01")
        return try ZeraMeterWire.reading(try await ask("AME", within: 5), id)
    }

    /// Sets the energy integrator to zero and starts it.
    public func startEnergy() async throws {
        _ = try await ask("AET1")
        integrator.runs.withLock { $0 = true }
    }

    /// The energy since the start, W·s. Somebody else starting the integrator anew cannot be noticed: its language has no word for that.
    public func energy() async throws -> Double {
        guard integrator.runs.withLock({ $0 }) else {
            throw Fault(.refused, id, "its integrator was not started, so its energy belongs to nothing")
        }
        return try ZeraMeterWire.energy(try await ask("AEV"), id)
    }

    /// Stops the integrator and returns the energy, W·s.
    public func stopEnergy() async throws -> Double {
        _ = try await ask("AET0")
        return try await energy()
    }

    private func ask(_ command: String, within: Double? = nil) async throws -> [String] {
        try await wire.exchange(.zeraMeter(command, within: within), for: id)
    }

    /// `zera-mt786` as a reference standard.
    static let entry = DriverEntry(
        name: "zera-mt786", role: .referenceStandard, wires: WireKind.streams,
        unconfirmed: [
            "commands are from ZERA's own published software (SourceMock), not from the maker's manual",
            "the sign of the energy at export is not known",
        ]
    ) { context in
        ZeraStandard(
            id: context.id, wire: await context.wires.zera(context.description.wire), expected: context.expected)
    }
}

/// Whether the integrator was started from here.
private final class ZeraIntegrator: Sendable {
    let runs = Mutex(false)
}
