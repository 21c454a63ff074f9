import Testing

@testable import BenchCore

@Suite("Values as people write them")
struct QuantityTextTests {
    private func trouble(_ body: () throws(ValueTrouble) -> some Any) -> String {
        do throws(ValueTrouble) {
            let value = try body()
            return "no trouble: \(value)"
        } catch {
            return error.message
        }
    }

    // Expected numbers: SI prefixes (SI brochure, 9th edition, table 7); 1 h = 3600 s, so 1 Wh = 3600 Ws.
    @Test("A quantity is read in its coherent unit, to the nearest number there is")
    func quantities() throws {
        #expect(try QuantityText.quantity("230 V", Voltage.self).value == 230)
        #expect(try QuantityText.quantity("1 mA", Current.self).value == 0.001)
        #expect(try QuantityText.quantity("50 µs", TimeSpan.self).value == 50e-6)
        #expect(try QuantityText.quantity("50 us", TimeSpan.self).value == 50e-6)
        #expect(try QuantityText.quantity("50 \u{3BC}s", TimeSpan.self).value == 50e-6)
        #expect(try QuantityText.quantity("-0.02 °", Angle.self).value == -0.02)
        #expect(try QuantityText.quantity("23 °C", Temperature.self).value == 23)
        #expect(try QuantityText.quantity("0.3 K", TemperatureDifference.self).value == 0.3)
        #expect(try QuantityText.quantity("60 min", TimeSpan.self).value == 3600)
        #expect(try QuantityText.quantity("0.01 kWh", ActiveEnergy.self).value == 36000)
        #expect(try QuantityText.quantity("2 kvarh", ReactiveEnergy.self).value == 7.2e6)
        #expect(try QuantityText.quantity("3 ppm", Ratio.self).value == 3e-6)
        #expect(try QuantityText.quantity("45 %", Humidity.self).value == 0.45)
        #expect(try QuantityText.quantity("0.0005 %/K", TemperatureCoefficient.self).value == 5e-6)
        #expect(try QuantityText.quantity("1.5e1 kvar", ReactivePower.self).value == 15000)
        #expect(try QuantityText.quantity("-0 W", ActivePower.self).value.sign == .plus)
    }

    @Test("A number in a given unit takes no detour through the coherent unit")
    func numbers() throws {
        #expect(try QuantityText.number("0.04 %", in: "%", .ratio) == 0.04)
        #expect(try QuantityText.number("0.1 Wh", in: "kWh", .energy) == 0.0001)
        #expect(try QuantityText.number("90 s", in: "min", .time) == 1.5)
        for hundredth in 1...999 {
            let text = Decimal.fixed(Double(hundredth) / 100, 2)
            #expect(try QuantityText.number(text + " %", in: "%", .ratio) == Decimal.parse(text))
        }
    }

    @Test("Every unit's factor is its multiplier times its power of ten")
    func factors() {
        #expect(UnitSymbol.named("kWh", .energy)?.factor == Unit<ActiveEnergy>.kilowattHour.factor)
        #expect(UnitSymbol.named("mA", .current)?.factor == Unit<Current>.milliampere.factor)
        #expect(UnitSymbol.named("%", .ratio)?.factor == Unit<Ratio>.percent.factor)
        for kind in DimensionKind.allCases {
            #expect(!UnitSymbol.of(kind).isEmpty, "no unit for \(kind)")
            // The example of each dimension reads as one.
            #expect(throws: Never.self) { try QuantityText.split(kind.example, kind) }
        }
    }

