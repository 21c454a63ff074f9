/// The plans of an order by meter type, and the one schedule they make together.
public struct OrderPlans: Sendable {
    /// Plans by identifier of the meter type.
    public var plans: [String: Plan]
    /// Load points in sequence, each with the question for every position.
    public var schedule: Schedule

    /// A nameplate value that all meters of an order share.
    private typealias Reference = (name: String, kind: DimensionKind, value: (Nameplate) -> Double)

    /// Plans an order: every type by itself, then merged by the ids of the test points.
    ///
    /// Meters in series carry the same current at the same voltage: types that differ in Un, In or Ib, Imax or fn cannot
    /// be tested together and are refused with the reason.
    /// - Parameter types: the meter types by their identifier.
    /// - Throws: `Diagnostics` about the order, or those of `Planner.plan` for each type.
    public static func make(
        order: Loaded<Order>, procedure: Procedure, limits: LimitTable, types: [String: MeterType],
        bench: BenchDescription, kinds: [any StepKind]
    ) throws -> OrderPlans {
        try refuse(order, types, bench)
        var plans: [String: Plan] = [:]
        var complaints: [Diagnostic] = []
        for name in Set(order.value.meters.map(\.type)).sorted() {
            guard let type = types[name] else { continue }
            do {
                plans[name] = try Planner.plan(
                    procedure: procedure, limits: limits, meterType: type, bench: bench, kinds: kinds)
            } catch let trouble as Diagnostics {
                complaints += trouble.all.filter { !complaints.contains($0) }
            }
        }
        guard complaints.isEmpty else { throw Diagnostics(all: complaints) }
        let schedule = merge(plans, order.value, procedure)
        // Each meter's plan numbers its points as the schedule does, so that paper and progress agree.
        let numbers = Dictionary(uniqueKeysWithValues: schedule.points.map { ($0.id, $0.number) })
        for name in plans.keys {
            plans[name]?.decisionRule = schedule.decisionRule
            for index in plans[name]?.points.indices ?? 0..<0 {
                guard let id = plans[name]?.points[index].id, let number = numbers[id] else { continue }
                plans[name]?.points[index].number = number
            }
        }
        return OrderPlans(plans: plans, schedule: schedule)
    }

    private static func refuse(_ order: Loaded<Order>, _ types: [String: MeterType], _ bench: BenchDescription) throws {
        var complaints = OrderFile.check(order, bench: bench, types: types.keys)
        let references: [Reference] = [
            ("Un", .voltage, { $0.nominalVoltage.value }), ("rated current", .current, { $0.nominalCurrent.value }),
            ("Imax", .current, { $0.maximumCurrent.value }), ("fn", .frequency, { $0.nominalFrequency.value }),
        ]
        let first = order.value.meters.lazy.compactMap { types[$0.type] }.first
        for (index, meter) in order.value.meters.enumerated() {
            func complain(_ key: String, _ message: String) {
                complaints.append(order.diagnostic("meters[\(index)].\(key)", message))
            }
            guard let type = types[meter.type] else { continue }
            guard let first, first.id != type.id else { continue }
            for reference in references {
                let (a, b) = (reference.value(first.nameplate), reference.value(type.nameplate))
                guard a != b else { continue }
                complain(
                    "type",
                    "meters in series carry the same current at the same voltage: «\(first.id)» has \(reference.name) "
                        + "\(QuantityText.text(a, reference.kind)), «\(type.id)» has \(QuantityText.text(b, reference.kind)); "
                        + "order them apart")
            }
            if first.nameplate.wiring != type.nameplate.wiring
                || first.nameplate.connection != type.nameplate.connection
            {
                complain(
                    "type",
                    "meters in series are wired alike: «\(first.id)» is \(first.nameplate.wiring.rawValue) \(first.nameplate.connection.rawValue), "
                        + "«\(type.id)» is \(type.nameplate.wiring.rawValue) \(type.nameplate.connection.rawValue); order them apart"
                )
            }
        }
        guard complaints.isEmpty else { throw Diagnostics(all: complaints) }
    }

    /// Points in the order of the procedure, with the question of every position that is asked.
    private static func merge(_ plans: [String: Plan], _ order: Order, _ procedure: Procedure) -> Schedule {
        var points: [ScheduledPoint] = []
        let byID = plans.mapValues { plan in
            Dictionary(plan.points.map { ($0.id, $0) }, uniquingKeysWith: { a, _ in a })
        }
        for id in procedure.pointIDs {
            let number = points.count + 1
            var asked: [Int: TestPoint] = [:]
            for meter in order.meters {
                guard var point = byID[meter.type]?[id] else { continue }
                point.number = number
                asked[meter.position] = point
            }
            guard let any = asked.min(by: { $0.key < $1.key })?.value else { continue }
            points.append(
                ScheduledPoint(
                    id: id, number: number, kind: any.kind, title: any.title, load: any.load, byPosition: asked))
        }
        // The types agree in fn, so their conditions are the same.
        let conditions =
            plans.values.first?.conditions ?? Conditions(temperature: nil, frequency: nil, voltageDistortion: nil)
        var schedule = Schedule(
            points: points, conditions: conditions, decisionRule: order.decisionRule ?? procedure.decisionRule,
            rampDown: procedure.rampDown)
        schedule.capture = plans.values.first?.capture
        schedule.observe = plans.values.first?.observe
        return schedule
    }
}
