import BenchCore

/// What a ZERA source is told: a load as text, pure.
///
/// Widths and signs are from ZERA's own published software: ZeraGmbH/SourceMock `ZeraDevices/Server/Source/LoadpointTranslator.cs`
/// (`000.000` for V and A, `000.00` for degrees, `00.00` for Hz; R, S, T for L1, L2, L3) and its tests `FGSourceTests.cs`,
/// `MTSourceTests.cs`; ZeraGmbH/zera-classes `sourcemodule` `iogroupgeneratorextserial.cpp` writes the same. Manual not at hand.
enum ZeraSourceWire {
    /// One command and how long its `OK` may take, s; `nil`: the usual time.
    struct Command: Sendable, Hashable {
        var text: String
        var within: Double?
    }
    /// How long switching on may take until it is confirmed, and switching off (zera-classes `generateSwitchPhasesList`:
    /// 15 000 ms and 5000 ms).
    static let onWithin = 15.0, offWithin = 5.0
    /// Everything off: three voltages, three currents, two auxiliaries and the relative comparison (SourceMock
    /// `SerialPortMTSource.TurnOffAsync`).
    static let allOff = "UIAAAAAAAAA"

    /// The commands that put a load on, in ZERA's order: the outputs change with the last one.
    static func on(_ load: LoadSetting, _ dialect: ZeraDialect) -> [Command] {
        // A FG first ends the subtraction of direct current; the regulator holds the amplitudes (SourceMock
        // `FGLoadpointTranslator`, zera-classes `generateRegulationList`).
        (dialect == .fg30x ? [Command(text: "DS1")] : []) + [
            Command(text: "FR" + fixed(load.frequency, 2, 2)),
            Command(text: "UPAE" + pairs(load) { ($0.voltage, $0.voltageAngle) }),
            Command(text: "IPAA" + pairs(load) { ($0.current, $0.voltageAngle - $0.currentLag) }),
            Command(text: "RE1"),
            Command(text: switching(load), within: onWithin),
        ]
    }

    /// `UI`: which voltages (E) and currents (P) are on; all else stays off (A).
    static func switching(_ load: LoadSetting) -> String {
        "UI" + load.phases.map { $0.voltage > 0 ? "E" : "A" }.joined()
            + load.phases.map { $0.current > 0 ? "P" : "A" }.joined() + "AAA"
    }

    private static func pairs(_ load: LoadSetting, _ value: (PhaseLoad) -> (amount: Double, angle: Double)) -> String {
        // The angles of a load are anticlockwise against U1; ZERA's are clockwise (DIN) against the first voltage that is on.
        let first = load.phases.first { $0.voltage > 0 }?.voltageAngle ?? 0
        return zip(["R", "S", "T"], load.phases).map { letter, phase in
            let (amount, angle) = value(phase)
            return letter + fixed(amount, 3, 3) + fixed(amount > 0 ? turn(first - angle) : 0, 3, 2)
        }.joined()
    }

    /// An angle from 0° up to but not including 360°, also after rounding to 0.01°.
    static func turn(_ degrees: Double) -> Double {
        let hundredths = (degrees * 100).rounded()
        let turned = hundredths.truncatingRemainder(dividingBy: 36_000)
        return (turned < 0 ? turned + 36_000 : turned + 0) / 100
    }

    /// A number with leading zeros: `fixed(5.25, 3, 3)` is `005.250`.
    static func fixed(_ number: Double, _ whole: Int, _ decimals: Int) -> String {
        let text = Decimal.fixed(number, decimals)
        return String(repeating: "0", count: max(0, whole + 1 + decimals - text.count)) + text
    }

