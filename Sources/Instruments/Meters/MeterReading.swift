public import BenchCore
import FoundationEssentials

/// Everything one meter says when it is read by hand: who it is, its nameplate, its registers, its clock.
public struct MeterReading: Sendable, Codable {
    /// One register as read.
    public struct Register: Sendable, Codable {
        /// Name and role from the type.
        public var name: String, role: RegisterRole
        /// Number in `unit`, or text; both `nil` when the meter marks it as not available, or refuses it.
        public var number: Double?, text: String?
        /// The unit; empty for text and pure numbers.
        public var unit: String
        /// The smallest step in `unit`, where the type states one.
        public var resolution: Double?
        /// Why the meter refused it (a Modbus exception).
        public var fault: Fault?
    }
    /// The identifier of the type, and the public source of its map.
    public var type: String, source: String
    /// The wire as written.
    public var wire: String
    /// Who the meter says it is.
    public var identity: InstrumentIdentity
    /// The SunSpec model found by discovery; `nil` for maps with fixed addresses.
    public var sunSpecModel: Int?
    /// The nameplate of the type.
    public var nameplate: Nameplate
    /// The pulse outputs of the type.
    public var constants: [MeterConstant]
    /// The registers, in the order of the type.
    public var registers: [Register]

    /// The first register that was refused; the rest may have been read all the same.
    public var fault: Fault? { registers.lazy.compactMap(\.fault).first }

    /// Reads a meter. A register that the meter refuses stands in the reading with its fault; silence and the like end it.
    public static func take(
        type: MeterType, wire: WireAddress, timeouts: WireTimeouts = .modbus
    ) async throws -> MeterReading {
        let meter = try await WiredBench.meter(id: "meter", type: type, wire: wire, modbus: timeouts)
        // Discovery first: without it nothing of a SunSpec meter can be read.
        let model = try await meter.sunSpecModel()
        var registers: [Register] = []
        for (definition, result) in zip(type.registers, try await meter.snapshot(type.registers)) {
            var register = Register(
                name: definition.name, role: definition.role, number: nil, text: nil, unit: definition.unit,
                resolution: definition.resolution, fault: nil)
            switch result {
            case .success(let value):
                register.number = value.number
                register.text = value.text
            case .failure(let fault): register.fault = fault
            }
            registers.append(register)
        }
        func said(_ role: RegisterRole) -> String? {
            registers.first { $0.role == role }.flatMap { $0.text ?? $0.number.map(Decimal.shortest) }
        }
        let maker = said(.manufacturer)
        let identity = InstrumentIdentity(
            manufacturer: maker ?? type.nameplate.manufacturer, model: said(.model) ?? type.nameplate.model,
            serial: said(.serialNumber) ?? "", firmware: said(.firmware) ?? "", simulated: maker == "MeterBench")
        return MeterReading(
            type: type.id, source: type.source, wire: WireText.text(wire), identity: identity, sunSpecModel: model,
            nameplate: type.nameplate, constants: type.constants, registers: registers)
    }

    /// The reading as JSON: keys in order, one a line.
    public func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}
