import FoundationEssentials

/// A moment as signatures carry it: UTC to the second.
public struct SigningTime: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Seconds since 1970-01-01T00:00:00Z.
    public let seconds: Int64

    /// A moment by its seconds since 1970, from 1970 to 9999.
    public init?(seconds: Int64) {
        guard (0..<253_402_300_800).contains(seconds) else { return nil }
        self.seconds = seconds
    }

    /// Reads `2026-11-21` (its first second), `2026-11-21T08:00:00Z` or the same with a fraction of a second, which is dropped.
    public init?(_ text: String) {
        var whole = text
        if text.utf8.count == 10 { whole += "T00:00:00Z" }
        if let dot = whole.firstIndex(of: "."), whole.hasSuffix("Z"),
            whole[whole.index(after: dot)...].dropLast().allSatisfy({ $0.isASCII && $0.isNumber })
        {
            whole = whole[..<dot] + "Z"
        }
        guard whole.utf8.count == 20, let date = try? Date(whole, strategy: .iso8601),
            let time = SigningTime(seconds: Int64(date.timeIntervalSince1970)), time.description == whole
        else { return nil }
        self = time
    }

    /// `2026-11-21T08:00:00Z`.
    public var description: String {
        Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
    }

    /// Orders by time.
    public static func < (a: Self, b: Self) -> Bool { a.seconds < b.seconds }

    /// UTCTime up to 2049, GeneralizedTime from 2050 on (RFC 5652, 11.3).
    var der: [UInt8] {
        let digits = Array(description.utf8.filter { $0 >= 0x30 && $0 <= 0x39 }) + [UInt8(ascii: "Z")]
        return seconds < 2_524_608_000 ? DER.element(0x17, Array(digits.dropFirst(2))) : DER.element(0x18, digits)
    }

    init?(der: [UInt8]) {
        var digits = Array(der.dropFirst(2))
        if der.first == 0x17 { digits = Array((digits.first ?? 0 >= UInt8(ascii: "5") ? "19" : "20").utf8) + digits }
        guard digits.count == 15 else { return nil }
        let text = String(decoding: digits, as: UTF8.self)
        func part(_ range: Range<Int>) -> Substring {
            text[
                text.index(
                    text.startIndex, offsetBy: range.lowerBound)..<text.index(
                        text.startIndex, offsetBy: range.upperBound)]
        }
        guard text.unicodeScalars.allSatisfy({ $0.isASCII }) else { return nil }
        self.init(
            "\(part(0..<4))-\(part(4..<6))-\(part(6..<8))T\(part(8..<10)):\(part(10..<12)):\(part(12..<14))Z")
    }
}
