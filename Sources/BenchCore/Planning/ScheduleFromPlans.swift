extension Schedule {
    /// The schedule of an order from the plans that its run froze: what a resumed run goes on with.
    ///
    /// The plans of one order number their points alike, so the numbers alone give the sequence.
    public init(order: Order, plans: [String: Plan]) {
        var asked: [Int: [Int: TestPoint]] = [:]
        for meter in order.meters {
            for point in plans[meter.type]?.points ?? [] { asked[point.number, default: [:]][meter.position] = point }
        }
        let points = asked.sorted { $0.key < $1.key }.compactMap { number, byPosition -> ScheduledPoint? in
            guard let any = byPosition.min(by: { $0.key < $1.key })?.value else { return nil }
            return ScheduledPoint(
                id: any.id, number: number, kind: any.kind, title: any.title, load: any.load, byPosition: byPosition)
        }
        let plan = plans.min { $0.key < $1.key }?.value
        self.init(
            points: points,
            conditions: plan?.conditions ?? Conditions(temperature: nil, frequency: nil, voltageDistortion: nil),
            decisionRule: order.decisionRule ?? plan?.decisionRule ?? .simpleAcceptance, rampDown: plan?.rampDown ?? 0)
        capture = plan?.capture
        observe = plan?.observe
    }
}
