import BenchCore

/// What a GENY YC99T is asked, in the numbers of `GenySystemCommand.py` and `ErrorCalibration.py` of gide03/GenyYC99T.
enum GenyCommand: UInt16, Sendable, Hashable, CaseIterable {
    /// Computer control on and off.
    case online = 0x80, offline = 0x81
    /// The bench says by itself that something is wrong: `SOURCE_FEEDBACK` in `GenySystemCommand.py`, and «GENY FATAL ERROR» in
    /// `SerialMonitor.py`, in a part that does not run.
    case alarm = 0x8F
    /// Sets and starts a test; reads samples; stops everything; reads the errors of the meters.
    case test = 0xD0, samples = 0xD2, stop = 0xD3, errors = 0xD5
}

/// The two sizes of the bench: how far their ranges go.
enum GenyModel: Sendable, Hashable {
    case yc99t3C, yc99t5C

    /// Ranges of the voltage: code and nominal value, V (GenyYC99T `Util.py`, `VoltageRange`).
    var voltages: [(code: UInt8, nominal: Double)] {
        [(6, 100), (7, 220), (8, 380)] + (self == .yc99t3C ? [(9, 660)] : [])
    }
    /// The largest current, A (`CurrentRange`).
    var current: Double { self == .yc99t3C ? 100 : 100.9 }
}

extension FrameExchange where Word == GenyFrame {
    /// A command, answered by a frame with the same number and the result 0.
    static func geny(_ command: GenyCommand, _ data: [UInt8] = [], within: Double? = nil) -> FrameExchange {
        FrameExchange(
            kind: "\(command)", bytes: GenyFrame(command: command.rawValue, data: data).bytes, text: "\(command)",
            within: within
        ) { frame in
            guard frame.command == command.rawValue else { return .unasked }
            guard let result = frame.data.first else { return .refused("an answer without a result") }
            return result == 0 ? .last : .refused("result \(result)")
        }
    }

    /// Computer control on. Any result will do: a bench that is under control already may say so.
    static let genyOnline = FrameExchange(
        kind: "online", bytes: GenyFrame(command: GenyCommand.online.rawValue, data: []).bytes, text: "online"
    ) { $0.command == GenyCommand.online.rawValue ? .last : .unasked }
}

/// Loads and readings of a GENY YC99T as bytes, pure. Everything is as gide03/GenyYC99T has it and unconfirmed by the maker's document.
enum GenyWire {
    /// What a test command can say: one voltage and one current for all phases that have them, at one power factor.
    struct Test: Sendable, Hashable {
        /// 0 three-phase four-wire active, 2 single phase active (`PowerSelector`).
        var mode: UInt8
        /// 0 all elements, 1 … 3 the current in one phase only (`ElementSelector`); the samples must bear it out.
        var element: UInt8
        /// V, A, power factor with 1 inductive or 2 capacitive, Hz.
        var voltage: Double, current: Double, powerFactor: Double, side: UInt8, frequency: Double
    }

    /// The test that gives a load; a sentence where none does.
    static func test(_ load: LoadSetting) -> Result<Test, GenyRefusal> {
        let loaded = load.phases.filter { $0.current > 0 }
        let live = load.phases.filter { $0.voltage > 0 }
        guard let voltage = live.first?.voltage else { return .failure(GenyRefusal("a load needs a voltage")) }
        guard live.allSatisfy({ $0.voltage == voltage }) else {
            return .failure(GenyRefusal("the voltages differ, and the bench has one for all phases"))
        }
        guard loaded.allSatisfy({ $0.current == loaded[0].current && $0.currentLag == loaded[0].currentLag }) else {
            return .failure(GenyRefusal("the currents differ, and the bench has one for all phases"))
        }
        let angles = load.phases.map { turned($0.voltageAngle) }
        let mode: UInt8
        if live.count == 3 {
            guard angles == [0, 240, 120] else {
                return .failure(GenyRefusal("the voltages are not at 0°, −120° and 120°, and the bench has no others"))
            }
            mode = 0
        } else {
            guard live.count == 1, load.phases[0].voltage > 0, load.phases.dropFirst().allSatisfy({ $0.current == 0 })
            else {
                return .failure(GenyRefusal("voltages are on all phases or on L1 alone"))
            }
            mode = 2
        }
        let element: UInt8
        switch loaded.count {
        case 3, 0: element = 0
        case 1: element = mode == 2 ? 0 : UInt8((load.phases.firstIndex { $0.current > 0 } ?? 0) + 1)
        default: return .failure(GenyRefusal("a current flows in two phases, and the bench has one or three"))
        }
        let lag = loaded.first?.currentLag ?? 0
        guard (-90...90).contains(lag) else {
            return .failure(GenyRefusal("the power is negative, and how the bench is told is not known"))
        }
        return .success(
            Test(
                mode: mode, element: element, voltage: voltage, current: loaded.first?.current ?? 0,
                powerFactor: Phasor.power(Phasor(rms: 1, angle: 0), Phasor(rms: 1, angle: -lag)).active,
                side: lag < 0 ? 2 : 1, frequency: load.frequency))
    }

