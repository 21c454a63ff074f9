import BenchCore
import Plugins
import Testing

@Suite struct OrderPlansTests {
    static func order(_ types: [String]) throws -> Loaded<Order> {
        let meters = types.enumerated().map { "  - { position: \($0 + 1), serial: S\($0), type: \($1) }" }
        let text = """
            order: O-1
            customer: A
            batch: B
            operator: C
            procedure: p.yaml
            bench: b.yaml
            meter-types: m
            decision-rule: simple acceptance
            meters:
            \(meters.joined(separator: "\n"))
            """
        return try OrderFile.read(Array(text.utf8), file: "order.yaml")
    }

    static func make(_ types: [MeterType]) throws -> OrderPlans {
        let procedure = try Checkout.procedure("iec62053-21.yaml")
        return try OrderPlans.make(
            order: try order(types.map(\.id)), procedure: procedure, limits: try procedure.limitTable(),
            types: Dictionary(types.map { ($0.id, $0) }, uniquingKeysWith: { a, _ in a }), bench: try Checkout.bench(),
            kinds: BuiltIn.stepKinds)
    }

    static func meter(
        _ id: String, current: String = "10 A", maximum: String = "100 A", wiring: String = "3P4W",
        bidirectional: String = "yes", constant: String = "1000 imp/kWh"
    ) throws -> MeterType {
        try Checkout.meter(
            id: id, accuracyClass: "1", connection: "direct", wiring: wiring, current: current, maximum: maximum,
            bidirectional: bidirectional, constant: constant)
    }

    @Test("Two types of meters in series share load points; each is asked its own question")
    func merged() throws {
        let plans = try Self.make([
            try Self.meter("a"), try Self.meter("b", bidirectional: "no", constant: "500 imp/kWh"), try Self.meter("a"),
        ])
        #expect(plans.plans.keys.sorted() == ["a", "b"])
        let schedule = plans.schedule
        #expect(schedule.decisionRule == .simpleAcceptance)
        #expect(plans.plans["b"]?.decisionRule == .simpleAcceptance)
        #expect(schedule.points.map(\.number) == Array(1...schedule.points.count))
        #expect(schedule.points.map(\.id) == plans.plans["a"]?.points.map(\.id))
        for point in schedule.points {
            let exports = point.byPosition[1]?.direction == .export
            #expect(point.positions == (exports ? [1, 3] : [1, 2, 3]))
            #expect(
                point.byPosition.values.allSatisfy {
                    $0.id == point.id && $0.load == point.load && $0.number == point.number
                })
            // Plans number their points as the schedule does.
            for (position, type) in [(1, "a"), (2, "b")] where point.byPosition[position] != nil {
                #expect(plans.plans[type]?.points.first { $0.id == point.id }?.number == point.number)
            }
        }
        // The no-load test lasts as long as the slower meter needs: twice the time at half the constant.
        let noLoad = try #require(schedule.points.first { $0.kind == .noLoad })
        #expect(noLoad.byPosition[2]?.duration == (noLoad.byPosition[1]?.duration ?? 0) * 2)
        #expect(noLoad.expectedDuration == noLoad.byPosition[2]?.expectedDuration)
    }

    @Test(
        "Meters that cannot carry the same current are refused at their line",
        arguments: [
            ("20 A", "100 A", "3P4W", "rated current 10 A, «b» has 20 A"),
            ("10 A", "60 A", "3P4W", "Imax 100 A, «b» has 60 A"),
            ("10 A", "100 A", "1P2W", "wired alike"),
        ])
    func refused(_ current: String, _ maximum: String, _ wiring: String, _ fragment: String) throws {
        let b = try Self.meter("b", current: current, maximum: maximum, wiring: wiring)
        let a = try Self.meter("a")
        let trouble = #expect(throws: Diagnostics.self) { try Self.make([a, b]) }
        #expect(trouble?.all.count == 1)
        #expect(trouble?.all.first?.file == "order.yaml")
        #expect(trouble?.all.first?.mark == Mark(line: 11, column: 38))
        #expect(trouble?.all.first?.message.contains(fragment) == true, "\(trouble?.description ?? "")")
    }

    @Test("A meter type that fits no procedure is complained of in the procedure")
    func wrongClass() throws {
        let other = try Checkout.meter(
            id: "c", accuracyClass: "3", connection: "direct", current: "10 A", maximum: "100 A")
        let trouble = #expect(throws: Diagnostics.self) { try Self.make([other]) }
        #expect(trouble?.all.first?.message.contains("meter type «c» is of class 3") == true)
    }
}
