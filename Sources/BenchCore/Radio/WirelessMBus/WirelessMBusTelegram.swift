/// The beginning of a wireless M-Bus telegram: who sent it.
///
/// Source: EN 13757-4 (link layer, frame formats A and B), EN 13757-3/-7 for manufacturer and address as on the wire.
public struct WirelessMBusTelegram: Sendable, Hashable, Codable {
    /// The transmission mode.
    public enum Mode: String, Sendable, Hashable, Codable, CaseIterable {
        case s = "S", t = "T", c = "C"
    }
    /// Mode, and frame format: `A` (each block with its CRC) or `B` (one CRC behind two blocks).
    public var mode: Mode, format: String
    /// L field: bytes that follow it (format A: without CRCs). C field: kind of telegram, 0x44 is a meter's «send, no reply».
    public var length: Int, control: Int
    /// Three letters of the manufacturer (FLAG), and the M field as a number.
    public var manufacturer: String, manufacturerCode: Int
    /// Eight digits of the identification number; version; device type (0x02 electricity, 0x07 water).
    public var identification: String, version: Int, device: Int
    /// Chips a second as received with its expanded uncertainty (k = 2), and half the distance of both tones, Hz.
    public var chipRate: Double, chipRateU: Double, deviation: Double
    /// The first block, hexadecimal, CRC included for format A.
    public var block: String

    /// `ABC 12345678`, as people write down a meter's radio address.
    public var address: String { "\(manufacturer) \(identification)" }
}

/// Bytes of a wireless M-Bus frame.
enum WirelessMBusFrame {
    /// CRC of EN 13757-4: polynomial 0x3D65 (x¹⁶+x¹³+x¹²+x¹¹+x¹⁰+x⁸+x⁶+x⁵+x²+1), start 0, all bits turned at the end, highest byte first.
    static func crc(_ bytes: some Sequence<UInt8>) -> UInt16 {
        var crc: UInt16 = 0
        for byte in bytes {
            crc ^= UInt16(byte) << 8
            for _ in 0..<8 { crc = crc & 0x8000 != 0 ? crc << 1 ^ 0x3D65 : crc << 1 }
        }
        return ~crc
    }

    /// Bytes that have to be there until the first CRC has been read.
    static func needed(format: String, length: Int) -> Int {
        // Format B: the CRC stands behind the second block, at byte 126 at the latest; L counts it.
        format == "A" ? 12 : min(length + 1, 128)
    }

    /// The fields of a frame whose first CRC is right; otherwise nothing.
    static func read(_ bytes: [UInt8], mode: WirelessMBusTelegram.Mode, format: String) -> WirelessMBusTelegram? {
        guard let length = bytes.first.map({ Int($0) }), length >= (format == "A" ? 9 : 11) else { return nil }
        let needed = needed(format: format, length: length)
        guard bytes.count >= needed, needed >= 12 else { return nil }
        let sum = UInt16(bytes[needed - 2]) << 8 | UInt16(bytes[needed - 1])
        guard crc(bytes[..<(needed - 2)]) == sum else { return nil }
        let code = Int(bytes[2]) | Int(bytes[3]) << 8
        let letters = [code >> 10 & 31, code >> 5 & 31, code & 31].map { Character(UnicodeScalar(UInt8(64 + $0))) }
        return WirelessMBusTelegram(
            mode: mode, format: format, length: length, control: Int(bytes[1]), manufacturer: String(letters),
            manufacturerCode: code, identification: Hash.hex(bytes[4..<8].reversed()), version: Int(bytes[8]),
            device: Int(bytes[9]), chipRate: 0, chipRateU: 0, deviation: 0,
            block: Hash.hex(bytes[..<(format == "A" ? 12 : 10)]))
    }
}
