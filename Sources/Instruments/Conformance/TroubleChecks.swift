internal import BenchCore

/// Trouble on the wire, at every exchange of everything that can be asked: the same for all contracts.
enum TroubleChecks {
    /// What an exchange with trouble may end in.
    private enum Due {
        /// In the right answer.
        case right
        /// In the right answer, or in a fault that names the trouble.
        case rightOrFault
        /// In this fault.
        case fault([Fault.Code])
    }

    /// Faults that name trouble of a wire.
    private static let wire: Set<Fault.Code> = [
        .timeout, .connectionRefused, .connectionLost, .badAnswer, .lateAnswer, .brokenFrame, .wrongUnit,
        .modbusException, .wrongDevice,
    ]

    static let all: [ConformanceCheck] = [
        check(
            "silence", "an answer that never comes is a time-out, within the stated limit, and never a number",
            .fault([.timeout])
        ) { _ in [.silence] },
        check("one-answer-lost", "after one lost answer the next exchange is right", .rightOrFault, once: true) { _ in
            [.silence]
        },
        check(
            "late-answer", "an answer that comes after the time-out is never taken for the next one", .rightOrFault,
            once: true
        ) { stage in [.held, .delay(stage.timeouts.response * 1.3)] },
        check("slow-answer", "an answer that comes in pieces is put together", .right, once: true) { stage in
            [.pieces(min(0.05, stage.timeouts.response / 5))]
        },
        check("half-a-line", "half an answer is no answer", .rightOrFault, once: true) { _ in [.half] },
        check("half-a-line-then-gone", "half an answer before the line breaks is no answer", .rightOrFault, once: true)
        { _ in
            [.halfThenClose]
        },
        check(
            "line-breaks", "a line that breaks before or after the request is heard is a fault, and made anew",
            .rightOrFault, once: true
        ) { _ in [.closeAtRequest, .closeBeforeAnswer] },
        check("noise", "noise before or in place of an answer never becomes a value", .rightOrFault, once: true) {
            stage in
            guard let language = stage.subject.language else { return [] }
            return [.before(language.noise), .instead(language.noise)]
        },
        check(
            "unasked-words", "a message that nobody asked for, before or behind an answer, is never taken for one",
            .rightOrFault, once: true
        ) { stage in (stage.subject.language?.unasked ?? []).flatMap { [.before($0), .after($0)] } },
        check("answer-twice", "an answer that comes twice does not answer the next question", .rightOrFault, once: true)
        { _ in
            [.duplicated]
        },
        check(
            "wrong-count", "an answer with a value too few or too many is refused", .rightOrFault, once: true,
            values: true
        ) {
            stage in
            guard let language = stage.subject.language else { return [] }
            return [.rewritten(language.fewer), .rewritten(language.more)]
        },
        check("no-number", "a mark for «no number» never becomes a number", .rightOrFault, once: true, values: true) {
            stage in
            guard let language = stage.subject.language else { return [] }
            return [.rewritten(language.noNumber)]
        },
        check("flipped-bit", "an answer whose check sum is wrong is refused", .rightOrFault, once: true) { stage in
            guard stage.subject.language?.checked == true else {
                throw CheckEnd.notApplicable("the language of this wire has no check sum")
            }
            return [0.0, 0.3, 0.6, 0.999].map { place in
                .rewritten { bytes in
                    guard !bytes.isEmpty else { return nil }
                    var changed = bytes
                    changed[Int(Double(bytes.count) * place)] ^= 0x04
                    return changed
                }
            }
        },
        ConformanceCheck(
            name: "unasked-while-idle",
            sentence: "what an instrument says while nothing is asked is never taken for an answer",
            needs: [.trouble, .changes]
        ) { stage in
            try await idle(stage, .rightOrFault) { proxy, language in
                for words in language.unasked { proxy.say(words) }
            }
        },
        ConformanceCheck(
            name: "line-cut-while-idle",
            sentence: "a line that broke while nothing was asked is made anew or said to be lost, once",
            needs: [.trouble, .changes]
        ) { stage in try await idle(stage, .rightOrFault) { proxy, _ in proxy.cut() } },
        ConformanceCheck(
            name: "nobody-there", sentence: "an instrument that is not there is a fault", needs: [.trouble, .changes]
        ) { stage in
            for operation in ConformanceOperation.all(stage.subject) where operation.name == "identify" {
                try await stage.rig { rig in
                    rig.proxy?.vanish()
                    let answer = await stage.outcome("identify", within: stage.limit(2)) {
                        try await operation.run(rig)
                    }
                    try judge(
                        answer, operation, .fault([.connectionRefused, .timeout, .notFound]), nil, stage, "nobody there"
                    )
                }
            }
        },
    ]