    /// An angle from 0° up to but not including 360°.
    private static func turned(_ degrees: Double) -> Double {
        let rest = degrees.truncatingRemainder(dividingBy: 360)
        return rest < 0 ? rest + 360 : rest
    }

    /// The data of a test command; a bench with a constant and a number of pulses also measures the meters' errors.
    static func data(_ test: Test, _ model: GenyModel, constant: Double = 0, pulses: Int = 0) -> [UInt8]? {
        guard let range = model.voltages.first(where: { test.voltage <= $0.nominal }),
            let cycles = UInt16(exactly: pulses)
        else { return nil }
        return [test.mode, test.element, range.code] + LittleEndian.bytes(Float(test.voltage))
            + LittleEndian.bytes(Float(test.current)) + LittleEndian.bytes(Float(test.powerFactor)) + [test.side]
            + LittleEndian.bytes(Float(test.frequency)) + LittleEndian.bytes(Float(constant))
            + LittleEndian.bytes(cycles)
    }

    /// Voltage, angle, current, angle, active and reactive power of each phase; behind them the totals.
    struct Samples: Sendable, Hashable {
        var voltages: [Double], currents: [Double], powers: [Double]

        /// Whether they show what a test asks for, each within half a percent of its full value: voltages, currents (none where none is
        /// asked for) and active powers.
        func show(_ test: Test) -> Bool {
            let step = 0.005
            return (0...2).allSatisfy { phase in
                let live = test.mode == 0 || phase == 0
                let loaded = live && (test.element == 0 || Int(test.element) == phase + 1)
                let voltage = live ? test.voltage : 0
                let current = loaded ? test.current : 0
                return abs(voltages[phase] - voltage) <= step * test.voltage
                    && abs(currents[phase] - current) <= step * max(test.current, 0.001)
                    && abs(powers[phase] - voltage * current * test.powerFactor)
                        <= 2 * step * test.voltage * max(test.current, 0.001)
            }
        }
    }

    /// The samples in an answer: a result and 20 numbers.
    static func samples(_ frame: GenyFrame, _ instrument: String) throws(Fault) -> Samples {
        guard frame.data.count == 81 else {
            throw Fault(
                .badAnswer, instrument, "its samples have \(frame.data.count) bytes, not a result and 20 numbers")
        }
        let numbers = stride(from: 1, to: 81, by: 4).map { Double(LittleEndian.float(frame.data[$0..<($0 + 4)])) }
        guard numbers.allSatisfy(\.isFinite) else {
            throw Fault(.badAnswer, instrument, "one of its samples is no number")
        }
        return Samples(
            voltages: [numbers[0], numbers[6], numbers[12]], currents: [numbers[2], numbers[8], numbers[14]],
            powers: [numbers[4], numbers[10], numbers[16]])
    }

    /// The percentage errors of three meters in an answer; `nil` where there are none yet: the 3C then answers without data, the 5C with
    /// the flag not set (AutoCalibrationHW5 `GenyTestBench.readBackError`).
    static func errors(_ frame: GenyFrame, _ instrument: String) throws(Fault) -> [Double]? {
        if frame.data.count == 1 { return nil }
        guard frame.data.count >= 14 else {
            throw Fault(
                .badAnswer, instrument, "its errors have \(frame.data.count) bytes, not a result, a flag and 3 numbers")
        }
        guard frame.data[1] != 0 else { return nil }
        let numbers = [2, 6, 10].map { Double(LittleEndian.float(frame.data[$0..<($0 + 4)])) }
        guard numbers.allSatisfy(\.isFinite) else {
            throw Fault(.badAnswer, instrument, "one of its errors is no number")
        }
        return numbers
    }
}

/// Why a GENY cannot give a load, as a sentence.
struct GenyRefusal: Error, Hashable {
    let reason: String
    init(_ reason: String) { self.reason = reason }
}
