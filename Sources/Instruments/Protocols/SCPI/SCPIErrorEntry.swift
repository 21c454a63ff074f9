/// One entry of an instrument's error queue (SCPI-1999 Volume 2, 21.8).
public struct SCPIErrorEntry: Sendable, Hashable, CustomStringConvertible {
    /// 0 is no error, negative codes are the standard's, positive ones the maker's.
    public var code: Int
    /// The instrument's own words; empty where it gives a number only.
    public var text: String

    /// Reads the answer of `SYST:ERR?`; `nil` where it is none.
    ///
    /// Besides `-222,"Data out of range"`, makers answer `0`, `+0,"No error"`, `0,No error` and `0 No error`.
    public init?(_ values: [SCPIValue]) {
        guard let first = values.first, let (code, rest) = Self.leading(first) else { return nil }
        self.code = code
        text = ([rest] + values.dropFirst().map(Self.words)).filter { !$0.isEmpty }.joined(separator: ", ")
    }

    /// Reads the answer of `SYST:ERR:ALL?`: codes and texts in turn; `nil` where it is none. «No error» is no entry.
    public static func list(_ values: [SCPIValue]) -> [SCPIErrorEntry]? {
        var entries: [SCPIErrorEntry] = []
        var group: [SCPIValue] = []
        for value in values {
            // Every entry begins with its number; whatever follows up to the next number is its text.
            if leading(value) != nil, !group.isEmpty {
                guard let entry = SCPIErrorEntry(group) else { return nil }
                entries.append(entry)
                group = []
            }
            group.append(value)
        }
        guard let last = SCPIErrorEntry(group) else { return nil }
        return (entries + [last]).filter { $0.code != 0 }
    }

    /// What kind of trouble it is (SCPI-1999 Volume 2, 21.8.8 … 21.8.11).
    public var kind: String {
        switch code {
        case 0: return "no error"
        case -199 ... -100: return "command error"
        case -299 ... -200: return "execution error"
        case -399 ... -300: return "device-dependent error"
        case -499 ... -400: return "query error"
        default: return code < 0 ? "event" : "maker's own error"
        }
    }

    /// What people read in messages and tables.
    public var description: String { text.isEmpty ? "\(code)" : "\(code) «\(text)»" }

    /// The number in front of a value, and the words behind it.
    private static func leading(_ value: SCPIValue) -> (Int, String)? {
        guard case .word(let word) = value else { return nil }
        let parts = word.split(separator: " ", maxSplits: 1)
        guard let first = parts.first, let code = Int(first) else { return nil }
        return (code, parts.count > 1 ? String(parts[1]) : "")
    }

    private static func words(_ value: SCPIValue) -> String {
        switch value {
        case .word(let text), .text(let text): return text
        case .block(let bytes): return "<\(bytes.count) bytes>"
        }
    }
}
