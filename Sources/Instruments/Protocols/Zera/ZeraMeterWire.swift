import BenchCore

/// What the reference meter in a MT786 is told and answers, pure.
///
/// Source: ZERA's own published software, ZeraGmbH/SourceMock `ZeraDevices/Server/ReferenceMeter/MT768/`, `ErrorCalculator/MT768/` and
/// `Tests/TestData/ameReply.txt`; the manual MT78x_MAN_EXT_GB.pdf, which it names, was not at hand.
enum ZeraMeterWire {
    /// Ranges as the instrument lists them, in its own spelling; the answer of `AVI` or `ACI`.
    static func ranges(_ lines: [String], _ command: String, _ instrument: String) throws(Fault) -> [(Double, String)] {
        let found = lines.dropLast().compactMap { line in Decimal.parse(line).map { ($0, line) } }
        guard !found.isEmpty, found.count == lines.count - 1 else {
            throw Fault(.badAnswer, instrument, "answers \(lines) to «\(command)»: a list of ranges was asked")
        }
        return found.sorted { $0.0 < $1.0 }
    }

    /// The smallest range that holds a value; the largest may be exceeded by a fifth, as the MT786's own source does (500 V at a
    /// largest range of 420 V, 120 A at 100 A: `CapabilitiesMap.cs`).
    static func choose(_ value: Double, _ ranges: [(Double, String)]) -> String? {
        if let found = ranges.first(where: { value <= $0.0 }) { return found.1 }
        guard let last = ranges.last, value <= 1.2 * last.0 else { return nil }
        return last.1
    }

    /// The constant of the pulse output, imp/kWh, from the answer of `AST`: 60 000 Hz at full ranges of all phases measured
    /// (`GetMeterConstantAsync`, after MT78x_MAN_EXT_GB.pdf 5.6).
    static func constant(_ lines: [String], _ instrument: String) throws(Fault) -> Double {
        func value(_ key: String) -> Substring? { lines.first { $0.hasPrefix(key) }?.dropFirst(key.count) }
        let phases: [Character: Double] = ["4": 3, "3": 2, "2": 1]
        guard let u = value("UB=").flatMap({ Decimal.parse($0) }), let i = value("IB=").flatMap({ Decimal.parse($0) }),
            let mode = value("M=")?.first, let count = phases[mode], u > 0, i > 0
        else { throw Fault(.badAnswer, instrument, "answers \(lines) to «AST»: ranges and measuring mode are missing") }
        return 1000 * 3600 * 60_000 / (count * u * i)
    }

    /// The reading in the answer of `AME`: `0;1.9996199E+01` … by number.
    static func reading(_ lines: [String], _ instrument: String) throws(Fault) -> StandardReading {
        var values: [Int: Double] = [:]
        for line in lines.dropLast() {
            let parts = line.split(separator: ";", omittingEmptySubsequences: false)
            guard parts.count == 2, let index = Int(parts[0]) else {
                throw Fault(.badAnswer, instrument, "answers «\(line)» to «AME»: a number and its value were asked")
            }
            values[index] = Decimal.parse(parts[1])
        }
        func three(_ first: Int) throws(Fault) -> [Double] {
            let found = (first..<first + 3).compactMap { values[$0] }
            guard found.count == 3 else {
                throw Fault(
                    .badAnswer, instrument, "the answer to «AME» lacks one of the values \(first) … \(first + 2)")
            }
            return found
        }
        guard let frequency = values[28] else {
            throw Fault(.badAnswer, instrument, "the answer to «AME» lacks value 28, the frequency")
        }
        // What its values from 29 on mean is not known, so the distortion is left out rather than guessed.
        return StandardReading(
            voltages: try three(0), currents: try three(3), powers: try three(15), frequency: frequency,
            voltageDistortion: [])
    }

    /// Energy in the answer of `AEV`, W·s; the instrument says W·h.
    static func energy(_ lines: [String], _ instrument: String) throws(Fault) -> Double {
        guard lines.count >= 2, let energy = Decimal.parse(lines[lines.count - 2]) else {
            throw Fault(.badAnswer, instrument, "answers \(lines) to «AEV»: an energy was asked")
        }
        return energy * 3600
    }

    /// Parameters of an error measurement: constant of the meter in imp/kWh and number of its pulses, each as up to six digits and a
    /// power of ten. The constant is sent in steps of 10⁻⁵ imp/kWh. `nil` where they do not fit.
    static func errorParameters(constant: Double, pulses: Int) -> String? {
        func clip(_ number: Double, _ most: Int) -> (String, Int)? {
            guard number >= 1, number < 1e15 else { return nil }
            var digits = number.rounded(), power = 0
            while digits >= 1e6 {
                power += 1
                digits = (number / exponent(power)).rounded()
            }
            return power <= most ? (Decimal.fixed(digits, 0), power) : nil
        }
        guard let c = clip(constant * 1e5, 10), let n = clip(Double(pulses), 5) else { return nil }
        return "AEP\(c.0);\(c.1 < 10 ? "0" : "")\(c.1);\(n.0);\(n.1)"
    }
    private static func exponent(_ power: Int) -> Double { (0..<power).reduce(1.0) { value, _ in value * 10 } }

    /// How far an error measurement is.
    struct ErrorAnswer: Sendable, Hashable {
        /// 0 not active, 1 active, 2 running, 3 finished.
        var state: Int
        /// Percentage error; `nil` where there is none yet.
        var error: Double?
        /// Done so far, percent.
        var progress: Double
    }

    /// The answer of `AES1`: state, error (`--.--`, `oo.oo`: none), progress and energy.
    static func error(_ lines: [String], _ instrument: String) throws(Fault) -> ErrorAnswer {
        let bad = Fault(.badAnswer, instrument, "answers \(lines) to «AES1»: state, error, progress were asked")
        guard lines.count == 4, lines[0].count == 2, let state = lines[0].last?.wholeNumberValue,
            (0...3).contains(state),
            let progress = lines[2].split(separator: ";").first.flatMap({ Decimal.parse($0) })
        else { throw bad }
        let error = Decimal.parse(lines[1])
        guard error != nil || lines[1] == "--.--" || lines[1] == "oo.oo" else { throw bad }
        return ErrorAnswer(state: state, error: error, progress: progress)
    }

    /// Model and version in the answer of `AAV`: `MT793V05.52`.
    static func identity(_ lines: [String], _ instrument: String) throws(Fault) -> (model: String, version: String) {
        guard lines.count >= 2, let v = lines[lines.count - 2].lastIndex(of: "V"), v > lines[lines.count - 2].startIndex
        else { throw Fault(.badAnswer, instrument, "answers \(lines) to «AAV»: model and version were asked") }
        let line = lines[lines.count - 2]
        return (String(line[..<v]), String(line[v...]))
    }
}
