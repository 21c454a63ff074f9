import BenchCore
import Glibc
import Synchronization

/// Every byte of a bench's wires, written down as it passes: one file a run, `wire/wire.jsonl`.
///
/// One JSON object a line. The first says when the clock of the file began: `{"wires":1,"utc":"2026-…Z"}`. A wire is
/// introduced by `{"wire":3,"place":"192.0.2.7:5025","language":"scpi"}`. Then each line is a piece of traffic:
/// `{"t":12.000345,"w":3,"d":">","i":"source","r":17,"x":"2a49"}` with `t` in seconds since the first line, `d` `>` for sent and `<`
/// for received, `i` the instrument asked, `r` the number of the request on that wire, `x` the bytes in hexadecimal;
/// `d` `!` is a note of the transport (opened, closed, time-out, abort) with its text under `n`.
public final class WireLog: Sendable {
    private struct State {
        var descriptor: Int32
        var wires = 0
        var failed = false
    }
    private let state: Mutex<State>
    private let began: Double

    /// Begins a log in a new file; missing folders are made. Throws `Fault(.storage)`.
    public convenience init(path: String) throws {
        try Disk.makeFolder(Disk.parent(path))
        let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw Fault(.storage, path, "cannot be made: \(String(cString: strerror(errno)))")
        }
        self.init(descriptor: descriptor)
    }

    /// Begins a log on an open descriptor, which the log closes.
    init(descriptor: Int32) {
        state = Mutex(State(descriptor: descriptor))
        began = WireTime.now
        put("{\"wires\":1,\"utc\":\"\(RealTime().utc(BenchInstant(nanoseconds: 0)))\"}\n")
    }

    deinit { close() }

    /// Closes the file; what comes later is lost on purpose.
    public func close() {
        state.withLock { state in
            guard state.descriptor >= 0 else { return }
            Glibc.close(state.descriptor)
            state.descriptor = -1
        }
    }

    /// Whether everything could be written so far.
    public var isComplete: Bool { state.withLock { !$0.failed } }

    /// Introduces a wire.
    func tap(place: String, language: String) -> WireTap {
        let number = state.withLock { state in
            state.wires += 1
            return state.wires
        }
        put("{\"wire\":\(number),\"place\":\(JSONText.quoted(place)),\"language\":\(JSONText.quoted(language))}\n")
        return WireTap(log: self, wire: number)
    }

    /// Writes one piece of traffic.
    func write(wire: Int, direction: String, instrument: String, request: Int, _ rest: String) {
        let t = Decimal.fixed(WireTime.now - began, 6)
        put(
            "{\"t\":\(t),\"w\":\(wire),\"d\":\"\(direction)\",\"i\":\(JSONText.quoted(instrument)),\"r\":\(request),\(rest)}\n"
        )
    }

    private func put(_ line: String) {
        let bytes = Array(line.utf8)
        state.withLock { state in
            guard state.descriptor >= 0 else { return }
            // One call a line: lines of different wires never mix.
            if Glibc.write(state.descriptor, bytes, bytes.count) != bytes.count { state.failed = true }
        }
    }
}

/// The log of one wire, held by its connection; used from that connection's thread only.
final class WireTap {
    private let log: WireLog
    private let wire: Int
    /// Whom the present request is for, and its number on this wire.
    private(set) var instrument = "", request = 0

    init(log: WireLog, wire: Int) {
        self.log = log
        self.wire = wire
    }

    /// A new request begins.
    func begin(_ instrument: String) {
        self.instrument = instrument
        request += 1
    }

    func sent(_ bytes: [UInt8]) { traffic(">", WireSecrets.masked(bytes)) }
    func received(_ bytes: [UInt8]) { traffic("<", bytes) }
    func note(_ text: String) {
        log.write(
            wire: wire, direction: "!", instrument: instrument, request: request, "\"n\":\(JSONText.quoted(text))")
    }

    private func traffic(_ direction: String, _ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        log.write(
            wire: wire, direction: direction, instrument: instrument, request: request, "\"x\":\"\(Self.hex(bytes))\"")
    }

    private static let digits = Array("0123456789abcdef".utf8)

    static func hex(_ bytes: [UInt8]) -> String {
        String(unsafeUninitializedCapacity: bytes.count * 2) { buffer in
            for (index, byte) in bytes.enumerated() {
                buffer[2 * index] = digits[Int(byte >> 4)]
                buffer[2 * index + 1] = digits[Int(byte & 15)]
            }
            return bytes.count * 2
        }
    }
}

/// Text as JSON strings.
enum JSONText {
    /// In quotes, with what JSON demands escaped (RFC 8259, 7).
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

/// What must not stand in a log: pass words.
enum WireSecrets {
    /// The bytes with every pass word replaced by asterisks of the same length.
    ///
    /// SCPI: what follows a header that contains `PASS`, `SECure` or `PROTection:CODE` (as `CAL:SEC:CODE`, `SYST:PASS:CEN`), up to
    /// the end of the command.
    static func masked(_ bytes: [UInt8]) -> [UInt8] {
        guard let first = bytes.first, first == UInt8(ascii: ":") || first == UInt8(ascii: "*") || isLetter(first)
        else { return bytes }
        var result = bytes
        var start = 0
        while start < result.count {
            let end = result[start...].firstIndex { $0 == 10 || $0 == UInt8(ascii: ";") } ?? result.count
            if let blank = result[start..<end].firstIndex(of: 32) {
                let header = String(decoding: result[start..<blank], as: UTF8.self).uppercased()
                if ["PASS", ":SEC", "PROT:CODE"].contains(where: { header.contains($0) }) {
                    for index in (blank + 1)..<end { result[index] = UInt8(ascii: "*") }
                }
            }
            start = end + 1
        }
        return result
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (65...90).contains(byte & 0xDF) }
}
