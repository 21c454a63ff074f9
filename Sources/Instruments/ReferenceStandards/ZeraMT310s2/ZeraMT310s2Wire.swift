import BenchCore

/// What a ZERA MT310s2 or COM5003 is told and what it answers: text to values and back, pure.
///
/// Source: the maker's own SCPI documentation and code, ZeraGmbH/zera-classes (commit 618fe79): `scpi-doc` (measuring
/// systems, ranges, connection), `modules/*/tests` (exchanges with answers), the device's dumps under `modulemanager/tests`.
/// A parameter ends with a semicolon; several commands of one line are parted by `|` and done one after the other.
enum ZeraMT310s2Wire {
    /// One value of a measuring module: `RMS1:UL1:[V]:230.1`.
    struct Value: Sendable, Hashable {
        var module: String, channel: String, unit: String, number: Double
    }

    /// Sets parameters one after the other and answers `+1` when the last one is in force (test_range_scpi.cpp: `…;|*OPC?`).
    ///
    /// Without the `*OPC?` behind it, the next line would be done while a parameter is still on its way to the hardware.
    static func set(_ parameters: [String]) -> String { parameters.map { $0 + ";" }.joined(separator: "|") + "|*OPC?" }

    /// Checks the `+1` of `set`.
    static func done(_ values: [SCPIValue], _ query: String, _ instrument: String) throws(Fault) {
        guard values.count == 1, values[0].integer == 1 else {
            throw SCPIReading(values, to: query, of: instrument).bad("+1")
        }
    }

    /// The values of one module: `RMS1:UL1:[V]:230.1;RMS1:UL2:[V]:230.2;…`, each ended by a semicolon (scpi-doc, measurement-system).
    static func values(_ values: [SCPIValue], _ query: String, _ instrument: String) throws(Fault) -> [Value] {
        let reading = SCPIReading(values, to: query, of: instrument)
        // A value with several numbers (a vector) has commas of its own: such modules are not asked.
        guard values.count == 1, case .word(let text) = values[0], text.hasSuffix(";") else {
            throw reading.bad("MODULE:CHANNEL:[unit]:value;")
        }
        var list: [Value] = []
        for part in text.dropLast().split(separator: ";", omittingEmptySubsequences: false) {
            let fields = part.split(separator: ":", omittingEmptySubsequences: false)
            guard fields.count == 4, fields[2].hasPrefix("["), fields[2].hasSuffix("]"),
                let number = SCPINumber.parse(fields[3])
            else { throw reading.bad("MODULE:CHANNEL:[unit]:value;") }
            list.append(
                Value(
                    module: String(fields[0]), channel: String(fields[1]),
                    unit: String(fields[2].dropFirst().dropLast()), number: number))
        }
        return list
    }

    /// The numbers of some channels of a module, each exactly once, in the unit that belongs to them.
    ///
    /// A number that is not finite stays as it is: whether it may be missing depends on the channel.
    static func channels(
        _ wanted: [String], module: String, unit: String, in answer: [SCPIValue], _ query: String, _ instrument: String
    ) throws(Fault) -> [Double] {
        let found = try values(answer, query, instrument)
        var numbers: [Double] = []
        for channel in wanted {
            let here = found.filter { $0.module == module && $0.channel == channel }
            guard here.count == 1, here[0].unit == unit else {
                throw SCPIReading(answer, to: query, of: instrument).bad("one \(module):\(channel):[\(unit)]")
            }
            numbers.append(here[0].number)
        }
        return numbers
    }

    /// One number that is a parameter or a result, without module and unit: `96000000`.
    static func number(_ values: [SCPIValue], _ query: String, _ instrument: String) throws(Fault) -> Double {
        try SCPIReading(values, to: query, of: instrument).number()
    }

    /// One word: a range, a source, a unit.
    static func word(_ values: [SCPIValue], _ query: String, _ instrument: String) throws(Fault) -> String {
        let reading = SCPIReading(values, to: query, of: instrument)
        guard values.count == 1 else { throw reading.bad("one word") }
        let text = try reading.text(0)
        guard !text.contains(" ") else { throw reading.bad("one word") }
        return text
    }

    // MARK: ranges

    /// A measuring range by its name: `250V`, `100mV`, `1.0A`; upper end in V or A.
    struct Range: Sendable, Hashable {
        var name: String, end: Double
    }

    /// The ranges of a catalogue, `250V;8V;100mV`, smallest first; names of clamps (`C100A`) and `--` are left out.
    static func ranges(
        _ values: [SCPIValue], unit: Character, _ query: String, _ instrument: String
    ) throws(Fault) -> [Range] {
        let text = try word(values, query, instrument)
        let ranges = text.split(separator: ";").compactMap { range(String($0), unit: unit) }
        guard !ranges.isEmpty else {
            throw SCPIReading(values, to: query, of: instrument).bad("ranges in \(unit), as 250\(unit);8\(unit)")
        }
        return ranges.sorted { $0.end < $1.end }
    }

    /// The upper end of a range by its name; `nil` for a name of another kind.
    static func range(_ name: String, unit: Character) -> Range? {
        guard name.last == unit else { return nil }
        var digits = name.dropLast()
        var factor = 1.0
        if digits.last == "m" {
            digits.removeLast()
            factor = 1e-3
        } else if digits.last == "k" {
            digits.removeLast()
            factor = 1e3
        }
        guard let number = Decimal.parse(digits), number > 0 else { return nil }
        return Range(name: name, end: number * factor)
    }

    /// The smallest range that holds a value; the largest load of all is refused with what there is.
    static func choose(_ value: Double, of ranges: [Range], what: String, _ instrument: String) throws(Fault) -> Range {
        guard let range = ranges.first(where: { $0.end >= value }) else {
            throw Fault(
                .refused, instrument,
                "\(Decimal.shortest(value)) is above the largest range of \(what), \(ranges.last?.name ?? "none")")
        }
        return range
    }

    // MARK: status of error calculator and energy counter (scpi-doc: CALCULATE:…:STATUS)

    /// What an error calculator or energy counter does.
    struct Status: OptionSet, Sendable, Hashable {
        let rawValue: Int
        static let waiting = Status(rawValue: 1)
        static let started = Status(rawValue: 2)
        static let ready = Status(rawValue: 4)
        static let aborted = Status(rawValue: 8)
    }

    /// Reads a status word.
    static func status(_ values: [SCPIValue], _ query: String, _ instrument: String) throws(Fault) -> Status {
        guard values.count == 1, let number = values[0].integer, number >= 0 else {
            throw SCPIReading(values, to: query, of: instrument).bad("a status 0 to 15")
        }
        return Status(rawValue: Int(number))
    }
}
