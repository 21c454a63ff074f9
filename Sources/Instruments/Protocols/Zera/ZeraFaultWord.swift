/// The state word of a ZERA source, `SM` or `SSM` and hexadecimal digits: what is wrong, in words. All zero is healthy.
///
/// The meaning of the bits is from ZERA's own published software, ZeraGmbH/SourceMock
/// `ZeraDevices/Server/MeterTestSystem/ErrorConditionParser.cs`: digits 0 and 1 are general, then pairs of digits for eight amplifiers
/// and nine kinds of trouble, then one digit that only a FG has. At least 20 digits; the manual was not at hand.
struct ZeraFaultWord: Sendable, Hashable {
    /// The digits, 0 … 15 each.
    let digits: [UInt8]

    /// Reads a line; `nil` for one that is no state word.
    init?(line: String) {
        let body: Substring
        if line.hasPrefix("SSM") {
            body = line.dropFirst(3)
        } else if line.hasPrefix("SM") {
            body = line.dropFirst(2)
        } else {
            return nil
        }
        let digits = body.compactMap { $0.isASCII ? $0.hexDigitValue.map(UInt8.init) : nil }
        guard digits.count == body.count, digits.count >= 20 else { return nil }
        self.digits = digits
    }

    /// Whether nothing is wrong: ZERA's own software takes any digit but 0 as an error, also one it has no name for.
    var isHealthy: Bool { digits.allSatisfy { $0 == 0 } }

    private static let general: [(digit: Int, mask: UInt8, words: String)] = [
        (1, 8, "emergency stop"), (0, 8, "amplifier error"), (0, 4, "fuse"),
        (0, 2, "voltage and current in short circuit"),
        (1, 4, "isolation failure"), (1, 2, "optical identification corrupted"),
        (1, 1, "no data from the reference meter"), (20, 8, "isolating transformer (ICT) failure"),
        (20, 4, "wrong range of the reference meter"),
    ]
    private static let amplifiers: [(offset: Int, mask: UInt8, name: String)] = [
        (1, 1, "U1"), (1, 2, "U2"), (1, 4, "U3"), (1, 8, "I1"), (0, 1, "I2"), (0, 2, "I3"), (0, 4, "auxiliary 1"),
        (0, 8, "auxiliary 2"),
    ]
    private static let kinds: [(digit: Int, words: String)] = [
        (2, "error"), (4, "shorted or open"), (6, "too hot"), (8, "power supply"), (10, "overload"),
        (12, "group error"),
        (14, "not connected"), (16, "no data"), (18, "undefined error"),
    ]

    /// What is wrong, in words; `nil` when healthy.
    var fault: String? {
        if isHealthy { return nil }
        var found = Self.general.filter { has($0.digit, $0.mask) }.map(\.words)
        for amplifier in Self.amplifiers {
            let kinds = Self.kinds.filter { has($0.digit + amplifier.offset, amplifier.mask) }.map(\.words)
            if !kinds.isEmpty { found.append("\(amplifier.name) \(kinds.joined(separator: ", "))") }
        }
        if found.isEmpty { found = ["unnamed bits"] }
        let text = digits.map { String($0, radix: 16, uppercase: true) }.joined()
        return "\(found.joined(separator: "; ")) (state word \(text))"
    }

    private func has(_ digit: Int, _ mask: UInt8) -> Bool { digit < digits.count && digits[digit] & mask == mask }
}
