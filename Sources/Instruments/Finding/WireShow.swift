import BenchCore

/// Prints a wire log for a person: when, whom, which request, which way, what was said.
public struct WireShow: Sendable {
    /// Only this instrument; `nil`: all.
    public var instrument: String?
    /// Only what happened from and until, seconds since the log began.
    public var from = 0.0, until = Double.infinity
    /// Bytes in hexadecimal instead of words.
    public var hex = false
    /// Silences longer than this are pointed out, s.
    public static let silence = 1.0

    /// Shows everything.
    public init() {}

    /// The lines of a log.
    public func lines(_ content: WireLogReader.Content) -> [String] {
        var lines = ["# began \(content.began.isEmpty ? "at an unknown time" : content.began)"]
        var places: Set<Int> = []
        var last: [Int: Double] = [:]
        for entry in content.entries {
            guard instrument == nil || entry.instrument == instrument, entry.time >= from, entry.time <= until else {
                continue
            }
            if places.insert(entry.wire).inserted {
                lines.append("# wire \(entry.wire): \(entry.place), \(entry.language)")
            }
            if let before = last[entry.wire], entry.time - before > Self.silence {
                lines.append("# wire \(entry.wire): silent for \(Decimal.fixed(entry.time - before, 1)) s")
            }
            last[entry.wire] = entry.time
            lines.append(line(entry))
        }
        return lines
    }

    private func line(_ entry: WireEntry) -> String {
        let head =
            "\(pad(Decimal.fixed(entry.time, 6), 13)) \(entry.wire) \(entry.instrument.isEmpty ? "-" : entry.instrument) "
            + "\(entry.request) "
        func said(_ bytes: [UInt8], _ out: Bool) -> String {
            hex ? WireDecoder.hex(bytes) : WireDecoder.text(bytes, language: entry.language, toInstrument: out)
        }
        switch entry.what {
        case .sent(let bytes): return head + "> " + said(bytes, true)
        case .received(let bytes): return head + "< " + said(bytes, false)
        case .note(let text): return head + "! " + text
        }
    }

    private func pad(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
