internal import BenchCore

/// A Chroma AC source as its manuals describe it: 61501 … 61504 with modes, or 61601 … 61605 without.
///
/// «Programmable AC Source 61501/61502/61503/61504 User's Manual», 8-7 (*IDN?, *RST), 8-18 (LIST), 8-26 (MODE, TRIG,
/// INTerharmonics), 8-28 (STATus); 61600 series manual, 7.6.
struct ChromaModel: ScpiModel {
    /// `61500` or `61600`.
    var series = "61500"
    var voltage = 0.0, frequency = 60.0, limit = 300.0, range = "LOW"
    var output = false, mode = "FIXED", running = false
    var pulse = Pulse()
    var list: [String: [Double]] = [:]
    var base = "TIME"
    var interStart = 0.01, interEnd = 0.01, interLevel = 0.0, interDwell = 0.0
    /// `STAT:QUES:COND?`, 0 to 511.
    var questionable = 0.0
    /// How often events were fired.
    var fired = 0

    /// What a pulse of `OUTP:MODE PULSE` is.
    struct Pulse: Sendable, Hashable {
        var voltage = 0.0, period = 0.0, duty = 0.0, phase = 0.0, count = 0.0
    }

    var identity: String {
        series == "61500"
            ? "Chroma ATE 61500,123456,1.00,1.01,1.02" : "Chroma,61604,616040001234,1.00,1.01"
    }
    mutating func reset() { self = ChromaModel(series: series) }
    init(series: String = "61500") {
        self.series = series
        // A series whose range follows the voltage by itself.
        if series != "61500" { range = "HIGH" }
    }

    /// The voltage at the terminals, V.
    var live: Double { output ? voltage : 0 }
}

extension ChromaModel {
    /// A simulated source of a series.
    static func instrument(series: String = "61500") -> ScpiInstrument<ChromaModel> {
        var commands: [ScpiCommand<ChromaModel>] = [
            ScpiCommand("[SOURce]:VOLTage[:LEVel][:IMMediate][:AMPLitude]:AC") { model, call in
                guard let value = call.number() else { return .missing }
                guard value >= 0, value <= (model.range == "LOW" ? 150 : 300), value <= model.limit else {
                    return .range
                }
                model.voltage = value
                return .done
            },
            ScpiCommand("[SOURce]:VOLTage[:LEVel][:IMMediate][:AMPLitude]:AC?") { model, _ in
                .answer(Decimal.fixed(model.voltage, 1))
            },
            ScpiCommand("[SOURce]:VOLTage:RANGe") { model, call in
                let words = ["LOW": "LOW", "HIGH": "HIGH", "AUTO": "HIGH", "150": "LOW", "300": "HIGH"]
                guard let range = words[call.parameters.first?.uppercased() ?? ""] else { return .illegal }
                model.range = range
                if range == "LOW", model.voltage > 150 { model.voltage = 0 }
                return .done
            },
            ScpiCommand("OUTPut[:STATe]") { model, call in
                guard let on = call.flag() else { return .illegal }
                model.output = on
                if !on { model.running = false }
                return .done
            },
            ScpiCommand("OUTPut[:STATe]?") { model, _ in .answer(model.output ? "ON" : "OFF") },
        ]
        commands += ScpiCommand.number("[SOURce]:FREQuency[:CW]", 15...1000, \.frequency)
        commands += ScpiCommand.number("[SOURce]:VOLTage:LIMit:AC", 0...300, \.limit)
        commands.append(
            ScpiCommand("STATus:QUEStionable:CONDition?") { model, _ in .answer(Decimal.fixed(model.questionable, 0)) })
        if series == "61500" {
            commands += modes
        } else {
            commands.append(ScpiCommand("SYSTem:REMote") { _, _ in .done })
            commands.append(ScpiCommand("SYSTem:LOCal") { _, _ in .done })
        }
        return ScpiInstrument(ChromaModel(series: series), commands)
    }

    private static var modes: [ScpiCommand<ChromaModel>] {
        let names = ["FIXED", "LIST", "PULSE", "STEP", "SYNTH", "INTERHAR"]
        var commands: [ScpiCommand<ChromaModel>] = [
            // 8-26: a mode is left by TRIG OFF and MODE FIXED.
            ScpiCommand("OUTPut:MODE") { model, call in
                guard let mode = call.parameters.first?.uppercased(), names.contains(mode) else { return .illegal }
                guard !model.running else { return .error(-221, "Settings conflict") }
                model.mode = mode
                return .done
            },
            ScpiCommand("OUTPut:MODE?") { model, _ in .answer(model.mode) },
            ScpiCommand("TRIG") { model, call in
                guard let on = call.flag() else { return .illegal }
                guard !on || (model.mode != "FIXED" && model.output) else { return .error(-221, "Settings conflict") }
                model.running = on
                if on { model.fired += 1 }
                return .done
            },
            ScpiCommand("TRIG:STATE?") { model, _ in .answer(model.running ? "RUNNING" : "OFF") },
            ScpiCommand("[SOURce]:LIST:BASE") { model, call in
                guard let base = call.parameters.first?.uppercased(), ["TIME", "CYCLE"].contains(base) else {
                    return .illegal
                }
                model.base = base
                return .done
            },
        ]
        let lists = [
            ("VOLTage:AC:STARt", 0.0...300), ("VOLTage:AC:END", 0.0...300), ("VOLTage:DC:STARt", -424.2...424.2),
            ("VOLTage:DC:END", -424.2...424.2), ("FREQuency:STARt", 15.0...1000), ("FREQuency:END", 15.0...1000),
            ("DWELl", 0.0...99_999_999.9), ("DEGRee", 0.0...359.9),
        ]
        for (name, range) in lists {
            commands.append(
                ScpiCommand("[SOURce]:LIST:\(name)") { model, call in
                    let numbers = call.parameters.compactMap { SCPINumber.parse($0) }
                    guard numbers.count == call.parameters.count, !numbers.isEmpty else { return .missing }
                    guard numbers.allSatisfy(range.contains), numbers.count <= 100 else { return .range }
                    model.list[name] = numbers
                    return .done
                })
        }
        commands += ScpiCommand.number("[SOURce]:PULSe:VOLTage:AC", 0...300, \.pulse.voltage)
        commands += ScpiCommand.number("[SOURce]:PULSe:PERiod", 0...99_999_999.9, \.pulse.period)
        commands += ScpiCommand.number("[SOURce]:PULSe:DCYCle", 0...100, \.pulse.duty)
        commands += ScpiCommand.number("[SOURce]:PULSe:SPHase", 0...359.9, \.pulse.phase)
        commands += ScpiCommand.number("[SOURce]:PULSe:COUNt", 0...65535, \.pulse.count)
        commands += ScpiCommand.number("[SOURce]:INTerharmonics:FREQuency:STARt", 0.01...2400, \.interStart)
        commands += ScpiCommand.number("[SOURce]:INTerharmonics:FREQuency:END", 0.01...2400, \.interEnd)
        commands += ScpiCommand.number("[SOURce]:INTerharmonics:LEVEl", 0...100, \.interLevel)
        commands += ScpiCommand.number("[SOURce]:INTerharmonics:DWELl", 0...99_999_999.9, \.interDwell)
        return commands
    }
}
