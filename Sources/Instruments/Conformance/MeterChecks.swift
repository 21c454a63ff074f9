internal import BenchCore

/// What a meter's data interface must do.
enum MeterChecks {
    static let all: [ConformanceCheck] = [
        ConformanceCheck(
            name: "reads-all-registers",
            sentence: "every register of the type is read: a finite number in its unit, text, or plainly neither"
        ) { stage in
            try await stage.with((any MeterDriver).self) { meter, _ in
                for register in stage.facts.registers {
                    let value = try await stage.succeed("read \(register.name)") { try await meter.read(register) }
                    try stage.demand(
                        value.name == register.name && value.unit == register.unit, "\(register.name): \(value)")
                    try stage.demand(value.number?.isFinite ?? true, "\(register.name) is \(value)")
                    try stage.demand(
                        value.number == nil || value.text == nil, "\(register.name) is text and number: \(value)")
                }
            }
        },
        ConformanceCheck(
            name: "registers-stand-without-load",
            sentence: "energy registers do not move between two readings without load"
        ) { stage in
            try await stage.with((any MeterDriver).self) { meter, rig in
                rig.hooks.energise?(nil)
                for register in energies(stage) {
                    let first = try await stage.succeed("read \(register.name)") { try await meter.read(register) }
                    rig.hooks.pass?(100)
                    let second = try await stage.succeed("read \(register.name)") { try await meter.read(register) }
                    try stage.demand(first == second, "\(register.name): first \(first), then \(second)")
                }
            }
        },
        ConformanceCheck(
            name: "energy-has-its-register",
            sentence: "imported energy moves the import register only, exported energy the export register only",
            needs: [.changes, .hooks]
        ) { stage in
            try await stage.with((any MeterDriver).self) { meter, rig in
                let energise = try stage.hook(rig.hooks.energise, "be given a load")
                let pass = try stage.hook(rig.hooks.pass, "let time pass")
                let registers = energies(stage).filter {
                    [.activeEnergyImport, .activeEnergyExport].contains($0.role)
                }
                guard !registers.isEmpty else { throw CheckEnd.notApplicable("the type names no energy register") }
                for (lag, moving) in [(0.0, RegisterRole.activeEnergyImport), (180, .activeEnergyExport)] {
                    var load = stage.facts.load
                    for index in load.phases.indices { load.phases[index].currentLag = lag }
                    energise(load)
                    for register in registers {
                        let first = try await stage.succeed("read \(register.name)") { try await meter.read(register) }
                        pass(36_000)
                        let second = try await stage.succeed("read \(register.name)") { try await meter.read(register) }
                        guard let before = first.number, let after = second.number else { continue }
                        try stage.demand(
                            register.role == moving ? after > before : after == before,
                            "\(register.name) goes from \(before) to \(after) \(register.unit) in 10 h at a lag of \(lag)°"
                        )
                    }
                }
            }
        },
        ConformanceCheck(
            name: "not-available-is-no-number",
            sentence: "what the meter marks as not available never becomes a number",
            needs: [.trouble, .changes]
        ) { stage in
            guard let write = stage.subject.language?.registers else {
                throw CheckEnd.notApplicable("the language of this wire has no registers")
            }
            try await stage.with((any MeterDriver).self) { meter, rig in
                guard let proxy = rig.proxy else { return }
                var asked = 0
                for register in stage.facts.registers {
                    guard let words = notAvailable(register) else { continue }
                    asked += 1
                    proxy.plan(always: .rewritten { write($0, words) })
                    let value = try await stage.succeed("read \(register.name), not available") {
                        try await meter.read(register)
                    }
                    proxy.rest()
                    try stage.demand(
                        value.number == nil, "\(register.name) is marked as not available, and reads \(value)")
                }
                guard asked > 0 else { throw CheckEnd.notApplicable("no register of the type has such a mark") }
            }
        },
    ]

    private static func energies(_ stage: ConformanceStage) -> [RegisterDefinition] {
        stage.facts.registers.filter { [.activeEnergyImport, .activeEnergyExport].contains($0.role) }
    }

    /// The words that say «not available»; `nil` for a register without such a mark.
    private static func notAvailable(_ register: RegisterDefinition) -> [UInt16]? {
        guard case .modbus(_, _, let encoding, let order) = register.place else { return nil }
        let bits: UInt64
        switch encoding {
        case .float(32): bits = UInt64(Float.nan.bitPattern)
        case .float: bits = Double.nan.bitPattern
        case .unsigned, .signed:
            guard let mark = register.notAvailable else { return nil }
            bits = mark
        case .text: return nil
        }
        let words = (0..<encoding.words).reversed().map { UInt16(truncatingIfNeeded: bits >> UInt64($0 * 16)) }
        return order == .bigEndian ? words : words.reversed()
    }
}

/// What a thermometer and hygrometer must do.
enum SensorChecks {
    static let all: [ConformanceCheck] = [
        ConformanceCheck(
            name: "reads-air", sentence: "temperature and humidity are such as air can have, and the same at once again"
        ) { stage in
            try await stage.with((any EnvironmentSensor).self) { sensor, _ in
                let first = try await stage.succeed("read") { try await sensor.read() }
                try stage.demand((-60...100).contains(first.temperature), "\(first.temperature) °C")
                try stage.demand((0...100).contains(first.humidity), "\(first.humidity) % humidity")
                let second = try await stage.succeed("read again") { try await sensor.read() }
                try stage.demand(
                    abs(first.temperature - second.temperature) < 1 && abs(first.humidity - second.humidity) < 5,
                    "first \(first), then \(second)")
            }
        }
    ]
}
