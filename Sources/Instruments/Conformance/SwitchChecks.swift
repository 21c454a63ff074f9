internal import BenchCore

/// What a contactor must do: what counts is the contact, not the command.
enum ContactorChecks {
    static let all: [ConformanceCheck] = [
        ConformanceCheck(
            name: "refuses-a-source's-work",
            sentence: "a contactor refuses to switch currents or voltages off, which is a source's"
        ) { stage in
            try await stage.with((any SupplySwitch).self) { contactor, _ in
                for action in [SafeAction.currentOff, .voltageOff] {
                    try await stage.demandFault(.refused, from: action.rawValue) { try await contactor.perform(action) }
                }
            }
        },
        ConformanceCheck(
            name: "opens-from-any-state",
            sentence: "opening is safe when fresh, closed, open, out of a time-out, and twice",
            needs: .changes
        ) { stage in
            for (name, reach) in states(stage) {
                try await stage.with((any SupplySwitch).self) { contactor, rig in
                    guard try await reach(contactor, rig) else { return }
                    for time in ["", " again"] {
                        try await stage.succeed("open\(time) when \(name)") { try await contactor.perform(.open) }
                        try stage.demand(
                            rig.hooks.closed?() != true, "open was confirmed when \(name); the contact is closed")
                    }
                }
            }
        },
        ConformanceCheck(
            name: "closes", sentence: "closing closes the contact", needs: [.changes, .hooks]
        ) { stage in
            try await stage.with((any SupplySwitch).self) { contactor, rig in
                let closed = try stage.hook(rig.hooks.closed, "say how its contact is")
                try stage.demand(!closed(), "the contact is closed from the start")
                try await stage.succeed("close") { try await contactor.close() }
                try stage.demand(closed(), "close was confirmed; the contact is open")
            }
        },
        ConformanceCheck(
            name: "stuck-contact-is-told",
            sentence: "a contact that stays closed is a fault «interlock», never a success",
            needs: [.changes, .hooks]
        ) { stage in
            try await stage.with((any SupplySwitch).self) { contactor, rig in
                let stick = try stage.hook(rig.hooks.stick, "get stuck")
                try await stage.succeed("close") { try await contactor.close() }
                stick()
                try await stage.demandFault(.interlock, from: "open when stuck") { try await contactor.perform(.open) }
            }
        },
        ConformanceCheck(
            name: "safe-comes-first", sentence: "opening does not wait for another exchange that hangs",
            needs: [.changes, .trouble]
        ) { stage in
            let patient = WireTimeouts(connect: 2, response: 12, late: 0.1, longest: 12)
            try await stage.with((any SupplySwitch).self, timeouts: patient) { contactor, rig in
                guard let proxy = rig.proxy else { return }
                try await stage.succeed("close") { try await contactor.close() }
                proxy.plan(.silence)
                async let hanging = stage.outcome("identify") { try await contactor.identify() }
                let begin = WireTime.now
                while proxy.exchanges < 1, WireTime.now < begin + 5 {
                    try await ContinuousClock().sleep(for: .milliseconds(2))
                }
                let done = await stage.outcome("open during another exchange", within: 8) {
                    try await contactor.perform(.open)
                }
                if case .failure(let error) = done { throw CheckEnd.failed("open while «identify» hangs: \(error)") }
                try stage.demand(rig.hooks.closed?() != true, "open was confirmed; the contact is closed")
                _ = await hanging
            }
        },
    ]

    private typealias Reach = @Sendable (any SupplySwitch, ConformanceRig) async throws -> Bool

    private static func states(_ stage: ConformanceStage) -> [(String, Reach)] {
        [
            ("fresh", { _, _ in true }),
            (
                "closed",
                { contactor, _ in
                    try await stage.succeed("close") { try await contactor.close() }
                    return true
                }
            ),
            (
                "out of a time-out",
                { contactor, rig in
                    guard let proxy = rig.proxy else { return false }
                    try await stage.succeed("close") { try await contactor.close() }
                    proxy.plan(always: .silence)
                    _ = await stage.outcome("identify") { try await contactor.identify() }
                    proxy.rest()
                    return true
                }
            ),
        ]
    }
}

/// What an interlock must do.
enum InterlockChecks {
    static let all: [ConformanceCheck] = [
        ConformanceCheck(name: "says-its-state", sentence: "a closed loop names no open contact") { stage in
            try await stage.with((any Interlock).self) { interlock, _ in
                let state = try await stage.succeed("state") { try await interlock.state() }
                try stage.demand(!state.closed || state.open.isEmpty, "closed, and open are \(state.open)")
            }
        },
        ConformanceCheck(
            name: "open-is-seen", sentence: "an opened loop is seen at once, and a closed one again",
            needs: [.changes, .hooks]
        ) { stage in
            try await stage.with((any Interlock).self) { interlock, rig in
                let set = try stage.hook(rig.hooks.setLoop, "open its loop")
                for closed in [true, false, true, false] {
                    set(closed)
                    let state = try await stage.succeed("state") { try await interlock.state() }
                    try stage.demand(
                        state.closed == closed, "the loop is \(closed ? "closed" : "open"), and the state is \(state)")
                }
            }
        },
        ConformanceCheck(
            name: "unknown-is-not-closed", sentence: "while the wire is in trouble the loop is never said to be closed",
            needs: [.trouble, .changes, .hooks]
        ) { stage in
            guard let language = stage.subject.language else { return }
            for trouble in [
                WireTrouble.silence, .half, .instead(language.noise), .closeBeforeAnswer, .rewritten(language.fewer),
            ] {
                try await stage.with((any Interlock).self) { interlock, rig in
                    guard let proxy = rig.proxy else { return }
                    let set = try stage.hook(rig.hooks.setLoop, "open its loop")
                    set(true)
                    _ = try await stage.succeed("state") { try await interlock.state() }
                    set(false)
                    proxy.plan(always: trouble)
                    let answer = await stage.outcome("state in trouble", within: stage.limit(4)) {
                        try await interlock.state()
                    }
                    if case .success(let state) = answer, state.closed {
                        throw CheckEnd.failed("the loop is open, the wire in trouble, and the state is \(state)")
                    }
                }
            }
        },
    ]
}

/// What a signal lamp must do.
enum LampChecks {
    static let all: [ConformanceCheck] = [
        ConformanceCheck(
            name: "shows-every-signal", sentence: "every signal is shown until the next", needs: [.changes, .hooks]
        ) { stage in
            try await stage.with((any SignalLamp).self) { lamp, rig in
                let shown = try stage.hook(rig.hooks.signal, "say what it shows")
                for signal in LampSignal.allCases + LampSignal.allCases.reversed() {
                    try await stage.succeed("show \(signal.rawValue)") { try await lamp.show(signal) }
                    try stage.demand(
                        shown() == signal,
                        "«\(signal.rawValue)» was confirmed, and the lamp shows \(shown()?.rawValue ?? "none")")
                }
            }
        }
    ]
}
