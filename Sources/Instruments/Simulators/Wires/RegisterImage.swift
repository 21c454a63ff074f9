internal import BenchCore

/// A meter's registers as the 16-bit words of its Modbus map.
enum RegisterImage {
    /// The words of all registers of a function, and the address of the first; gaps are zero.
    static func fixed(_ function: Int, _ position: Int, _ type: MeterType, _ state: inout WorldState)
        -> (base: Int, words: [UInt16])
    {
        var placed: [(address: Int, words: [UInt16])] = []
        for register in type.registers {
            guard case .modbus(function, let address, let encoding, let order) = register.place else { continue }
            guard let value = state.register(position, register) else { continue }
            placed.append((address, words(value, register.scale, encoding, order, notAvailable: register.notAvailable)))
        }
        guard let base = placed.map(\.address).min(), let end = placed.map({ $0.address + $0.words.count }).max() else {
            return (0, [])
        }
        var words = [UInt16](repeating: 0, count: end - base)
        for item in placed {
            words.replaceSubrange((item.address - base)..<(item.address - base + item.words.count), with: item.words)
        }
        return (base, words)
    }

    /// A value as words; what has no value is the type's own mark, else what most Modbus maps say for «not available».
    static func words(
        _ value: RegisterValue, _ scale: Double, _ encoding: RegisterEncoding, _ order: WordOrder,
        notAvailable mark: UInt64? = nil
    ) -> [UInt16] {
        let raw = value.number.map { scale == 0 ? $0 : $0 / scale }
        let bits: UInt64
        switch encoding {
        case .text(let count): return text(value.text ?? "", words: count)
        case .float(let width):
            bits = width == 64 ? (raw ?? .nan).bitPattern : UInt64(Float(raw ?? .nan).bitPattern)
        case .unsigned(let width):
            let most = width == 64 ? UInt64.max : (1 << UInt64(width)) - 1
            bits = raw.map { UInt64(exactly: max(0, $0).rounded()).map { min($0, most) } ?? most } ?? most
        case .signed(let width):
            let most = Int64.max >> Int64(64 - width)
            let number = raw.map { Int64(exactly: $0.rounded()).map { max(-most - 1, min($0, most)) } ?? most }
            bits = UInt64(bitPattern: number ?? (-most - 1))
        }
        let shown = raw == nil ? mark ?? bits : bits
        let words = (0..<encoding.words).reversed().map { UInt16(truncatingIfNeeded: shown >> UInt64($0 * 16)) }
        return order == .bigEndian ? words : words.reversed()
    }

    /// Text as words, two characters each, filled up with zeros.
    static func text(_ text: String, words: Int) -> [UInt16] {
        var bytes = Array(text.utf8.prefix(words * 2))
        bytes += [UInt8](repeating: 0, count: words * 2 - bytes.count)
        return stride(from: 0, to: bytes.count, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
    }
}
