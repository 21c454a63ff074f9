public import BenchCore
import FoundationEssentials

/// One piece of traffic of a wire log.
public struct WireEntry: Sendable, Hashable {
    /// What a line is about.
    public enum What: Sendable, Hashable {
        /// Bytes to the instrument, and from it.
        case sent([UInt8]), received([UInt8])
        /// A note of the transport.
        case note(String)
    }
    /// Seconds since the log began.
    public var time: Double
    /// Number, place and language of the wire.
    public var wire: Int, place: String, language: String
    /// Instrument asked, and the number of the request on that wire.
    public var instrument: String, request: Int
    /// What it is.
    public var what: What
}

/// Reads a wire log; what is damaged is complained about, the rest is read.
public enum WireLogReader {
    private struct Line: Decodable {
        var wires: Int?, utc: String?
        var wire: Int?, place: String?, language: String?
        var t: Double?, w: Int?, d: String?, i: String?, r: Int?, x: String?, n: String?
    }

    /// A log as read.
    public struct Content: Sendable {
        /// When it began, as UTC text; empty where the first line is missing.
        public var began: String
        /// Traffic in order of the file.
        public var entries: [WireEntry]
        /// Lines that are none, with their place.
        public var complaints: [Diagnostic]
    }

    /// Reads the bytes of a log.
    public static func read(_ bytes: [UInt8], file: String) -> Content {
        var content = Content(began: "", entries: [], complaints: [])
        var wires: [Int: (place: String, language: String)] = [:]
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, text) in lines.enumerated() where !text.isEmpty {
            func complain(_ message: String) {
                content.complaints.append(
                    Diagnostic(file: file, mark: Mark(line: index + 1, column: 1), message: message))
            }
            guard let line = try? JSONDecoder().decode(Line.self, from: Data(text)) else {
                let torn = index == lines.count - 1
                complain(torn ? "the last line is cut short" : "is no line of a wire log; it was passed over")
                continue
            }
            if let utc = line.utc, line.wires == 1 {
                content.began = utc
            } else if let number = line.wire, let place = line.place, let language = line.language {
                wires[number] = (place, language)
            } else if let time = line.t, let number = line.w, let direction = line.d, let instrument = line.i,
                let request = line.r
            {
                guard let wire = wires[number] else {
                    complain("wire \(number) was never introduced")
                    continue
                }
                guard let what = what(direction, line) else {
                    complain("neither bytes nor a note stand behind direction «\(direction)»")
                    continue
                }
                content.entries.append(
                    WireEntry(
                        time: time, wire: number, place: wire.place, language: wire.language, instrument: instrument,
                        request: request, what: what))
            } else {
                complain("is no line of a wire log; it was passed over")
            }
        }
        return content
    }

    private static func what(_ direction: String, _ line: Line) -> WireEntry.What? {
        switch direction {
        case "!": return line.n.map { .note($0) }
        case ">": return line.x.flatMap(bytes).map { .sent($0) }
        case "<": return line.x.flatMap(bytes).map { .received($0) }
        default: return nil
        }
    }

    /// Bytes of hexadecimal digits; `nil` for anything else.
    static func bytes(_ hex: String) -> [UInt8]? {
        let digits = Array(hex.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = value(digits[index]), let low = value(digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 48...57: return digit - 48
        case 97...102: return digit - 87
        case 65...70: return digit - 55
        default: return nil
        }
    }
}
