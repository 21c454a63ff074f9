public import BenchCore

/// The measuring side of a GENY YC99T: effective values and active powers.
///
/// The constant of its pulse output, its energy and the frequency are not in what is known of its language: it can watch a load, and cannot be
/// the standard of a pulse or register test. As implemented in gide03/GenyYC99T; unconfirmed.
public struct GenyStandard: ReferenceStandard {
    /// The id in the bench file.
    public let id: String
    let bench: GenyBench
    private let model: GenyModel
    private let expected: InstrumentIdentity

    init(id: String, bench: GenyBench, model: GenyModel, expected: InstrumentIdentity) {
        self.id = id
        self.bench = bench
        self.model = model
        self.expected = expected
    }

    /// Asks whether it answers and whether it is a simulator; the rest is what the bench file says.
    public func identify() async throws -> InstrumentIdentity { try await bench.identify(expected, for: id) }

    /// Always refused: it chooses its ranges by itself and does not say the constant of its pulses. A load above its ranges is named.
    public func range(for load: LoadSetting) async throws -> Double {
        let demand = RangeChoice.demand(load)
        let highest = model.voltages.last?.nominal ?? 0
        // Written so that what is no number is refused as well.
        guard demand.voltage <= highest, demand.current <= model.current else {
            throw Fault(
                .refused, id,
                "no range for \(demand.voltage) V and \(demand.current) A; its largest are \(Decimal.shortest(highest)) V and "
                    + "\(Decimal.shortest(model.current)) A")
        }
        throw Fault(
            .refused, id,
            "its ranges are set, but it has no pulse output that its language tells of; use its error calculator instead"
        )
    }

    /// Effective values and active powers; the frequency reads 0 Hz and the distortion is empty, for it states neither.
    public func read() async throws -> StandardReading {
        let samples = try await bench.samples(for: id)
        return StandardReading(
            voltages: samples.voltages, currents: samples.currents, powers: samples.powers, frequency: 0,
            voltageDistortion: [])
    }

    /// Always refused: it states no energy.
    public func startEnergy() async throws { throw noEnergy }
    /// Always refused: it states no energy.
    public func energy() async throws -> Double { throw noEnergy }
    /// Always refused: it states no energy.
    public func stopEnergy() async throws -> Double { throw noEnergy }
    private var noEnergy: Fault { Fault(.refused, id, "it states no energy") }

    /// `geny-yc99t` as a reference standard that only watches.
    static let entry = DriverEntry(
        name: "geny-yc99t", role: .referenceStandard, wires: WireKind.streams,
        unconfirmed: GenyBench.unconfirmed + ["no pulse constant, energy, frequency or distortion is known of it"]
    ) { context in
        GenyStandard(
            id: context.id, bench: await context.wires.geny(context.description.wire),
            model: GenyModel(context.description), expected: context.expected)
    }
}
