/// Numbers in binary blocks (SCPI-1999 Volume 2, 9: `FORMat REAL,32` and `REAL,64`, IEEE 754).
public enum SCPINumberBlock {
    /// Which byte of a number comes first (SCPI-1999 Volume 2, 9.1: `FORMat:BORDer`).
    public enum ByteOrder: String, Sendable, Codable, Hashable, CaseIterable {
        /// The most significant byte first.
        case normal
        /// The least significant byte first.
        case swapped
    }

    /// Numbers of 4 bytes; `nil` where the block is no whole count of them. The marks 9.9E37 and 9.91E37 become
    /// infinity and not-a-number, as in text.
    public static func single(_ bytes: [UInt8], _ order: ByteOrder) -> [Double]? {
        words(bytes, 4, order)?.map { marked(Double(Float(bitPattern: UInt32($0)))) }
    }

    /// Numbers of 8 bytes; `nil` where the block is no whole count of them.
    public static func double(_ bytes: [UInt8], _ order: ByteOrder) -> [Double]? {
        words(bytes, 8, order)?.map { marked(Double(bitPattern: $0)) }
    }

    /// The bytes of numbers of 4 bytes, as an instrument sends them.
    public static func bytes(single values: [Double], _ order: ByteOrder) -> [UInt8] {
        values.flatMap { value -> [UInt8] in
            let bits = Float(value).bitPattern
            let most = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: bits >> UInt32($0)) }
            return order == .normal ? most : most.reversed()
        }
    }

    private static func words(_ bytes: [UInt8], _ size: Int, _ order: ByteOrder) -> [UInt64]? {
        guard bytes.count % size == 0 else { return nil }
        return stride(from: 0, to: bytes.count, by: size).map { at in
            let word = bytes[at..<(at + size)]
            return order == .normal
                ? word.reduce(0) { $0 << 8 | UInt64($1) } : word.reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
    }

    /// A single-precision 9.91E37 is not exactly 9.91E37: the marks are recognised by their value as `Float`
    /// (0x7E951BEE and 0x7E94F56A, Yokogawa IM WT3001E-17EN, page 6-97).
    private static func marked(_ value: Double) -> Double {
        switch abs(Float(value)) {
        case 9.91e37: return .nan
        case 9.9e37: return value < 0 ? -.infinity : .infinity
        default: return value
        }
    }
}
