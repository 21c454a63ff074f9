import BenchCore

/// What a ZES ZIMMER LMG600 is told and what it answers in its short language, pure.
///
/// Sources: port 5025, line feed, `*zlang`, `break` on port 5026 with `0 ok`, `iauto/uauto/irng/urng<n>`, `utrms/itrms/p/fcyc<n>`
/// with real answers: cuveland/lmgtools (lmg670.py, example/lmg670.log). `INIM` before the values of a new cycle and `HUHD<n>`:
/// public drivers that name pages 243 and 281 of the LMG600 user manual for the ranges. The manual itself could not be
/// read: see `unconfirmed`.
enum LMG600Wire {
    /// What nobody here could check against the maker's manual.
    static let unconfirmed = [
        "INIM and the value names come from public programs for the LMG670, not from the LMG600 user manual",
        "HUHD<n> as the distortion of the voltage in percent comes from one public program",
    ]

    /// Back from whatever the instrument is doing; sent on the port above the first.
    static let breakCommand = "break"
    /// What the instrument answers to `break`.
    static let breakAnswer = "0 ok"

    /// Into the short language; has no answer.
    static let short = "*zlang short"
    /// Into SCPI; has no answer.
    static let scpi = "*zlang scpi"

    /// A command that answers `1` when it is done (lmg670.py, `send_cmd`).
    static func done(_ command: String) -> String { "\(command);*opc?" }

    /// Fixes the ranges of one channel: automatic off, then the range that holds the value (lmg670.py, `set_ranges`).
    static func range(channel: Int, voltage: Double, current: Double) -> String {
        "iauto\(channel) 0;uauto\(channel) 0;irng\(channel) \(SCPINumber.text(current));"
            + "urng\(channel) \(SCPINumber.text(voltage))"
    }

    /// One new measuring cycle and its values.
    static let read: String = {
        let channels = 1...3
        let names =
            channels.map { "utrms\($0)?" } + channels.map { "itrms\($0)?" } + channels.map { "p\($0)?" } + ["fcyc1?"]
            + channels.map { "huhd\($0)?" }
        return "inim;" + names.joined(separator: ";")
    }()

    /// The thirteen values: numbers parted by semicolons, as `2.316219E+02;9.910000E+37`.
    static func reading(_ values: [SCPIValue], _ instrument: String) throws(Fault) -> StandardReading {
        try AnalyzerReading.reading(
            try numbers(values, AnalyzerReading.count, read, instrument), instrument)
    }

    /// So many numbers, marks included.
    static func numbers(
        _ values: [SCPIValue], _ count: Int, _ query: String, _ instrument: String
    ) throws(Fault) -> [Double] {
        let reading = SCPIReading(values, to: query, of: instrument)
        guard values.count == 1, case .word(let text) = values[0] else { throw reading.bad("numbers parted by «;»") }
        let parts = text.split(separator: ";", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { SCPINumber.parse(trimmed($0)) }
        guard numbers.count == parts.count, numbers.count == count else {
            throw reading.bad("\(count) numbers parted by «;»")
        }
        return numbers
    }

    /// Checks the `1` of `done`.
    static func done(_ values: [SCPIValue], _ query: String, _ instrument: String) throws(Fault) {
        guard values.count == 1, values[0].integer == 1 else {
            throw SCPIReading(values, to: query, of: instrument).bad("1")
        }
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop { $0 == " " }
        while text.last == " " { text.removeLast() }
        return text
    }
}
