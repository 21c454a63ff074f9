/// What a bench file must mean as a whole: ids, roles, channels and the safe chain fit together.
struct BenchMeaning {
    private let file: Fields
    private let instruments: [Marked<InstrumentDescription>]
    private let positions: [Marked<PositionDescription>]
    private let steps: [Marked<SafeStep>]

    init(
        _ file: Fields, _ instruments: [Marked<InstrumentDescription>], _ positions: [Marked<PositionDescription>],
        _ steps: [Marked<SafeStep>]
    ) {
        self.file = file
        self.instruments = instruments
        self.positions = positions
        self.steps = steps
    }

    /// Adds every complaint to those of the file.
    func complain() {
        // An instrument that could not be read must not be reported as absent too.
        let whole = file.list("instruments", .optional)?.count == instruments.count
        roles(whole)
        twice(instruments, "id", "instrument", \.id)
        twice(positions, "position", "position", \.number)
        twice(positions, "channel", "channel", \.channel)
        channels()
        chain(whole)
    }

    private func twice<T, K: Hashable>(_ items: [Marked<T>], _ key: String, _ word: String, _ value: (T) -> K) {
        var seen: [K: Int] = [:]
        for item in items {
            let line = item.fields.mark(key).line
            if let first = seen[value(item.value)] {
                item.fields.complain(key, "\(word) «\(value(item.value))» already stands on line \(first)")
            } else {
                seen[value(item.value)] = line
            }
        }
    }

    private func roles(_ whole: Bool) {
        for role in InstrumentRole.allCases {
            let found = instruments.filter { $0.value.role == role }
            let needed = [.referenceSource, .referenceStandard, .pulseCounter].contains(role)
            if needed, found.isEmpty, whole, file.has("instruments") {
                file.complain("instruments", "no instrument has the role «\(role.rawValue)»; a bench needs exactly one")
            }
            for extra in found.dropFirst() {
                extra.fields.complain(
                    "role",
                    "«\(found[0].value.id)» on line \(found[0].fields.mark("role").line) already has the role "
                        + "«\(role.rawValue)»; a bench has \(needed ? "exactly" : "at most") one")
            }
        }
    }

    private func channels() {
        guard let counter = instruments.first(where: { $0.value.role == .pulseCounter })?.value,
            let channels = counter.counter?.channels
        else { return }
        var taken = Dictionary(
            positions.map { ($0.value.channel, $0.value.number) }, uniquingKeysWith: { one, _ in one })
        for position in positions {
            for (key, channel) in [
                ("channel", position.value.channel), ("reactive-channel", position.value.reactiveChannel ?? 0),
            ]
            where channel > channels {
                position.fields.complain(
                    key, "channel \(channel) is not on the counter «\(counter.id)»; its channels are 1 … \(channels)")
            }
            guard let channel = position.value.reactiveChannel else { continue }
            if let other = taken.updateValue(position.value.number, forKey: channel) {
                position.fields.complain("reactive-channel", "channel \(channel) is taken by position \(other) already")
            }
        }
    }

    private func chain(_ whole: Bool) {
        for step in steps {
            guard let instrument = instruments.first(where: { $0.value.id == step.value.instrument })?.value else {
                guard whole else { continue }
                let known = instruments.map(\.value.id)
                let hint = Spelling.nearest(step.value.instrument, known).map { "did you mean «\($0)»? " } ?? ""
                step.fields.complain(
                    "instrument",
                    "there is no instrument «\(step.value.instrument)»; \(hint)instruments are "
                        + known.joined(separator: ", "))
                continue
            }
            let actions = instrument.role.safeActions
            if !actions.contains(step.value.action) {
                let able =
                    actions.isEmpty
                    ? "takes no part in a safe chain" : "can " + actions.map(\.rawValue).joined(separator: ", ")
                step.fields.complain(
                    "action",
                    "«\(instrument.id)» cannot do «\(step.value.action.rawValue)»: a \(instrument.role.rawValue) \(able)"
                )
            }
        }
        let dead = steps.contains { $0.value.action == .voltageOff || $0.value.action == .open }
        if whole, !steps.isEmpty, !dead, file.list("safe", .optional)?.count == steps.count {
            file.complain(
                "safe",
                "the safe chain never takes the voltage away; add «voltage-off» of the source or «open» of a contactor")
        }
    }
}

extension InstrumentRole {
    /// What an instrument of the role can do in a safe chain.
    public var safeActions: [SafeAction] {
        switch self {
        case .referenceSource: return [.currentOff, .voltageOff]
        case .contactor: return [.open]
        case .referenceStandard, .pulseCounter, .environment, .errorCalculator, .clockCounter, .radioReceiver,
            .interlock,
            .lamp, .digitizer:
            return []
        }
    }
}

/// Checks of a bench that depend on the day.
public enum BenchCheck {
    /// Instruments whose calibration is not valid on a day, each as a complaint at its place; any blocks certification.
    ///
    /// - Parameter day: `YYYY-MM-DD`, the day of the run; the last day of validity still counts as valid.
    public static func expired(_ bench: Loaded<BenchDescription>, on day: String) -> [Diagnostic] {
        findings(bench.value, on: day).map {
            bench.diagnostic("instruments[\($0.index)].traceability.\($0.key)", $0.message)
        }
    }

    /// The same as sentences, where the file is not at hand.
    public static func expired(_ bench: BenchDescription, on day: String) -> [String] {
        findings(bench, on: day).map(\.message)
    }

    private static func findings(
        _ bench: BenchDescription, on day: String
    ) -> [(index: Int, key: String, message: String)] {
        bench.instruments.enumerated().compactMap { index, instrument in
            guard let trace = instrument.traceability else { return nil }
            let name =
                "\(instrument.role.rawValue) «\(instrument.id)» (\(instrument.manufacturer) \(instrument.model), serial "
                + "\(instrument.serial))"
            // Days as YYYY-MM-DD order as text.
            if trace.validUntil < day {
                return (
                    index, "valid-until",
                    "the calibration of \(name), certificate \(trace.certificate), was valid until \(trace.validUntil) and has "
                        + "expired on \(day): no certificate can be issued until it is recalibrated"
                )
            }
            if trace.calibrated > day {
                return (
                    index, "calibrated",
                    "the calibration of \(name), certificate \(trace.certificate), is dated \(trace.calibrated), after \(day): no "
                        + "certificate can be issued with it"
                )
            }
            return nil
        }
    }
}
