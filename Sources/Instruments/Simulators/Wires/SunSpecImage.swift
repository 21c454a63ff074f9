internal import BenchCore

#if canImport(Glibc)
    import Glibc
#endif

/// A meter's SunSpec model chain: «SunS», common model 1, one meter model, end (SunSpec Device Information Model
/// Specification 1.1; layouts from the SunSpec model definitions `model_1`, `model_201` … `model_214`).
///
/// Float models 211–214 by default; integer models 201–204 with scale factors where the world says so.
enum SunSpecImage {
    /// Where the chain begins, protocol address.
    static let base = 40_000

    /// The words of the whole chain.
    static func chain(_ position: Int, _ type: MeterType, _ state: inout WorldState) -> [UInt16] {
        let integers = state.index[position].map { state.meters[$0].truth.integerModel } ?? false
        let kind: UInt16
        switch type.nameplate.wiring {
        case .onePhaseTwoWire: kind = 1
        case .threePhaseFourWire: kind = 3
        case .threePhaseThreeWire: kind = 4
        }
        func text(_ role: RegisterRole, _ words: Int) -> [UInt16] {
            let definition = RegisterDefinition(
                name: "", role: role, place: .sunspec(point: ""), scale: 1, unit: "", resolution: nil)
            return RegisterImage.text(state.register(position, definition)?.text ?? "", words: words)
        }
        var words: [UInt16] = [0x5375, 0x6E53, 1, 66]
        words += text(.manufacturer, 16) + text(.model, 16) + RegisterImage.text("simulated", words: 8)
        words += text(.firmware, 8) + text(.serialNumber, 16) + [1, 0x8000]
        let values = points(position, type, &state)
        let body = integers ? integerModel(values, type) : floatModel(values)
        words += [(integers ? 200 : 210) + kind, UInt16(body.count)] + body
        return words + [0xFFFF, 0]
    }

    /// Values by point, in the units of the SunSpec models (A, V, Hz, W, Wh, factor).
    private static func points(_ position: Int, _ type: MeterType, _ state: inout WorldState) -> [String: Double] {
        guard let shown = state.display(position) else { return [:] }
        var values: [String: Double] = [
            "A": shown.currents.reduce(0, +), "AphA": shown.currents[0], "AphB": shown.currents[1],
            "AphC": shown.currents[2], "PhV": shown.voltages.reduce(0, +) / 3, "PhVphA": shown.voltages[0],
            "PhVphB": shown.voltages[1], "PhVphC": shown.voltages[2], "Hz": shown.frequency, "W": shown.power,
            "PF": shown.powerFactor, "TotWhImp": shown.importEnergy * 1000, "TotWhExp": shown.exportEnergy * 1000,
        ]
        // What the type lists is answered with the steps that it states.
        for register in type.registers {
            guard case .sunspec(let point) = register.place, register.scale != 0,
                let number = state.register(position, register)?.number
            else { continue }
            values[point] = number / register.scale
        }
        return values
    }

    private static let floats = [
        "A", "AphA", "AphB", "AphC", "PhV", "PhVphA", "PhVphB", "PhVphC", "PPV", "PPVphAB", "PPVphBC", "PPVphCA", "Hz",
        "W", "WphA", "WphB", "WphC", "VA", "VAphA", "VAphB", "VAphC", "VAR", "VARphA", "VARphB", "VARphC", "PF",
        "PFphA", "PFphB", "PFphC", "TotWhExp", "TotWhExpPhA", "TotWhExpPhB", "TotWhExpPhC", "TotWhImp", "TotWhImpPhA",
        "TotWhImpPhB", "TotWhImpPhC",
    ]

    /// 61 floats and the event bits: 124 words.
    private static func floatModel(_ values: [String: Double]) -> [UInt16] {
        // Behind the active energies: apparent energy 8, reactive energy 16; none of them is measured.
        let numbers = floats.map { values[$0] ?? .nan } + [Double](repeating: .nan, count: 24)
        return numbers.flatMap { number -> [UInt16] in
            let bits = Float(number).bitPattern
            return [UInt16(bits >> 16), UInt16(bits & 0xFFFF)]
        } + [0, 0]
    }

    /// Integers in groups, each with its scale factor: 105 words.
    private static func integerModel(_ values: [String: Double], _ type: MeterType) -> [UInt16] {
        let plate = type.nameplate
        let step = type.registers.first { $0.place == .sunspec(point: "TotWhImp") }?.resolution ?? 1
        func sized(_ largest: Double) -> Int { Int(log10(largest / 32_000).rounded(.up)) }
        func sixteen(_ names: [String], _ factor: Int) -> [UInt16] {
            names.map { name in
                guard let value = values[name] else { return 0x8000 }
                let number = max(-32_767, min(32_767, (value / pow(10, Double(factor))).rounded()))
                return UInt16(bitPattern: Int16(number))
            } + [UInt16(bitPattern: Int16(factor))]
        }
        let missing: UInt16 = 0x8000
        func absent(_ count: Int) -> [UInt16] { [UInt16](repeating: missing, count: count) }
        let current = sized(3 * 1.3 * plate.maximumCurrent.value)
        let voltage = sized(1.3 * plate.nominalVoltage.value * 3.0.squareRoot())
        let power = sized(3 * 1.69 * plate.maximumCurrent.value * plate.nominalVoltage.value)
        var words = sixteen(["A", "AphA", "AphB", "AphC"], current)
        words += sixteen(
            ["PhV", "PhVphA", "PhVphB", "PhVphC", "PPV", "PPVphAB", "PPVphBC", "PPVphCA"], voltage)
        words += sixteen(["Hz"], -2) + sixteen(["W", "WphA", "WphB", "WphC"], power)
        words += absent(5) + absent(5)
        // The power factor of the integer models is in percent (`PF`, units Pct).
        words += [UInt16(bitPattern: Int16(((values["PF"] ?? 0) * 10_000).rounded()))] + absent(3)
        words += [UInt16(bitPattern: Int16(-2))]
        let energy = Int(log10(step).rounded(.down))
        for point in ["TotWhExp", "TotWhImp"] {
            // A hair above, because a cut value such as 0.3/0.1 lies just below its whole number.
            let count = ((values[point] ?? 0) / pow(10, Double(energy)) + 1e-6).rounded(.down)
            let bits = UInt32(max(0, min(4_294_967_295, count)))
            words += [UInt16(bits >> 16), UInt16(bits & 0xFFFF)] + [UInt16](repeating: 0, count: 6)
        }
        words += [UInt16(bitPattern: Int16(energy))]
        words += [UInt16](repeating: 0, count: 16) + [missing] + [UInt16](repeating: 0, count: 32) + [missing]
        return words + [0, 0]
    }
}
