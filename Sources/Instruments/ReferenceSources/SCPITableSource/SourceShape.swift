import BenchCore

extension SourceTable {
    /// Why the source cannot put a shape on a load, as a sentence; `nil` when it can. `capability`: narrowed to the bench.
    func refusal(of asked: LoadShape, on load: LoadSetting, _ capability: SourceCapability) -> String? {
        guard !asked.parts.isEmpty else { return nil }
        guard let shape else { return "a shape is asked for, and the source gives sines only" }
        guard Set(asked.parts.map(\.output)).count == asked.parts.count else { return "an output has two shapes" }
        for part in asked.parts {
            let name = "\(part.output.quantity.rawValue) of L\(part.output.phase)"
            guard (1...capability.phases).contains(part.output.phase) else { return "there is no \(name)" }
            guard shape.outputs.contains(part.output.quantity) else { return "the \(name) cannot be shaped" }
            let phase = load.phases[part.output.phase - 1]
            let amplitude = part.output.quantity == .voltage ? phase.voltage : phase.current
            guard amplitude > 0 else { return "the \(name) is zero: nothing can stand on it" }
            if let reason = kinds(part, shape) ?? numbers(part, capability) { return "\(name): \(reason)" }
            let range = part.output.quantity == .voltage ? capability.voltage : capability.current ?? 0...0
            let highest = Self.highest(part, amplitude)
            guard highest <= range.upperBound else {
                return
                    "\(name): \(Decimal.shortest(highest)) with its shape is above \(Decimal.shortest(range.upperBound))"
            }
        }
        return nil
    }

    /// The largest effective value of an output with its shape.
    static func highest(_ part: LoadShape.Part, _ amplitude: Double) -> Double {
        let squares = part.harmonics.map(\.percent) + part.interharmonics.map(\.percent)
        let distorted = amplitude * (1 + squares.reduce(0) { $0 + $1 * $1 / 10_000 }).squareRoot()
        let modulated = distorted * (1 + (part.fluctuation?.depth ?? 0) / 200)
        return modulated * max(1, (part.event?.residual ?? 0) / 100)
    }

    /// Messages that bring a load with its shape into the source: the end of what was, the load, what stands on it.
    func lines(_ load: LoadSetting, _ asked: LoadShape, _ limits: SourceContext.Limits) -> [SourceLine] {
        var context = SourceContext(limits: limits, load: load)
        for part in asked.parts {
            let phase = load.phases[part.output.phase - 1]
            context.highest[part.output] = Self.highest(
                part, part.output.quantity == .voltage ? phase.voltage : phase.current)
        }
        guard let shape else { return lines(self.load, context) }
        var lines = cleared(shape, context) + lines(self.load, context)
        for part in asked.parts {
            var context = context
            context.phase = part.output.phase
            context.quantity = part.output.quantity
            for harmonic in part.harmonics {
                context.harmonic = harmonic
                lines += self.lines(shape.harmonic, context)
            }
            context.harmonic = nil
            if !part.harmonics.isEmpty { lines += self.lines(shape.harmonics, context) }
            for interharmonic in part.interharmonics {
                context.interharmonic = interharmonic
                lines += self.lines(shape.interharmonic, context)
            }
            context.interharmonic = nil
            if let fluctuation = part.fluctuation {
                context.fluctuation = fluctuation
                lines += self.lines(shape.fluctuation, context)
            }
            if let event = part.event {
                context.event = event
                lines += self.lines(shape.event, context)
            }
        }
        return lines
    }

    /// Rows of an output are sent for each output that can be shaped, others once, in the order of the file.
    private func cleared(_ shape: Shape, _ context: SourceContext) -> [SourceLine] {
        shape.clear.flatMap { row -> [SourceLine] in
            guard row.ofPhase || row.only != nil else { return lines([row], context) }
            return (1...capability.phases).flatMap { phase in
                LoadShape.Output.Quantity.allCases.filter(shape.outputs.contains).flatMap { quantity in
                    var context = context
                    context.phase = phase
                    context.quantity = quantity
                    return lines([row], context)
                }
            }
        }
    }

    private func kinds(_ part: LoadShape.Part, _ shape: Shape) -> String? {
        let asked: [(what: String, asked: Bool, rows: [Row])] = [
            ("harmonics", !part.harmonics.isEmpty, shape.harmonic),
            ("interharmonics", !part.interharmonics.isEmpty, shape.interharmonic),
            ("fluctuation", part.fluctuation != nil, shape.fluctuation),
            ("events", part.event != nil, shape.event),
        ]
        for kind in asked where kind.asked {
            guard kind.rows.contains(where: { $0.only == nil || $0.only == part.output.quantity }) else {
                return "the source has no commands for \(kind.what) of it"
            }
        }
        if !shape.combine, asked.filter(\.asked).count > 1 {
            return "the source gives one of harmonics, interharmonics, fluctuation and events at a time"
        }
        if let most = shape.mostInterharmonics, part.interharmonics.count > most {
            return "\(part.interharmonics.count) interharmonics are asked for, and the source has \(most)"
        }
        return nil
    }

    private func numbers(_ part: LoadShape.Part, _ capability: SourceCapability) -> String? {
        for harmonic in part.harmonics {
            guard capability.harmonics?.contains(harmonic.order) == true else {
                return "harmonic \(harmonic.order) is not one of the source's"
            }
            guard harmonic.percent.isFinite, harmonic.percent >= 0, harmonic.angle.isFinite else {
                return "harmonic \(harmonic.order) is none: its percent is zero or above"
            }
        }
        guard Set(part.harmonics.map(\.order)).count == part.harmonics.count else {
            return "a harmonic stands there twice"
        }
        for one in part.interharmonics {
            guard capability.interharmonics?.contains(one.frequency) == true, one.percent.isFinite, one.percent >= 0
            else {
                return "an interharmonic of \(Decimal.shortest(one.frequency)) Hz is not one of the source's"
            }
        }
        if let one = part.fluctuation {
            guard capability.fluctuation?.contains(one.frequency) == true, (0...100).contains(one.depth) else {
                return
                    "a fluctuation of \(Decimal.shortest(one.depth)) % at \(Decimal.shortest(one.frequency)) Hz is not one of the source's"
            }
        }
        if let one = part.event {
            guard let events = capability.events, events.contains(one.duration), one.ramp.isFinite, one.ramp >= 0,
                one.residual.isFinite, one.residual >= 0, one.startAngle.isFinite
            else { return "an event of \(Decimal.shortest(one.duration)) s is not one of the source's" }
            guard one.ramp == 0 || shape?.event.contains(where: { $0.ramp == true }) == true else {
                return "the source's events have no ramps"
            }
        }
        return nil
    }
}