    /// What the makers' software allows: V, A, Hz.
    ///
    /// MT786: SourceMock `CapabilitiesMap.cs`, row MT786. FG: the widest of its amplifiers there; which ones a bench has stands in the bench
    /// file. The number formats give 1 mV and 1 mA steps.
    static func limits(_ dialect: ZeraDialect) -> (
        voltage: ClosedRange<Double>, current: ClosedRange<Double>, frequency: [ClosedRange<Double>]
    ) {
        switch dialect {
        case .mt786: return (20...500, 0.001...120, [45...65])
        case .fg30x: return (30...500, 0.001...160, [15...19.99, 40...69.99])
        }
    }

    /// A value that the step of the format changes by more than this cannot be set, relative.
    private static let coarsest = 2e-3

    /// Why the source cannot give a load; `nil` when it can.
    static func refusal(_ load: LoadSetting, _ dialect: ZeraDialect, _ bench: SourceRange?) -> String? {
        guard load.phases.count == 3 else { return "a load has three phases, this one has \(load.phases.count)" }
        let limits = limits(dialect)
        guard load.phases.contains(where: { $0.voltage > 0 }) || load.phases.allSatisfy({ $0.current == 0 }) else {
            return "a current without any voltage has no angle to refer to"
        }
        let values =
            [load.frequency] + load.phases.flatMap { [$0.voltage, $0.current, $0.voltageAngle, $0.currentLag] }
        guard values.allSatisfy(\.isFinite) else { return "a value is no number" }
        let frequencies = limits.frequency.map { text($0, "Hz") }.joined(separator: " or ")
        guard limits.frequency.contains(where: { $0.contains(load.frequency) }) else {
            return "\(Decimal.shortest(load.frequency)) Hz: the source can \(frequencies)"
        }
        if let trouble = outside(load.frequency, bench?.frequency, "Hz") ?? coarse(load.frequency, 0.01, "Hz") {
            return trouble
        }
        for (index, phase) in load.phases.enumerated() {
            let u =
                phase.voltage == 0
                ? nil
                : outside(phase.voltage, limits.voltage, "V") ?? outside(phase.voltage, bench?.voltage, "V")
                    ?? coarse(phase.voltage, 0.001, "V")
            let i =
                phase.current == 0
                ? nil
                : outside(phase.current, limits.current, "A") ?? outside(phase.current, bench?.current, "A")
                    ?? coarse(phase.current, 0.001, "A")
            if let trouble = u ?? i { return "L\(index + 1): \(trouble)" }
        }
        return nil
    }

    private static func text(_ range: ClosedRange<Double>, _ unit: String) -> String {
        "\(Decimal.shortest(range.lowerBound)) … \(Decimal.shortest(range.upperBound)) \(unit)"
    }
    private static func outside(_ value: Double, _ range: ClosedRange<Double>?, _ unit: String) -> String? {
        guard let range, !range.contains(value) else { return nil }
        return "\(Decimal.shortest(value)) \(unit) is outside \(text(range, unit))"
    }
    private static func coarse(_ value: Double, _ step: Double, _ unit: String) -> String? {
        let set = (value / step).rounded() * step
        guard abs(set - value) > coarsest * value else { return nil }
        return "\(Decimal.shortest(value)) \(unit) cannot be set: the source is told in steps of "
            + "\(Decimal.shortest(step)) \(unit)"
    }

    /// Model and version from the answer to `TS` or `STS`: behind the letters the model, from its last V on the version (SourceMock
    /// `TS(.{8})(.{4})`, zera-classes `extractVersionFromResponse`).
    static func identity(_ line: String, _ dialect: ZeraDialect) -> (model: String, version: String)? {
        let lead = dialect.prefix + "TS"
        guard line.hasPrefix(lead) else { return nil }
        let body = line.dropFirst(lead.count)
        guard let v = body.lastIndex(where: { $0 == "V" || $0 == "v" }), v != body.startIndex else {
            return (String(body.filter { $0 != " " }), "")
        }
        func trimmed(_ text: Substring) -> String { text.split(separator: " ").joined(separator: " ") }
        return (trimmed(body[..<v]), trimmed(body[v...]))
    }
}
