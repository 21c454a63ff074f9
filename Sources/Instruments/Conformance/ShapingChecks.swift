internal import BenchCore

/// What a source of distorted and disturbed voltages must do.
enum ShapingChecks {
    private typealias Shape = (name: String, shape: LoadShape)

    static let all: [ConformanceCheck] = [
        ConformanceCheck(
            name: "takes-the-shapes-it-claims",
            sentence: "every shape inside its claimed limits is taken, edges included, and energises nothing",
            needs: .changes
        ) { stage in
            try await stage.with((any ShapingSource).self) { source, rig in
                let load = stage.facts.load
                let shapes = inside(source.capability)
                guard !shapes.isEmpty else { throw CheckEnd.notApplicable("it claims no shape but a sine") }
                for (name, shape) in shapes {
                    try await stage.succeed(name) { try await source.prepare(load, shape: shape) }
                    try await SourceChecks.demandDead(stage, rig, source, "«prepare» of \(name)")
                }
            }
        },
        ConformanceCheck(
            name: "refuses-other-shapes",
            sentence: "every shape outside its claimed limits is refused and energises nothing"
        ) { stage in
            try await stage.with((any ShapingSource).self) { source, rig in
                let load = stage.facts.load
                for (name, shape) in outside(source.capability) {
                    try await stage.demandFault(.refused, from: name) { try await source.prepare(load, shape: shape) }
                    try await SourceChecks.demandDead(stage, rig, source, "«prepare» of \(name)")
                }
            }
        },
        ConformanceCheck(
            name: "shape-is-left-behind",
            sentence: "a plain load after a shaped one is taken, and switching off reaches safe with a shape applied",
            needs: .changes
        ) { stage in
            try await stage.with((any ShapingSource).self) { source, rig in
                let load = stage.facts.load
                guard let (name, shape) = inside(source.capability).first else {
                    throw CheckEnd.notApplicable("it claims no shape but a sine")
                }
                try await stage.succeed(name) { try await source.prepare(load, shape: shape) }
                try await stage.succeed("apply with \(name)") { try await source.apply() }
                rig.hooks.pass?(stage.facts.settle)
                try await stage.succeed("voltage-off with \(name)") { try await source.perform(.voltageOff) }
                rig.hooks.pass?(1)
                try await SourceChecks.demandOff(.voltageOff, stage, rig, "with \(name)")
                try await stage.succeed("prepare without shape") { try await source.prepare(load) }
            }
        },
    ]

    private static func one(
        _ name: String, harmonics: [LoadShape.Harmonic] = [], interharmonics: [LoadShape.Interharmonic] = [],
        fluctuation: LoadShape.Fluctuation? = nil, event: LoadShape.Event? = nil, phase: Int = 1,
        _ quantity: LoadShape.Output.Quantity = .voltage
    ) -> Shape {
        (
            name,
            LoadShape(parts: [
                LoadShape.Part(
                    output: LoadShape.Output(phase: phase, quantity: quantity), harmonics: harmonics,
                    interharmonics: interharmonics, fluctuation: fluctuation, event: event)
            ])
        )
    }

    private static func inside(_ capability: SourceCapability) -> [Shape] {
        var list: [Shape] = []
        if let orders = capability.harmonics {
            for order in Set([max(2, orders.lowerBound), min(5, orders.upperBound), orders.upperBound]).sorted() {
                list.append(
                    one("harmonic \(order)", harmonics: [LoadShape.Harmonic(order: order, percent: 5, angle: 0)]))
            }
        }
        for frequency in edges(capability.interharmonics) {
            list.append(
                one(
                    "interharmonic of \(Decimal.shortest(frequency)) Hz",
                    interharmonics: [LoadShape.Interharmonic(frequency: frequency, percent: 2)]))
        }
        for frequency in edges(capability.fluctuation) {
            list.append(
                one(
                    "flicker of \(Decimal.shortest(frequency)) Hz",
                    fluctuation: LoadShape.Fluctuation(form: .rectangular, depth: 2, frequency: frequency)))
        }
        for duration in edges(capability.events) {
            list.append(
                one("dip of \(Decimal.shortest(duration)) s", event: LoadShape.Event(residual: 70, duration: duration)))
        }
        return list
    }

    private static func outside(_ capability: SourceCapability) -> [Shape] {
        var list: [Shape] = []
        let beyond = (capability.harmonics?.upperBound ?? 1) + 1
        list.append(one("harmonic \(beyond)", harmonics: [LoadShape.Harmonic(order: beyond, percent: 5, angle: 0)]))
        list.append(one("harmonic −1", harmonics: [LoadShape.Harmonic(order: -1, percent: 5, angle: 0)]))
        list.append(
            one("a harmonic of not a number", harmonics: [LoadShape.Harmonic(order: 3, percent: .nan, angle: 0)]))
        list.append(
            one("a negative harmonic", harmonics: [LoadShape.Harmonic(order: 3, percent: -5, angle: 0)]))
        for frequency in beyondEdges(capability.interharmonics) {
            list.append(
                one(
                    "interharmonic of \(frequency) Hz",
                    interharmonics: [LoadShape.Interharmonic(frequency: frequency, percent: 2)]))
        }
        for frequency in beyondEdges(capability.fluctuation) {
            list.append(
                one(
                    "flicker of \(frequency) Hz",
                    fluctuation: LoadShape.Fluctuation(form: .rectangular, depth: 2, frequency: frequency)))
        }
        for duration in beyondEdges(capability.events) {
            list.append(one("dip of \(duration) s", event: LoadShape.Event(residual: 70, duration: duration)))
        }
        list.append(one("a dip to −10 %", event: LoadShape.Event(residual: -10, duration: 0.1)))
        list.append(
            one("a harmonic on L4", harmonics: [LoadShape.Harmonic(order: 3, percent: 5, angle: 0)], phase: 4))
        if capability.current == nil {
            list.append(
                one(
                    "a harmonic of the current, which it has not",
                    harmonics: [LoadShape.Harmonic(order: 3, percent: 5, angle: 0)], .current))
        }
        return list
    }

    private static func edges(_ range: ClosedRange<Double>?) -> [Double] {
        range.map { [$0.lowerBound, $0.upperBound].filter { $0 > 0 } } ?? []
    }

    private static func beyondEdges(_ range: ClosedRange<Double>?) -> [Double] {
        guard let range else { return [100, .nan] }
        return [range.upperBound * 1.01, .nan, -1] + (range.lowerBound > 0 ? [range.lowerBound * 0.99] : [])
    }
}
