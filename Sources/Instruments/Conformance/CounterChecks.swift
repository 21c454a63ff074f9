internal import BenchCore

/// What a pulse counter must do: a lost edge is a wrong error on a certificate.
enum CounterChecks {
    static let all: [ConformanceCheck] = [
        ConformanceCheck(
            name: "refuses-other-channels", sentence: "channels that it does not have are refused"
        ) { stage in
            try await stage.with((any PulseCounter).self) { counter, _ in
                for channel in [0, -1, stage.facts.channels.upperBound + 1, 1_000_000] {
                    try await stage.demandFault(.refused, from: "arm channel \(channel)") {
                        try await counter.arm(channels: [channel])
                    }
                }
            }
        },
        ConformanceCheck(
            name: "edges-in-order",
            sentence: "edges are numbered without a gap, their clock and reference count never run backwards",
            needs: [.changes, .hooks]
        ) { stage in
            try await stage.with((any PulseCounter).self) { counter, rig in
                let energise = try stage.hook(rig.hooks.energise, "be given a load")
                let pass = try stage.hook(rig.hooks.pass, "let time pass")
                let channel = stage.facts.channels.lowerBound
                energise(stage.facts.load)
                try await stage.succeed("arm") { try await counter.arm(channels: [channel]) }
                var all: [PulseEdge] = []
                for _ in 0..<5 {
                    pass(2)
                    let from = all.count
                    let block = try await stage.succeed("edges") {
                        try await counter.edges(channel: channel, from: from)
                    }
                    try stage.demand(!block.overrun, "edges were lost")
                    all += block.edges
                    try stage.demand(block.next == all.count, "next is \(block.next) after \(all.count) edges")
                    try stage.demand(
                        block.edges.allSatisfy { $0.tick <= block.now }, "an edge later than the counter's own clock")
                }
                try stage.demand(all.count > 3, "\(all.count) edges in 10 s under load")
                for (a, b) in zip(all, all.dropFirst()) {
                    try stage.demand(a.tick < b.tick && a.referenceCount <= b.referenceCount, "\(b) after \(a)")
                }
                let seen = all
                let again = try await stage.succeed("edges again") {
                    try await counter.edges(channel: channel, from: 0)
                }
                try stage.demand(
                    again.edges.elementsEqual(seen.prefix(again.edges.count)), "asked again, other edges come")
            }
        },
        ConformanceCheck(
            name: "arming-forgets", sentence: "arming again forgets all edges", needs: [.changes, .hooks]
        ) { stage in
            try await stage.with((any PulseCounter).self) { counter, rig in
                let channel = stage.facts.channels.lowerBound
                rig.hooks.energise?(stage.facts.load)
                try await stage.succeed("arm") { try await counter.arm(channels: [channel]) }
                try stage.hook(rig.hooks.pass, "let time pass")(10)
                try await stage.succeed("arm again") { try await counter.arm(channels: [channel]) }
                let block = try await stage.succeed("edges") { try await counter.edges(channel: channel, from: 0) }
                try stage.demand(block.edges.isEmpty && block.next == 0, "\(block.edges.count) old edges are there")
            }
        },
        ConformanceCheck(
            name: "no-edges-without-load", sentence: "without a load no edge comes", needs: [.changes, .hooks]
        ) { stage in
            try await stage.with((any PulseCounter).self) { counter, rig in
                let channel = stage.facts.channels.lowerBound
                try stage.hook(rig.hooks.energise, "be given a load")(nil)
                try await stage.succeed("arm") { try await counter.arm(channels: [channel]) }
                rig.hooks.pass?(100)
                let block = try await stage.succeed("edges") { try await counter.edges(channel: channel, from: 0) }
                try stage.demand(block.edges.isEmpty, "\(block.edges.count) edges without load")
            }
        },
        ConformanceCheck(
            name: "disarm-stops", sentence: "after disarming no new edge comes", needs: [.changes, .hooks]
        ) { stage in
            try await stage.with((any PulseCounter).self) { counter, rig in
                let pass = try stage.hook(rig.hooks.pass, "let time pass")
                let channel = stage.facts.channels.lowerBound
                rig.hooks.energise?(stage.facts.load)
                try await stage.succeed("arm") { try await counter.arm(channels: [channel]) }
                pass(5)
                try await stage.succeed("disarm") { try await counter.disarm() }
                let before = await stage.outcome("edges") { try await counter.edges(channel: channel, from: 0) }
                pass(5)
                let after = await stage.outcome("edges") { try await counter.edges(channel: channel, from: 0) }
                // A counter may as well refuse to be asked now.
                guard case .success(let first) = before, case .success(let second) = after else { return }
                try stage.demand(
                    first.edges == second.edges, "\(second.edges.count - first.edges.count) edges came later")
            }
        },
        ConformanceCheck(
            name: "restart-is-noticed", sentence: "counting that was started again behind the driver's back is noticed",
            needs: [.changes, .hooks]
        ) { stage in
            try await stage.with((any PulseCounter).self) { counter, rig in
                let restart = try stage.hook(rig.hooks.restart, "start counting again")
                let pass = try stage.hook(rig.hooks.pass, "let time pass")
                let channel = stage.facts.channels.lowerBound
                rig.hooks.energise?(stage.facts.load)
                try await stage.succeed("arm") { try await counter.arm(channels: [channel]) }
                pass(10)
                let block = try await stage.succeed("edges") { try await counter.edges(channel: channel, from: 0) }
                try stage.demand(block.next > 3, "\(block.next) edges in 10 s under load")
                restart()
                pass(1)
                let later = await stage.outcome("edges") { try await counter.edges(channel: channel, from: block.next) }
                if case .success(let more) = later, !more.overrun {
                    throw CheckEnd.failed("restarted, and \(more) is given as if nothing had happened")
                }
            }
        },
    ]
}

