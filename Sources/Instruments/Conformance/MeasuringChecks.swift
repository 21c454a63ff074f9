internal import BenchCore

/// What an error calculator must do.
enum CalculatorChecks {
    static let all: [ConformanceCheck] = [
        ConformanceCheck(
            name: "refuses-what-cannot-be", sentence: "constants, pulses and inputs that cannot be are refused"
        ) { stage in
            try await stage.with((any ErrorCalculator).self) { calculator, _ in
                let good = stage.facts.calculation
                var list: [(String, ErrorCalculation)] = []
                for constant in [0, -1000, Double.nan, .infinity] {
                    var bad = good
                    bad.meterConstant = constant
                    list.append(("a constant of \(constant) imp/kWh", bad))
                }
                for pulses in [0, -1] {
                    var bad = good
                    bad.pulses = pulses
                    list.append(("\(pulses) pulses", bad))
                }
                for input in [0, -1, 1000] {
                    var bad = good
                    bad.input = input
                    list.append(("input \(input)", bad))
                }
                for (name, bad) in list {
                    try await stage.demandFault(.refused, from: name) { try await calculator.start(bad) }
                }
            }
        },
        ConformanceCheck(
            name: "no-error-before-the-first", sentence: "there is no error before the first measurement has finished",
            needs: .changes
        ) { stage in
            try await stage.with((any ErrorCalculator).self) { calculator, rig in
                let fresh = try await stage.succeed("state") { try await calculator.state() }
                try stage.demand(fresh.stage != .finished && fresh.error == nil, "fresh, and \(fresh)")
                rig.hooks.energise?(nil)
                let calculation = stage.facts.calculation
                try await stage.succeed("start") { try await calculator.start(calculation) }
                let started = try await stage.succeed("state") { try await calculator.state() }
                try stage.demand(
                    started.stage != .finished && started.error == nil, "no pulse has come, and \(started)")
            }
        },
        ConformanceCheck(
            name: "measures", sentence: "a measurement under load finishes with an error that is a number",
            needs: [.changes, .hooks]
        ) { stage in
            try await stage.with((any ErrorCalculator).self) { calculator, rig in
                let energise = try stage.hook(rig.hooks.energise, "be given a load")
                let pass = try stage.hook(rig.hooks.pass, "let time pass")
                let calculation = stage.facts.calculation
                energise(stage.facts.load)
                try await stage.succeed("start") { try await calculator.start(calculation) }
                for _ in 0..<100 {
                    pass(1)
                    let state = try await stage.succeed("state") { try await calculator.state() }
                    try stage.demand(state.progress.map { (0...1).contains($0) } ?? true, "a progress of \(state)")
                    guard state.stage == .finished else { continue }
                    guard let error = state.error, error.isFinite else {
                        throw CheckEnd.failed("finished, and no error: \(state)")
                    }
                    return
                }
                throw CheckEnd.failed("not finished after 100 s under load")
            }
        },
        ConformanceCheck(
            name: "abort-ends", sentence: "aborting ends a measurement, twice, and also where none runs",
            needs: .changes
        ) { stage in
            try await stage.with((any ErrorCalculator).self) { calculator, rig in
                try await stage.succeed("abort when fresh") { try await calculator.abort() }
                rig.hooks.energise?(stage.facts.load)
                let calculation = stage.facts.calculation
                try await stage.succeed("start") { try await calculator.start(calculation) }
                try await stage.succeed("abort") { try await calculator.abort() }
                try await stage.succeed("abort again") { try await calculator.abort() }
                let state = try await stage.succeed("state") { try await calculator.state() }
                try stage.demand([.aborted, .idle].contains(state.stage), "aborted, and \(state)")
                try stage.demand(state.error == nil, "aborted before the first result, and \(state)")
            }
        },
    ]
}

/// What a receiver must do.
enum RadioChecks {
    static let all: [ConformanceCheck] = [
        ConformanceCheck(
            name: "refuses-what-cannot-be",
            sentence: "frequencies outside its range, and sweeps of nothing, are refused"
        ) { stage in
            try await stage.with((any RFReceiver).self) { receiver, _ in
                guard let good = stage.facts.sweep else {
                    throw CheckEnd.notApplicable("no sweep is known that it could do")
                }
                let range = receiver.frequencies
                var list: [(String, ZeroSpan)] = []
                for center in [range.upperBound * 1.001, -1, Double.nan]
                    + (range.lowerBound > 0 ? [range.lowerBound * 0.999] : [])
                {
                    var bad = good
                    bad.center = center
                    list.append(("\(center) Hz", bad))
                }
                for duration in [0, -1, Double.nan] {
                    var bad = good
                    bad.duration = duration
                    list.append(("a sweep of \(duration) s", bad))
                }
                var bad = good
                bad.bandwidth = 0
                list.append(("no bandwidth", bad))
                for (name, bad) in list {
                    try await stage.demandFault(.refused, from: name) { try await receiver.sweep(bad) }
                }
            }
        },
        ConformanceCheck(
            name: "sweep-is-whole",
            sentence:
                "a sweep lasts as long as its points say, its powers are numbers, and its setting is the one in force",
            needs: .changes
        ) { stage in
            try await stage.with((any RFReceiver).self) { receiver, rig in
                guard let setting = stage.facts.sweep else {
                    throw CheckEnd.notApplicable("no sweep is known that it could do")
                }
                rig.hooks.feed?(true)
                let trace = try await stage.succeed("sweep") { try await receiver.sweep(setting) }
                try stage.demand(
                    trace.power.count > 1 && trace.power.allSatisfy(\.isFinite), "powers \(trace.power.prefix(5)) …")
                try stage.demand(
                    abs(trace.interval * Double(trace.power.count - 1) / trace.setting.duration - 1) < 0.01,
                    "\(trace.power.count) points, \(trace.interval) s apart, in \(trace.setting.duration) s")
                try stage.demand(trace.setting.center == setting.center, "tuned to \(trace.setting.center) Hz")
            }
        },
    ]
}