    @Test(
        "What is no voltage is refused with a sentence that says what would be right",
        arguments: [
            ("230", "«230» has no unit; write e.g. «230 V»"),
            ("230V", "«230V» needs a space between number and unit: «230 V»"),
            ("230 A", "«230 A» is a current; a voltage is wanted, e.g. «230 V»"),
            ("230 volts", "«volts» is not a unit; a voltage is written in V, µV, mV, kV"),
            ("230 KV", "«KV» is not a unit; did you mean «230 kV»?"),
            ("1e400 V", "«1e400 V» is too large a number"),
            ("1e400", "«1e400» is too large a number"),
            ("1e-400 V", "«1e-400 V» is too small a number"),
            ("1e99999999999999999999 V", "«1e99999999999999999999 V» is too large a number"),
            ("NaN V", "«NaN» is not a number; write e.g. «230 V»"),
            ("inf V", "«inf» is not a number; write e.g. «230 V»"),
            ("230,5 V", "«230,5 V» has a decimal comma; numbers have a full stop: «230.5 V»"),
            ("115 % Un", "«115 % Un» is relative to Un; here a value of its own is wanted, e.g. «230 V»"),
            ("1 Un", "«1 Un» is relative to Un; here a value of its own is wanted, e.g. «230 V»"),
            ("", "a voltage is missing; write e.g. «230 V»"),
            ("full", "«full» is not a voltage; write e.g. «230 V»"),
            (".5 V", "«.5» is not a number; write e.g. «230 V»"),
        ])
    func refused(_ text: String, _ message: String) {
        #expect(trouble { () throws(ValueTrouble) in try QuantityText.quantity(text, Voltage.self) } == message)
    }