    private static func check(
        _ name: String, _ sentence: String, _ due: Due, once: Bool = false, values: Bool = false,
        _ troubles: @escaping @Sendable (ConformanceStage) throws -> [WireTrouble]
    ) -> ConformanceCheck {
        ConformanceCheck(name: name, sentence: sentence, needs: [.trouble, .changes]) { stage in
            let list = try troubles(stage)
            // Names of `identify` are no values: makers leave some out.
            for operation in ConformanceOperation.all(stage.subject) where !values || operation.name != "identify" {
                var right = ConformanceAnswer()
                var first = 0
                var later = 0
                try await stage.rig { rig in
                    guard let proxy = rig.proxy else { throw CheckEnd.notApplicable("there is no proxy on the wire") }
                    // The first time a driver may set the instrument up, which takes exchanges of its own.
                    first = try await clean(operation, rig, proxy, stage).count
                    (right, later) = try await clean(operation, rig, proxy, stage)
                    // A driver that answers from memory has no exchange to disturb.
                    for trouble in list where later > 0 {
                        for n in 1...later {
                            let exchange = Exchange(operation: operation, number: n, of: later, right: right)
                            try await disturb(exchange, trouble, once, due, rig, proxy, stage)
                        }
                    }
                }
                guard first > later else { continue }
                for trouble in list {
                    for n in 1...first {
                        try await stage.rig { rig in
                            guard let proxy = rig.proxy else { return }
                            let exchange = Exchange(
                                operation: operation, number: n, of: first, right: right, words: "first ")
                            try await disturb(exchange, trouble, once, due, rig, proxy, stage)
                        }
                    }
                }
            }
            guard stage.troubles.value > 0 else {
                throw CheckEnd.notApplicable("no answer of this instrument can be disturbed so")
            }
        }
    }

    /// One exchange of an operation, and what the operation answers.
    private struct Exchange {
        var operation: ConformanceOperation, number: Int, of: Int, right: ConformanceAnswer, words = ""
        /// Whether the operation's work was confirmed before, and the rest is courtesy.
        func isCourtesy(_ facts: ConformanceFacts) -> Bool {
            number > of - (facts.courtesies[operation.name]?.exchanges ?? 0)
        }
    }

    /// Makes trouble at one exchange of an operation, judges what comes of it, and the exchange after it.
    private static func disturb(
        _ exchange: Exchange, _ trouble: WireTrouble, _ once: Bool, _ due: Due, _ rig: ConformanceRig,
        _ proxy: TroubleProxy, _ stage: ConformanceStage
    ) async throws {
        let operation = exchange.operation
        let place =
            "\(exchange.words)\(operation.name), exchange \(exchange.number) of \(exchange.of), \(words(trouble))"
        try await stage.ready(operation, rig, place)
        let before = proxy.injected
        if once { proxy.plan(trouble, at: exchange.number) } else { proxy.plan(always: trouble, from: exchange.number) }
        let answer = await stage.outcome(place, within: stage.limit(exchange.of)) { try await operation.run(rig) }
        proxy.rest()
        var due = due
        if case .fault = due, exchange.isCourtesy(stage.facts) { due = .rightOrFault }
        // Where nothing was disturbed (an answer that cannot be changed so), nothing but the right answer will do.
        if proxy.injected == before { due = .right }
        try judge(answer, operation, due, exchange.right, stage, place)
        let returned = if case .success = answer { true } else { false }
        try await operation.after(stage, rig, returned)
        try await recover(operation, rig, exchange.right, stage, place)
    }

