import BenchCore

/// What a sensor of the family `modbus-sensor` is asked and answers: pure.
enum ModbusSensorWire {
    /// A read of adjacent registers.
    struct Span: Sendable, Hashable {
        var function: Int, address: Int, count: Int
    }

    /// Where a register is.
    static func span(_ register: RegisterDefinition) -> Span? {
        guard case .modbus(let function, let address, let encoding, _) = register.place else { return nil }
        return Span(function: function, address: address, count: encoding.words)
    }

    /// The one read that holds both quantities, where they stand side by side: then both are of one moment.
    static func common(_ table: ModbusSensorTable) -> Span? {
        guard let one = span(table.temperature.register), let other = span(table.humidity.register),
            one.function == other.function
        else { return nil }
        let (first, second) = one.address < other.address ? (one, other) : (other, one)
        guard second.address == first.address + first.count else { return nil }
        return Span(function: first.function, address: first.address, count: first.count + second.count)
    }

    /// A quantity out of its words, in °C or %. Throws `Fault(.badAnswer)` for what the sensor marks as not available, and for
    /// what it cannot have measured.
    static func value(
        _ words: [UInt16], of quantity: ModbusSensorTable.Quantity, _ instrument: String
    ) throws(Fault) -> Double {
        let register = quantity.register
        guard let number = RegisterWire.value(words, of: register).number else {
            throw Fault(.badAnswer, instrument, "the sensor says that it has no \(register.name)")
        }
        let value = number + quantity.offset
        guard value >= quantity.lowest, value <= quantity.highest else {
            throw Fault(
                .badAnswer, instrument,
                "\(Decimal.shortest(value)) \(register.unit) of \(register.name) is outside what the sensor measures, "
                    + "\(Decimal.shortest(quantity.lowest)) \(register.unit) to "
                    + "\(Decimal.shortest(quantity.highest)) \(register.unit): a broken probe, or the wrong registers?")
        }
        return value
    }

    /// A register of identity as text.
    static func text(_ words: [UInt16], of register: RegisterDefinition) -> String {
        let value = RegisterWire.value(words, of: register)
        return value.text ?? value.number.map(Decimal.shortest) ?? ""
    }
}