    @Test("Shares of nameplate values stay relative")
    func relative() throws {
        #expect(try QuantityText.relative("1 % In", .current) == RelativeQuantity(0.01, "In"))
        #expect(try QuantityText.relative("0.1 In", .current) == RelativeQuantity(0.1, "In"))
        #expect(try QuantityText.relative("Imax", .current) == RelativeQuantity(1, "Imax"))
        #expect(try QuantityText.setting("115 % Un", Voltage.self) == .relative(RelativeQuantity(1.15, "Un")))
        #expect(try QuantityText.setting("230 V", Voltage.self) == .absolute(Quantity(230)))
        #expect(
            trouble { () throws(ValueTrouble) in try QuantityText.relative("5 % Un", .current) }
                == "«5 % Un» is a voltage; a current is wanted, e.g. «5 % In»")
        #expect(
            trouble { () throws(ValueTrouble) in try QuantityText.relative("5 ppm In", .current) }
                == "«5 ppm In»: a share of In is written «5 % In»")
    }

    @Test("Ranges know which end belongs to them")
    func ranges() throws {
        let low = try QuantityText.range("1 mA to below 50 mA", Current.self)
        let high = try QuantityText.range("50 mA to 120 A", Current.self)
        #expect(low.lower.value == 0.001 && low.upper.value == 0.05 && low.includesLower && !low.includesUpper)
        #expect(!low.closed.contains(0.05) && low.closed.contains(0.05.nextDown) && high.closed.contains(0.05))
        let row = try QuantityText.currentRange("above 5 % In to Imax")
        #expect(row.from == CurrentBound(at: RelativeQuantity(0.05, "In"), inclusive: false))
        #expect(row.to == CurrentBound(at: RelativeQuantity(1, "Imax"), inclusive: true))
        #expect(
            trouble { () throws(ValueTrouble) in try QuantityText.range("300 V to 30 V", Voltage.self) }
                == "«300 V to 30 V» runs from 300 V down to 30 V; write the smaller value first")
        #expect(
            trouble { () throws(ValueTrouble) in try QuantityText.range("30 V", Voltage.self) }
                == "«30 V» is not a range; write e.g. «30 V to 300 V»")
    }

    @Test("Tolerances are absolute, or a share of the middle")
    func tolerances() throws {
        let air = try QuantityText.tolerance("23 °C ± 2 °C", Temperature.self)
        #expect(air.range { _ in nil } == 21...25)
        #expect(try QuantityText.tolerance("23 °C +/- 2 K", Temperature.self) == air)
        let frequency = try QuantityText.tolerance("fn ± 0.3 %", Frequency.self)
        #expect(frequency.range { $0 == "fn" ? 50 : nil } == 50 - 0.15...50 + 0.15)
        #expect(frequency.range { _ in nil } == nil)
        #expect(
            trouble { () throws(ValueTrouble) in try QuantityText.tolerance("23 °C", Temperature.self) }
                == "«23 °C» has no tolerance; write e.g. «23 °C ± 2 °C»")
    }

    @Test("«at most» limits quantities and uncertainties")
    func limits() throws {
        #expect(try QuantityText.atMost("at most 5 s", TimeSpan.self).value == 5)
        #expect(try QuantityText.uncertainty("at most 1/5 of limit") == .ofLimit(0.2))
        #expect(try QuantityText.uncertainty("at most 0.1 %") == .percent(0.1))
        #expect(UncertaintyDemand.ofLimit(0.2).percent(limit: 0.5) == 0.1)
        #expect(
            trouble { () throws(ValueTrouble) in try QuantityText.atMost("5 s", TimeSpan.self) }
                == "«5 s» sets no upper limit; write e.g. «at most 10 s»")
    }

    @Test("Constants are turned to pulses per kilowatt-hour, and reactive ones are refused for active energy")
    func constants() throws {
        #expect(try QuantityText.meterConstant("10000 imp/kWh") == 10000)
        #expect(try QuantityText.meterConstant("0.1 Wh/imp") == 10000)
        #expect(try QuantityText.meterConstant("1000 imp/MWh") == 1)
        #expect(try QuantityText.meterConstant("1 imp/Wh") == 1000)
        #expect(try QuantityText.meterConstant("3600 Ws/imp") == 1000)
        #expect(try QuantityText.meterConstant("1000 imp/kvarh", .reactiveEnergy) == 1000)
        #expect(
            trouble { () throws(ValueTrouble) in try QuantityText.meterConstant("1000 imp/kvarh") }
                == "«1000 imp/kvarh» counts reactive energy; the constant for active energy is wanted, e.g. «10000 imp/kWh»"
        )
        #expect(
            trouble { () throws(ValueTrouble) in try QuantityText.meterConstant("1000") }
                == "«1000» has no unit; a constant is written e.g. «1000 imp/kWh»")
        #expect(
            trouble { () throws(ValueTrouble) in try QuantityText.meterConstant("0 imp/kWh") }
                == "«0 imp/kWh»: a meter constant is larger than zero, e.g. «10000 imp/kWh»")
    }

    @Test("Rules, power factors, cycles, days and whole numbers")
    func names() throws {
        #expect(try QuantityText.decisionRule("guard band U") == .guardBandU)
        #expect(try QuantityText.decisionRule("guard band 0.83 U").guardFactor == 0.83)
        #expect(try QuantityText.decisionRule("simple acceptance") == .simpleAcceptance)
        #expect(try QuantityText.powerFactor("0.5 ind") == PowerFactor(0.5, .inductive))
        #expect(
            trouble { () throws(ValueTrouble) in try QuantityText.powerFactor("0.5") }
                == "«0.5»: power factor 0.5 needs a side; write «0.5 ind» or «0.5 cap»")
        // IEC 60050-103: at 50 Hz a period lasts 20 ms.
        #expect(try QuantityText.cycles("10 cycles").duration(at: Quantity(50)).value == 0.2)
        #expect(try QuantityText.integer("0x0048") == 72)
        #expect(
            trouble { () throws(ValueTrouble) in try QuantityText.integer("70000", in: 1...65535) }
                == "70000 is outside 1 … 65535")
        #expect(try QuantityText.day("2024-02-29") == "2024-02-29")
        // 1900 and 2100 were and will be no leap years (Gregorian calendar).
        for day in ["2026-02-29", "2100-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "26-04-30", "2026-4-30", "x"]
        {
            #expect(throws: ValueTrouble.self) { try QuantityText.day(day) }
        }
    }

    @Test("Printing picks a unit and reads back as the same value")
    func printing() throws {
        #expect(QuantityText.text(Quantity<Current>(0.05)) == "50 mA")
        #expect(QuantityText.text(Quantity<Voltage>(230)) == "230 V")
        #expect(QuantityText.text(Quantity<TimeSpan>(50e-6)) == "50 µs")
        #expect(QuantityText.text(Quantity<TimeSpan>(90)) == "90 s")
        #expect(QuantityText.text(Quantity<TimeSpan>(7200)) == "2 h")
        #expect(QuantityText.text(Quantity<ActiveEnergy>(36000)) == "10 Wh")
        #expect(QuantityText.text(Quantity<Frequency>(0)) == "0 Hz")
        #expect(QuantityText.text(Quantity<Temperature>(-5.25)) == "-5.25 °C")
        for milli in 1...2000 {
            let value = Quantity<Current>(Double(milli) / 1000)
            #expect(try QuantityText.quantity(QuantityText.text(value), Current.self) == value)
        }
    }
}
