internal import BenchCore

/// A three-phase source of voltages: Keysight 6834B or a Pacific source behind a UPC controller, as their manuals describe them.
struct VoltageSourceModel: ScpiModel {
    /// The answer to `*IDN?`.
    var identity: String
    var voltages = [0.0, 0.0, 0.0], angles = [0.0, 240.0, 120.0], frequency = 60.0
    var output = false, selected = 1, coupled = true, range = 150.0, questionable = 0.0

    mutating func reset() { self = VoltageSourceModel(identity: identity) }
    init(identity: String) { self.identity = identity }

    /// Voltages at the terminals, V.
    var live: [Double] { output ? voltages : [0, 0, 0] }
}

extension VoltageSourceModel {
    /// A Keysight 6834B (Agilent Programming Guide 5962-0889), or an AMETEK Lx that speaks the same language (7004-981, 86, 100 to 107):
    /// one phase is selected, or all are coupled.
    static func keysight(identity: String = "Agilent Technologies,6834B,0,A.00.03") -> ScpiInstrument<
        VoltageSourceModel
    > {
        ScpiInstrument(
            VoltageSourceModel(identity: identity), noError: "+0,\"No error\"",
            [
                ScpiCommand("INSTrument:COUPle") { model, call in
                    switch call.parameters.first?.uppercased() {
                    case "ALL": model.coupled = true
                    case "NONE": model.coupled = false
                    default: return .illegal
                    }
                    return .done
                },
                ScpiCommand("INSTrument:NSELect") { model, call in
                    guard let number = call.number(), (1...3).contains(number) else { return .range }
                    model.selected = Int(number)
                    return .done
                },
                ScpiCommand("[SOURce]:VOLTage:RANGe") { model, call in
                    guard let range = call.number() else { return .missing }
                    guard range == 150 || range == 300 else { return .range }
                    model.range = range
                    return .done
                },
                ScpiCommand("[SOURce]:VOLTage[:LEVel][:IMMediate][:AMPLitude]") { model, call in
                    guard let value = call.number() else { return .missing }
                    guard (0...model.range).contains(value) else { return .range }
                    for phase in 0..<3 where model.coupled || phase == model.selected - 1 {
                        model.voltages[phase] = value
                    }
                    return .done
                },
                ScpiCommand("[SOURce]:PHASe[:IMMediate]") { model, call in
                    guard let value = call.number() else { return .missing }
                    guard abs(value) <= 360 else { return .range }
                    model.angles[model.selected - 1] = value
                    return .done
                },
            ] + common)
    }

    /// A Pacific source (UPC-32 Operation Manual, 5.2 and 5.3): commas between keyword and value, phases by number.
    static func pacific() -> ScpiInstrument<VoltageSourceModel> {
        ScpiInstrument(
            VoltageSourceModel(identity: "Pacific Power Source,UPC-32,1234,4.20"), noError: "0,\"No error\"",
            comma: true,
            [
                ScpiCommand("[SOURce]:FORM") { _, call in
                    call.number().map { (1...3).contains($0) } == true ? .done : .range
                },
                ScpiCommand("[SOURce]:VOLTage<n>") { model, call in
                    guard (1...3).contains(call.numbers[0]), let value = call.number() else { return .missing }
                    guard (0...300).contains(value) else { return .range }
                    model.voltages[call.numbers[0] - 1] = value
                    return .done
                },
                ScpiCommand("[SOURce]:PHASe<n>") { model, call in
                    guard (2...3).contains(call.numbers[0]), let value = call.number() else { return .illegal }
                    guard (0...360).contains(value) else { return .range }
                    model.angles[call.numbers[0] - 1] = value
                    return .done
                },
            ] + common)
    }

    private static var common: [ScpiCommand<VoltageSourceModel>] {
        ScpiCommand.number("[SOURce]:FREQuency[:CW]", 15...5000, \.frequency) + [
            ScpiCommand("OUTPut[:STATe]") { model, call in
                guard let on = call.flag() else { return .illegal }
                model.output = on
                return .done
            },
            ScpiCommand("OUTPut[:STATe]?") { model, _ in .answer(model.output ? "1" : "0") },
            ScpiCommand("STATus:QUEStionable:CONDition?") { model, _ in .answer(Decimal.fixed(model.questionable, 0)) },
        ]
    }
}
