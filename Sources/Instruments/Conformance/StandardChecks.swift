internal import BenchCore

/// What a reference standard must do: its figures stand on certificates.
enum StandardChecks {
    static let all: [ConformanceCheck] = [
        ConformanceCheck(
            name: "reads-three-phases", sentence: "a reading has three voltages, currents and powers, all finite"
        ) { stage in
            try await stage.with((any ReferenceStandard).self) { standard, _ in
                let r = try await stage.succeed("read") { try await standard.read() }
                try stage.demand(
                    r.voltages.count == 3 && r.currents.count == 3 && r.powers.count == 3
                        && [0, 3].contains(r.voltageDistortion.count), "not three of each: \(r)")
                let numbers = r.voltages + r.currents + r.powers + r.voltageDistortion + [r.frequency]
                try stage.demand(numbers.allSatisfy(\.isFinite), "not finite: \(r)")
                try stage.demand(
                    (r.voltages + r.currents).allSatisfy { $0 >= 0 }, "an effective value below zero: \(r)")
            }
        },
        ConformanceCheck(
            name: "reads-what-is-applied",
            sentence: "what is applied is read within 1 %, and a new load is read at once",
            needs: [.changes, .hooks]
        ) { stage in
            try await stage.with((any ReferenceStandard).self) { standard, rig in
                let energise = try stage.hook(rig.hooks.energise, "be given a load")
                for load in [stage.facts.load, scaled(stage.facts.load, 0.5), stage.facts.load] {
                    energise(load)
                    _ = try await ranged(standard, load, stage)
                    let r = try await stage.succeed("read") { try await standard.read() }
                    for (index, phase) in load.phases.enumerated() {
                        try near(r.voltages[index], phase.voltage, "U\(index + 1)", stage)
                        try near(r.currents[index], phase.current, "I\(index + 1)", stage)
                    }
                    try near(r.totalPower, load.activePower, "power", stage)
                    try near(r.frequency, load.frequency, "frequency", stage)
                }
            }
        },
        ConformanceCheck(
            name: "constant-is-positive",
            sentence:
                "for every load that it takes the constant of its pulses is a positive number, or it says that it has none",
            needs: .changes
        ) { stage in
            try await stage.with((any ReferenceStandard).self) { standard, _ in
                for load in [stage.facts.load, scaled(stage.facts.load, 0.5), stage.facts.load.withoutCurrent] {
                    guard let constant = try await ranged(standard, load, stage) else { continue }
                    try stage.demand(constant > 0 && constant.isFinite, "a constant of \(constant) imp/kWh")
                }
            }
        },
        ConformanceCheck(
            name: "refuses-what-it-cannot-range", sentence: "a load beyond all ranges, or no load at all, is refused"
        ) { stage in
            try await stage.with((any ReferenceStandard).self) { standard, _ in
                var loads: [(String, LoadSetting)] = []
                var bad = stage.facts.load
                bad.phases[0].voltage = .nan
                loads.append(("not a number of volts", bad))
                bad = stage.facts.load
                bad.phases[1].current = .infinity
                loads.append(("infinitely many amperes", bad))
                bad = stage.facts.load
                bad.phases[1].current = .nan
                loads.append(("not a number of amperes on L2", bad))
                if let capability = stage.facts.capability {
                    loads.append(
                        ("ten times the highest voltage", scaled(voltage: capability.voltage.upperBound * 10, stage)))
                    if let current = capability.current {
                        loads.append(("ten times the highest current", scaled(current: current.upperBound * 10, stage)))
                    }
                }
                for (name, load) in loads {
                    try await stage.demandFault(.refused, from: "range for \(name)") {
                        try await standard.range(for: load)
                    }
                    // That it has no pulse output is no refusal of the load.
                    if case .failure(let fault as Fault) = await stage.outcome(
                        "range", { try await standard.range(for: load) })
                    {
                        try stage.demand(!isRanged(fault), "range for \(name): «\(fault)»")
                    }
                }
            }
        },
        ConformanceCheck(
            name: "energy-has-its-sign",
            sentence: "energy grows with time, positive for import and negative for export",
            needs: [.changes, .hooks]
        ) { stage in
            try await stage.with((any ReferenceStandard).self) { standard, rig in
                try integrates(stage)
                let energise = try stage.hook(rig.hooks.energise, "be given a load")
                let pass = try stage.hook(rig.hooks.pass, "let time pass")
                for lag in [0.0, 180] {
                    var load = stage.facts.load
                    for index in load.phases.indices { load.phases[index].currentLag = lag }
                    let applied = load
                    energise(applied)
                    _ = try await ranged(standard, applied, stage)
                    try await stage.succeed("start-energy") { try await standard.startEnergy() }
                    pass(10)
                    let first = try await stage.succeed("energy") { try await standard.energy() }
                    pass(10)
                    let last = try await stage.succeed("stop-energy") { try await standard.stopEnergy() }
                    try near(first, applied.activePower * 10, "energy after 10 s", stage)
                    try near(last, applied.activePower * 20, "energy after 20 s", stage)
                }
            }
        },
        ConformanceCheck(
            name: "no-energy-without-load", sentence: "without a load no energy is counted", needs: [.changes, .hooks]
        ) { stage in
            try await stage.with((any ReferenceStandard).self) { standard, rig in
                try integrates(stage)
                let energise = try stage.hook(rig.hooks.energise, "be given a load")
                let pass = try stage.hook(rig.hooks.pass, "let time pass")
                energise(nil)
                try await stage.succeed("start-energy") { try await standard.startEnergy() }
                pass(100)
                let energy = try await stage.succeed("stop-energy") { try await standard.stopEnergy() }
                try stage.demand(abs(energy) < 1, "\(energy) W·s in 100 s without load")
            }
        },
        ConformanceCheck(
            name: "energy-needs-a-start",
            sentence: "the energy of an integrator that was not started is a fault, not a number",
            needs: .changes
        ) { stage in
            try await stage.with((any ReferenceStandard).self) { standard, _ in
                try await stage.demandFault(.badAnswer, .refused, .internalError, from: "energy before the first start")
                {
                    try await standard.energy()
                }
                // One without an integrator says so when it is to be started, and gives no number at the end.
                guard !stage.facts.measuresEnergy else { return }
                try await stage.demandFault(.refused, from: "start-energy") { try await standard.startEnergy() }
                try await stage.demandFault(.refused, from: "energy") { try await standard.energy() }
                try await stage.demandFault(.refused, from: "stop-energy") { try await standard.stopEnergy() }
            }
        },
        ConformanceCheck(
            name: "restart-is-noticed",
            sentence: "an integrator that was switched off and on behind the driver's back is noticed",
            needs: [.changes, .hooks]
        ) { stage in
            try await stage.with((any ReferenceStandard).self) { standard, rig in
                try integrates(stage)
                let restart = try stage.hook(rig.hooks.restart, "restart its integrator")
                let load = stage.facts.load
                rig.hooks.energise?(load)
                _ = try await ranged(standard, load, stage)
                try await stage.succeed("start-energy") { try await standard.startEnergy() }
                rig.hooks.pass?(10)
                restart()
                rig.hooks.pass?(1)
                if case .success(let energy) = await stage.outcome("energy", { try await standard.energy() }) {
                    throw CheckEnd.failed("restarted, and \(energy) W·s are given as if nothing had happened")
                }
            }
        },
    ]

