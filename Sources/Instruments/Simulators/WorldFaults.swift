internal import BenchCore

/// Reads the planned faults of a world file.
enum WorldFaults {
    /// The words for kinds of fault.
    private enum Word: String, CaseIterable {
        case silent, exception, late
        case wrongUnit = "wrong-unit"
        case brokenFrame = "broken-frame"
        case halfFrame = "half-frame"
        case sourceFault = "source-fault"
        case memory
        case stuckClosed = "stuck-closed"
        case stuckOpen = "stuck-open"
        case temperatureStep = "temperature-step"
        case frequencyShift = "frequency-shift"
        case distortion
    }

    /// An instrument's id, or `position 3`.
    static func place(_ text: String, _ bench: BenchDescription) throws(ValueTrouble) -> FaultPlace {
        let words = text.split(separator: " ")
        if words.count == 2, words[0] == "position", let number = Int(words[1]) {
            guard bench.positions.contains(where: { $0.number == number }) else {
                throw ValueTrouble("bench \(bench.id) has no position \(number)")
            }
            return .position(number)
        }
        let ids = bench.instruments.map(\.id)
        if ids.contains(text) { return .instrument(text) }
        throw ValueTrouble(
            "«\(text)» is no place of bench \(bench.id); places are \(ids.joined(separator: ", ")) and «position 1» …")
    }

    /// One fault: `{ at: position 3, fault: silent, every: 5 }`.
    static func read(_ f: Fields, _ bench: BenchDescription) -> PlannedFault? {
        let place = f.value("at", .optional) { text throws(ValueTrouble) in try Self.place(text, bench) }
        let word: Word? = f.choice("fault")
        let after = f.number("after", in: "s", .time, .optional, .notNegative)
        let every = f.integer("every", .optional, in: 1...1_000_000) ?? 1
        guard let word else { return nil }
        guard let kind = kind(word, f) else { return nil }
        switch word {
        case .silent, .exception, .late, .wrongUnit, .brokenFrame, .halfFrame:
            guard let place else {
                if !f.has("at") { f.complain("fault", "«\(word.rawValue)» needs «at»: an instrument or a position") }
                return nil
            }
            return PlannedFault(place, kind, at: after, every: every)
        case .sourceFault, .memory, .stuckClosed, .stuckOpen, .temperatureStep, .frequencyShift, .distortion:
            if f.has("at") { f.complain("at", "«\(word.rawValue)» has its place by nature; leave «at» out") }
            return PlannedFault(.bench, kind, at: after)
        }
    }

    private static func kind(_ word: Word, _ f: Fields) -> PlannedFault.Kind? {
        switch word {
        case .silent: return .silent
        case .exception: return f.integer("code", in: 1...11).map { .exception($0) }
        case .late: return f.number("by", in: "s", .time, .required, .positive).map { .late($0) }
        case .wrongUnit: return f.integer("unit", in: 0...255).map { .wrongUnit($0) }
        case .brokenFrame: return .brokenFrame
        case .halfFrame: return .halfFrame
        case .sourceFault: return f.text("text").map { .sourceFault($0) }
        case .memory: return f.integer("edges", in: 8...65_536).map { .memory($0) }
        case .stuckClosed: return .stuckClosed
        case .stuckOpen: return .stuckOpen
        case .temperatureStep: return f.number("by", in: "K", .temperatureDifference).map { .temperatureStep($0) }
        case .frequencyShift: return f.number("by", in: "Hz", .frequency).map { .frequencyShift($0) }
        case .distortion: return f.percent("by").map { .distortion($0) }
        }
    }
}
