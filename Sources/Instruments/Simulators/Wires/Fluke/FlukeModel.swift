internal import BenchCore

/// A Fluke 6105A as its manual describes it (6100B/6105A Users Manual, chapter 5; pages of easymanua.ls/fluke/6105a).
struct FlukeModel: ScpiModel {
    /// One output of one phase.
    struct Channel: Sendable {
        var low = 0.0, high = 0.0
        /// Amplitude in V or A and angle in degrees by order; 0 is the direct component.
        var harmonics: [Int: (amplitude: Double, angle: Double)] = [:]
        var harmonicsOn = false, on = false
        var flickerOn = false, flickerDepth = 0.0, flickerFrequency = 8.8, flickerShape = "SIN"
    }
    var phases = (1...3).map { _ in [Channel(high: 23), Channel(low: 0.05, high: 0.25)] }
    var frequency = 50.0
    var output = false
    /// Phases with a unit in them.
    var fitted: Set<Int> = [1, 2, 3]
    var identity = "FLUKE,6105A,123456789,1.25"

    mutating func reset() { self = FlukeModel(fitted: fitted, identity: identity) }

    init(fitted: Set<Int> = [1, 2, 3], identity: String = "FLUKE,6105A,123456789,1.25") {
        self.fitted = fitted
        self.identity = identity
    }

    /// The voltage at the terminals of a phase, V; zero while the output is in standby.
    func voltage(_ phase: Int) -> Double { live(phase, 0) }
    /// The current of a phase, A.
    func current(_ phase: Int) -> Double { live(phase, 1) }
    private func live(_ phase: Int, _ quantity: Int) -> Double {
        let channel = phases[phase - 1][quantity]
        return output && channel.on ? channel.harmonics[1]?.amplitude ?? 0 : 0
    }
}

extension FlukeModel {
    /// A simulated 6105A.
    static func instrument() -> ScpiInstrument<FlukeModel> {
        var commands: [ScpiCommand<FlukeModel>] = ScpiCommand.number("[SOURce]:FREQuency", 16...850, \.frequency)
        commands.append(
            ScpiCommand("OUTPut[:STATe]") { model, call in
                guard let on = call.flag() else { return .illegal }
                if on, !model.phases.contains(where: { $0.contains { $0.on } }) {
                    return .error(-221, "Settings conflict;No channel enabled")
                }
                model.output = on
                return .done
            })
        commands.append(ScpiCommand("OUTPut[:STATe]?") { model, _ in .answer(model.output ? "1" : "0") })
        commands.append(
            ScpiCommand("[SOURce]:PHASe<x>:FITTed?") { model, call in
                .answer(model.fitted.contains(call.numbers[0]) ? "1" : "0")
            })
        for (quantity, name) in ["VOLTage", "CURRent"].enumerated() {
            commands += channel("[SOURce]:PHASe<x>:\(name)", quantity)
            commands.append(
                ScpiCommand("UNIT:MHARmonics:\(name)") { _, call in
                    ["ABS", "ABSOLUTE"].contains(call.parameters.first?.uppercased() ?? "") ? .done : .illegal
                })
        }
        return ScpiInstrument(FlukeModel(), commands)
    }