    /// Sets the ranges for a load; the constant, or `nil` where the standard has set them and says that it has none.
    static func ranged(
        _ standard: any ReferenceStandard, _ load: LoadSetting, _ stage: ConformanceStage
    ) async throws -> Double? {
        let what = "range for \(load.phases[0].current) A"
        guard !stage.facts.namesConstant else {
            return try await stage.succeed(what) { try await standard.range(for: load) }
        }
        switch await stage.outcome(what, { try await standard.range(for: load) }) {
        case .success(let constant): throw CheckEnd.failed("\(what): a constant of \(constant) without a pulse output")
        case .failure(let error):
            guard let fault = error as? Fault, isRanged(fault) else { throw CheckEnd.failed("\(what): \(error)") }
            return nil
        }
    }

    /// Whether a refusal means: the load is taken, only a constant cannot be named.
    static func isRanged(_ fault: Fault) -> Bool {
        fault.code == .refused && fault.detail.hasPrefix("its ranges are set, but it has no pulse output")
    }

    /// Ends the check of a standard that measures no energy; that it says so is what `energy-needs-a-start` demands.
    private static func integrates(_ stage: ConformanceStage) throws {
        guard stage.facts.measuresEnergy else { throw CheckEnd.notApplicable("it does not measure energy") }
    }

    private static func near(_ value: Double, _ wanted: Double, _ what: String, _ stage: ConformanceStage) throws {
        try stage.demand(
            abs(value - wanted) <= 0.01 * abs(wanted) + 1e-9,
            "\(what) \(Decimal.shortest(value)) where \(Decimal.shortest(wanted)) is applied")
    }

    private static func scaled(_ load: LoadSetting, _ factor: Double) -> LoadSetting {
        var copy = load
        for index in copy.phases.indices { copy.phases[index].current *= factor }
        return copy
    }

    private static func scaled(
        voltage: Double? = nil, current: Double? = nil, _ stage: ConformanceStage
    ) -> LoadSetting {
        var copy = stage.facts.load
        for index in copy.phases.indices {
            if let voltage { copy.phases[index].voltage = voltage }
            if let current { copy.phases[index].current = current }
        }
        return copy
    }
}
