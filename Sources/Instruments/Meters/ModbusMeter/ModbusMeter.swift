public import BenchCore

/// A meter whose type file gives its Modbus map: fixed addresses, SunSpec points, or both.
///
/// Energies and powers are passed on with the sign the meter gives: import and export are registers of their own.
///
/// It lives on its line's thread, so that a snapshot of many registers changes threads once.
public actor ModbusMeter: MeterDriver {
    /// The id in faults: `position 3`, or what the caller chose.
    public nonisolated let id: String
    let unit: ModbusUnit
    let type: MeterType
    private var models: [SunSpecMap.Model]?
    /// Whether the meter refused to give several registers in one answer.
    var refusesTogether = false

    /// The line's own thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { unit.line.unownedExecutor }

    /// A meter by unit on a line.
    public init(id: String, line: ModbusLine, unit: Int, type: MeterType, retries: ModbusRetries = .reads) {
        self.id = id
        self.unit = ModbusUnit(line: line, unit: unit, id: id, retries: retries)
        self.type = type
    }

    /// Asks the meter who it is: maker, model, serial number and firmware by the registers of its type; where its map has none,
    /// by function 43/14 if its type says that it answers that, and by the type's nameplate at last.
    public func identify() async throws -> InstrumentIdentity {
        // A meter may have been exchanged since the last time.
        models = nil
        refusesTogether = false
        let said = type.answersIdentification ? try await unit.identification() : nil
        let maker = try await text(.manufacturer) ?? said?.manufacturer
        let model = try await text(.model) ?? said?.model
        return InstrumentIdentity(
            manufacturer: maker ?? type.nameplate.manufacturer, model: model ?? type.nameplate.model,
            serial: try await text(.serialNumber) ?? "",
            firmware: try await text(.firmware) ?? said?.revision ?? "", simulated: maker == "MeterBench")
    }

    private func text(_ role: RegisterRole) async throws -> String? {
        guard let register = type.register(role) else { return nil }
        let value = try await read(register)
        return value.text ?? value.number.map(Decimal.shortest)
    }

    /// Reads one register; `number` and `text` are both `nil` for what the meter marks as not available.
    public func read(_ register: RegisterDefinition) async throws -> RegisterValue {
        switch register.place {
        case .modbus(let function, let address, let encoding, _):
            let words = try await unit.words(function: function, address: address, count: encoding.words)
            return RegisterWire.value(words, of: register)
        case .sunspec(let name):
            return try await read(point: name, register)
        }
    }

    func read(point name: String, _ register: RegisterDefinition) async throws -> RegisterValue {
        let model = try await model(for: name)
        guard let point = SunSpecMap.point(name, in: model) else {
            throw Fault(.notFound, id, "model \(model.number) has no point «\(name)»")
        }
        let span = SunSpecWire.span(point)
        let words = try await unit.words(function: 3, address: model.address + span.lowerBound, count: span.count)
        return try await value(words, register)
    }

    /// The words of a SunSpec point, from the first of its span on, as the bench sees them.
    func value(_ words: [UInt16], _ register: RegisterDefinition) async throws -> RegisterValue {
        guard case .sunspec(let name) = register.place else {
            throw Fault(.internalError, id, "«\(register.name)» is no SunSpec point")
        }
        let model = try await model(for: name)
        guard let point = SunSpecMap.point(name, in: model) else {
            throw Fault(.notFound, id, "model \(model.number) has no point «\(name)»")
        }
        var value = RegisterValue(name: register.name, number: nil, text: nil, unit: register.unit)
        switch try SunSpecWire.value(words, of: name, point, instrument: id) {
        case .notImplemented: break
        case .text(let text): value.text = text
        case .number(let number): value.number = RegisterWire.scaled(number, register.scale)
        }
        return value
    }

    /// The model that holds a point; the chain is walked once.
    func model(for name: String) async throws -> SunSpecMap.Model {
        let chain = try await discovered()
        if SunSpecMap.isCommon(name), let common = chain.first(where: { $0.number == 1 }) { return common }
        guard let meter = chain.first(where: \.isMeter) else {
            let numbers = chain.map { String($0.number) }.joined(separator: ", ")
            throw Fault(.notFound, id, "no meter model (201–204, 211–214) in the chain; it holds \(numbers)")
        }
        guard meter.length >= SunSpecMap.neededLength(meter) else {
            throw Fault(
                .badAnswer, id,
                "model \(meter.number) has \(meter.length) words; \(SunSpecMap.neededLength(meter)) belong to it")
        }
        return meter
    }

    /// The meter model that discovery found, e.g. 203; `nil` where the type names no SunSpec point.
    public func sunSpecModel() async throws -> Int? {
        let usesSunSpec = type.registers.contains { if case .sunspec = $0.place { true } else { false } }
        return usesSunSpec ? try await discovered().first(where: \.isMeter)?.number : nil
    }

    private func discovered() async throws -> [SunSpecMap.Model] {
        if let models { return models }
        let unit = unit
        let found = try await SunSpecDiscovery.models(of: id) { address, count in
            try await unit.words(function: 3, address: address, count: count)
        }
        models = found
        return found
    }
}