    /// Something happens between two exchanges.
    private static func idle(
        _ stage: ConformanceStage, _ due: Due, _ disturb: (TroubleProxy, TroubleLanguage) -> Void
    ) async throws {
        guard let language = stage.subject.language else { return }
        for operation in ConformanceOperation.all(stage.subject) {
            try await stage.rig { rig in
                guard let proxy = rig.proxy else { throw CheckEnd.notApplicable("there is no proxy on the wire") }
                let (right, count) = try await clean(operation, rig, proxy, stage)
                guard count > 0 else { return }
                try await stage.ready(operation, rig, operation.name)
                disturb(proxy, language)
                let answer = await stage.outcome(operation.name, within: stage.limit(count)) {
                    try await operation.run(rig)
                }
                try judge(answer, operation, due, right, stage, "\(operation.name), disturbed while idle")
                let returned = if case .success = answer { true } else { false }
                try await operation.after(stage, rig, returned)
                try await recover(operation, rig, right, stage, "\(operation.name), disturbed while idle")
            }
        }
    }

    /// The right answer, and how many exchanges it takes.
    private static func clean(
        _ operation: ConformanceOperation, _ rig: ConformanceRig, _ proxy: TroubleProxy, _ stage: ConformanceStage
    ) async throws -> (right: ConformanceAnswer, count: Int) {
        try await stage.ready(operation, rig, operation.name)
        proxy.rest()
        let right = try await stage.succeed("\(operation.name), undisturbed") { try await operation.run(rig) }
        let count = proxy.exchanges
        try await operation.after(stage, rig, true)
        return (right, count)
    }

    private static func judge(
        _ answer: Result<ConformanceAnswer, any Error>, _ operation: ConformanceOperation, _ due: Due,
        _ right: ConformanceAnswer?, _ stage: ConformanceStage, _ place: String
    ) throws {
        switch answer {
        case .success(let value):
            if case .fault(let codes) = due {
                throw CheckEnd.failed(
                    "\(place): «\(value)» where a fault \(codes.map(\.rawValue).joined(separator: " or ")) was due")
            }
            guard let right, value.agrees(with: right, tolerance: stage.facts.tolerance) else {
                throw CheckEnd.failed("\(place): «\(value)», and right was «\(right?.description ?? "")»")
            }
        case .failure(let error):
            guard let fault = error as? Fault else {
                throw CheckEnd.failed("\(place): «\(error)» is no fault with a name")
            }
            let allowed: Bool
            switch due {
            case .right: allowed = false
            case .rightOrFault:
                allowed =
                    wire.union(stage.facts.alsoFaults).contains(fault.code)
                    || (operation.safe && fault.code != .internalError)
            case .fault(let codes): allowed = codes.contains(fault.code)
            }
            guard allowed else { throw CheckEnd.failed("\(place): unexpected fault «\(fault)»") }
        }
    }

    /// The next exchange is right; an answer found to be late may spoil one more.
    private static func recover(
        _ operation: ConformanceOperation, _ rig: ConformanceRig, _ right: ConformanceAnswer, _ stage: ConformanceStage,
        _ place: String
    ) async throws {
        var left = 1
        while true {
            let answer = await stage.outcome("recovery after \(place)") {
                try await operation.before(rig)
                return try await operation.run(rig)
            }
            if case .failure(let error) = answer, (error as? Fault)?.code == .lateAnswer, left > 0 {
                left -= 1
                continue
            }
            try judge(answer, operation, .right, right, stage, "the exchange after \(place)")
            return try await operation.after(stage, rig, true)
        }
    }

    private static func words(_ trouble: WireTrouble) -> String {
        switch trouble {
        case .silence: return "no answer"
        case .delay(let seconds): return "answer \(Decimal.fixed(seconds, 2)) s late"
        case .held: return "answer kept until the next request"
        case .pieces: return "answer in two pieces"
        case .half: return "half an answer"
        case .halfThenClose: return "half an answer, then the line broke"
        case .closeBeforeAnswer: return "line broke before the answer"
        case .closeAtRequest: return "line broke at the request"
        case .before(let bytes): return "«\(WireBytes.shown(bytes))» before the answer"
        case .instead(let bytes): return "«\(WireBytes.shown(bytes))» in place of the answer"
        case .after(let bytes): return "«\(WireBytes.shown(bytes))» behind the answer"
        case .duplicated: return "answer twice"
        case .rewritten: return "answer changed"
        }
    }
}

extension ConformanceStage {
    /// Does what must have happened before an operation.
    func ready(_ operation: ConformanceOperation, _ rig: ConformanceRig, _ place: String) async throws {
        try await succeed("before \(place)") { try await operation.before(rig) }
    }
}