    /// Commands of one output, all below `SOUR:PHAS<x>:VOLT` or `:CURR`.
    private static func channel(_ root: String, _ quantity: Int) -> [ScpiCommand<FlukeModel>] {
        func with(
            _ tail: String, _ body: @escaping @Sendable (inout Channel, ScpiCall) -> ScpiOutcome
        ) -> ScpiCommand<FlukeModel> {
            ScpiCommand(root + tail) { model, call in
                guard model.fitted.contains(call.numbers[0]) else { return .error(-241, "Hardware missing") }
                return body(&model.phases[call.numbers[0] - 1][quantity], call)
            }
        }
        func flag(_ tail: String, _ path: any (WritableKeyPath<Channel, Bool> & Sendable)) -> [ScpiCommand<FlukeModel>]
        {
            [
                with(tail) { channel, call in
                    guard let on = call.flag() else { return .illegal }
                    channel[keyPath: path] = on
                    return .done
                },
                with(tail + "?") { channel, _ in .answer(channel[keyPath: path] ? "1" : "0") },
            ]
        }
        return flag(":STATe", \.on) + flag(":MHARmonics:STATe", \.harmonicsOn) + flag(":FLICker:STATe", \.flickerOn) + [
            with(":RANGe") { channel, call in
                guard let low = call.number(0), let high = call.number(1), low < high else { return .missing }
                guard high <= (quantity == 0 ? 1008 : 21) else { return .range }
                channel.low = low
                channel.high = high
                return .done
            },
            // p. 140 and 148: every harmonic but the fundamental.
            with(":MHARmonics:CLEar") { channel, _ in
                channel.harmonics = channel.harmonics.filter { $0.key == 1 }
                return .done
            },
            with(":MHARmonics:HARMonic<y>") { channel, call in
                guard let amplitude = call.number(0), let angle = call.number(1) else { return .missing }
                let order = call.numbers[1]
                guard (0...100).contains(order), abs(amplitude) <= channel.high, abs(angle) <= 360 else {
                    return .range
                }
                // p. 140: the angle of the direct component must be zero.
                guard order != 0 || angle == 0 else { return .illegal }
                guard order != 1 || amplitude >= channel.low else { return .range }
                channel.harmonics[order] = (amplitude, angle)
                return .done
            },
            with(":MHARmonics:HARMonic<y>?") { channel, call in
                let (amplitude, angle) = channel.harmonics[call.numbers[1]] ?? (0, 0)
                switch call.parameters.first?.uppercased() {
                case nil: return .answer("\(exponent(amplitude)),\(exponent(angle))")
                case "AMPL", "AMPLITUDE": return .answer(exponent(amplitude))
                case "PANG", "PANGLE": return .answer(exponent(angle))
                default: return .illegal
                }
            },
            // p. 141: all harmonics from the first to the highest.
            with(":MHARmonics:ALL?") { channel, _ in
                let highest = max(1, channel.harmonics.keys.max() ?? 1)
                return .answer(
                    (1...highest).map { order in
                        let (amplitude, angle) = channel.harmonics[order] ?? (0, 0)
                        return "\(exponent(amplitude)),\(exponent(angle))"
                    }.joined(separator: ","))
            },
            with(":FLICker:DEPTh") { channel, call in
                guard let depth = call.number() else { return .missing }
                guard (0...30).contains(depth) else { return .range }
                channel.flickerDepth = depth
                return .done
            },
            with(":FLICker:FREQuency") { channel, call in
                guard let frequency = call.number() else { return .missing }
                guard (0.0008...40).contains(frequency) else { return .range }
                channel.flickerFrequency = frequency
                return .done
            },
            with(":FLICker:SHAPe") { channel, call in
                let shapes = [
                    "RECT": "RECT", "RECTANGULAR": "RECT", "SIN": "SIN", "SINUSOIDAL": "SIN", "SQU": "SQU",
                    "SQUARE": "SQU",
                ]
                guard let shape = shapes[call.parameters.first?.uppercased() ?? ""] else { return .illegal }
                channel.flickerShape = shape
                return .done
            },
        ]
    }

    /// Numbers come back as in `2.5E1`, `0.0E0` (p. 141, 149).
    static func exponent(_ value: Double) -> String {
        guard value != 0 else { return "0.0E0" }
        var mantissa = value
        var power = 0
        while abs(mantissa) >= 10 {
            mantissa /= 10
            power += 1
        }
        while abs(mantissa) < 1 {
            mantissa *= 10
            power -= 1
        }
        let text = SCPINumber.text((mantissa * 1e9).rounded() / 1e9)
        return (text.contains(".") ? text : text + ".0") + "E\(power)"
    }
}