/// What a frequency counter at a meter's clock output must do.
enum ClockChecks {
    static let all: [ConformanceCheck] = [
        ConformanceCheck(
            name: "refuses-what-cannot-be", sentence: "a gate of nothing and channels that it does not have are refused"
        ) { stage in
            try await stage.with((any ClockCounter).self) { counter, _ in
                let channel = stage.facts.channels.lowerBound
                let gate = stage.facts.gate
                for bad in [0, -1, Double.nan, .infinity] {
                    try await stage.demandFault(.refused, from: "a gate of \(bad) s") {
                        try await counter.frequency(channel: channel, gate: bad)
                    }
                }
                for bad in [0, -1, stage.facts.channels.upperBound + 1] {
                    try await stage.demandFault(.refused, from: "channel \(bad)") {
                        try await counter.frequency(channel: bad, gate: gate)
                    }
                }
            }
        },
        ConformanceCheck(
            name: "counts", sentence: "a signal gives a positive frequency and the gate that it was counted over",
            needs: [.changes, .hooks]
        ) { stage in
            try await stage.with((any ClockCounter).self) { counter, rig in
                try stage.hook(rig.hooks.feed, "be given a signal")(true)
                let channel = stage.facts.channels.lowerBound
                let gate = stage.facts.gate
                let reading = try await stage.succeed("frequency") {
                    try await counter.frequency(channel: channel, gate: gate)
                }
                try stage.demand(reading.frequency > 0 && reading.frequency.isFinite, "\(reading.frequency) Hz")
                try stage.demand(
                    abs(reading.gate / gate - 1) < 0.1, "a gate of \(reading.gate) s where \(gate) s was asked")
            }
        },
        ConformanceCheck(
            name: "no-signal-is-no-number", sentence: "without a signal there is a fault «noPulses» and no number",
            needs: [.changes, .hooks]
        ) { stage in
            try await stage.with((any ClockCounter).self) { counter, rig in
                try stage.hook(rig.hooks.feed, "be left without a signal")(false)
                let channel = stage.facts.channels.lowerBound
                let gate = stage.facts.gate
                try await stage.demandFault(.noPulses, from: "frequency without a signal") {
                    try await counter.frequency(channel: channel, gate: gate)
                }
            }
        },
    ]
}
