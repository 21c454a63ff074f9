public import BenchCore

/// Words of registers to values and back.
public enum RegisterWire {
    /// What words hold.
    public enum Value: Sendable, Hashable {
        case number(Double)
        case integer(UInt64, negative: Bool)
        case text(String)
        /// The meter says that it has no value (not-a-number, or infinite).
        case notAvailable
    }

    /// Reads words; their number must be the encoding's.
    public static func decode(_ words: [UInt16], _ encoding: RegisterEncoding, _ order: WordOrder) -> Value {
        let ordered = order == .bigEndian ? words : words.reversed()
        let bits = ordered.reduce(UInt64(0)) { $0 << 16 | UInt64($1) }
        switch encoding {
        case .unsigned: return .integer(bits, negative: false)
        case .signed(let width):
            let sign = UInt64(1) << UInt64(width - 1)
            guard bits & sign != 0 else { return .integer(bits, negative: false) }
            let magnitude = (~bits &+ 1) & (width == 64 ? .max : (UInt64(1) << UInt64(width)) - 1)
            return .integer(magnitude, negative: true)
        case .float(32):
            let value = Float(bitPattern: UInt32(truncatingIfNeeded: bits))
            return value.isFinite ? .number(shortest(value)) : .notAvailable
        case .float:
            let value = Double(bitPattern: bits)
            return value.isFinite ? .number(value) : .notAvailable
        case .text: return .text(text(words))
        }
    }

    /// The decimal number that the meter's single-precision value stands for: 0.1, not 0.10000000149.
    private static func shortest(_ value: Float) -> Double { Double(value.description) ?? Double(value) }

    /// ASCII, two characters a word, up to the first zero; blanks at the ends are dropped.
    public static func text(_ words: [UInt16]) -> String {
        let bytes = words.flatMap { [UInt8($0 >> 8), UInt8(truncatingIfNeeded: $0)] }.prefix { $0 != 0 }
        let printable = bytes.map { $0 >= 32 && $0 < 127 ? $0 : UInt8(ascii: "?") }
        var text = Substring(String(decoding: printable, as: UTF8.self))
        while text.last == " " { text.removeLast() }
        while text.first == " " { text.removeFirst() }
        return String(text)
    }

    /// A definition's words as the bench sees the register: scaled, with its unit.
    public static func value(_ words: [UInt16], of register: RegisterDefinition) -> RegisterValue {
        guard case .modbus(_, _, let encoding, let order) = register.place else {
            return RegisterValue(name: register.name, number: nil, text: nil, unit: register.unit)
        }
        let ordered = order == .bigEndian ? words : words.reversed()
        if let mark = register.notAvailable, mark == ordered.reduce(UInt64(0), { $0 << 16 | UInt64($1) }) {
            return RegisterValue(name: register.name, number: nil, text: nil, unit: register.unit)
        }
        switch decode(words, encoding, order) {
        case .notAvailable: return RegisterValue(name: register.name, number: nil, text: nil, unit: register.unit)
        case .text(let text): return RegisterValue(name: register.name, number: nil, text: text, unit: register.unit)
        case .number(let number):
            return RegisterValue(
                name: register.name, number: scaled(number, register.scale), text: nil, unit: register.unit)
        case .integer(let magnitude, let negative):
            // Serial numbers and codes are names, not quantities: all digits, no scale.
            if [.serialNumber, .model, .firmware, .manufacturer].contains(register.role) {
                return RegisterValue(name: register.name, number: nil, text: String(magnitude), unit: register.unit)
            }
            let number = negative ? -Double(magnitude) : Double(magnitude)
            return RegisterValue(
                name: register.name, number: scaled(number, register.scale), text: nil, unit: register.unit)
        }
    }

    /// Times a scale; a scale of 0.1 divides by 10, because 0.1 is no binary number and 12345 × 0.1 shows it.
    static func scaled(_ number: Double, _ scale: Double) -> Double {
        let inverse = (1 / scale).rounded()
        return abs(scale) < 1 && inverse * scale == 1 ? number / inverse : number * scale
    }
}
