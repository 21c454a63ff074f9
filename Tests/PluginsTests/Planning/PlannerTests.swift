import BenchCore
import FoundationEssentials
import Plugins
import Testing

@Suite struct PlannerTests {
    static func load(_ steps: String, limits: String? = nil, part: String = "") throws -> Procedure {
        let text = """
            procedure: p
            edition: 1
            title: T
            basis: B
            meter: { energy: active, accuracy-class: 0.5S }
            parameters:
              Un: { quantity: voltage, from: nameplate.nominal-voltage }
              In: { quantity: current, from: nameplate.nominal-current }
              Imax: { quantity: current, from: nameplate.maximum-current }
              fn: { quantity: frequency, default: 60 Hz }
            limits: Limits/l.yaml
            steps:
            \(steps)
            finally:
              - ramp-down: { current: 0 A, voltage: 0 V, over: 2 s }
            """
        return try ProcedureFile.load("p.yaml", kinds: BuiltIn.stepKinds) { path in
            switch path {
            case "p.yaml": return Array(text.utf8)
            case "Limits/l.yaml":
                if let limits { return Array(limits.utf8) }
                return try Disk.read(Checkout.path("Procedures/Limits/iec62053-22.yaml"))
            default: return Array(part.utf8)
            }
        }
    }

    static func plan(_ procedure: Procedure, _ limits: LimitTable? = nil) throws -> Plan {
        try Planner.plan(
            procedure: procedure, limits: try limits ?? procedure.limitTable(), meterType: try Checkout.demoMeter(),
            bench: try Checkout.bench(), kinds: BuiltIn.stepKinds)
    }

    static let sweep = """
          - accuracy: sweep
            apply: { power-factor: 1 }
            matrix:
              current: [In, 5 % In]
              direction: [export, import]
              voltage: [Un, 90 % Un]
            except:
              - { current: In, voltage: 90 % Un }
            measure: { repeats: 1, uncertainty: at most 0.1 % }
            accept: abs(error) <= limit and Un > 1 % Un
        """

    @Test("A sweep nests in the order it is written, exceptions leave points out, names are filled in")
    func sweepOrder() throws {
        let procedure = try Self.load(Self.sweep)
        let ids = [
            "1 accuracy export PF=1 I=In", "1 accuracy import PF=1 I=In", "1 accuracy export PF=1 I=5 % In",
            "1 accuracy export PF=1 I=5 % In U=90 % Un", "1 accuracy import PF=1 I=5 % In",
            "1 accuracy import PF=1 I=5 % In U=90 % Un",
        ]
        #expect(procedure.pointIDs == ids)
        let plan = try Self.plan(procedure)
        #expect(plan.points.map(\.id) == ids)
        #expect(plan.points.map { $0.load.phases[0].voltage } == [230, 230, 230, 207, 230, 207])
        #expect(plan.points.allSatisfy { $0.load.frequency == 60 && $0.targetU == 0.1 && $0.repeats == 1 })
        // The acceptance stands alone, without the procedure's symbols.
        #expect(plan.points[0].accept == "abs(error) <= limit and 230 V > 1 % * 230 V")
        let accept = try Expression.parse(
            plan.points[0].accept, names: TestKindName.accuracy.acceptanceNames, want: .boolean)
        #expect(try accept.holds(["error": .percent(-0.4), "limit": .percent(0.5)]))
    }

    @Test("Two rows that answer a point are an error of planning that names both lines")
    func twoRows() throws {
        let procedure = try Self.load(Self.sweep)
        var limits = try procedure.limitTable().forClass("0.5S")
        limits.rows.append(limits.rows[1])
        let trouble = #expect(throws: Diagnostics.self) { try Self.plan(procedure, limits) }
        #expect(
            trouble?.all.contains { $0.message.contains("2 rows of") && $0.mark == Mark(line: 16, column: 17) } == true)
    }

    @Test("Two accuracy rows of the standard that answer a load are an error of planning")
    func twoStandardRows() throws {
        let procedure = try Self.load(Self.sweep)
        var bench = try Checkout.bench()
        let index = try #require(bench.instruments.firstIndex { $0.role == .referenceStandard })
        bench.instruments[index].accuracy.append(bench.instruments[index].accuracy[1])
        let trouble = #expect(throws: Diagnostics.self) {
            try Planner.plan(
                procedure: procedure, limits: try procedure.limitTable(), meterType: try Checkout.demoMeter(),
                bench: bench,
                kinds: BuiltIn.stepKinds)
        }
        #expect(
            trouble?.all.first?.message.contains("2 accuracy rows of the reference standard answer 5 A at 230 V")
                == true)
    }

    @Test("A table without the fact a step needs, or with one of low confidence, gives no plan")
    func facts() throws {
        let procedure = try Self.load(
            "  - starting: starts\n    apply: { current: 0.1 % In }\n    within: computed\n    accept: registers")
        var limits = try procedure.limitTable().forClass("0.5S")
        #expect(try Self.plan(procedure, limits).points.count == 1)
        limits.facts["starting-current"]?[0].citation.confidence = .low
        let low = #expect(throws: Diagnostics.self) { try Self.plan(procedure, limits) }
        #expect(low?.all.first?.message.contains("low confidence") == true)
        limits.facts["starting-current"] = nil
        let none = #expect(throws: Diagnostics.self) { try Self.plan(procedure, limits) }
        #expect(none?.all.first?.message.contains("no fact «starting-current»") == true)
        #expect(none?.all.first?.mark == Mark(line: 13, column: 5))
    }

    @Test(
        "Export points of a meter that pulses for import only are left out with the reason; a missing register is complained of"
    )
    func missingOutputs() throws {
        let procedure = try Self.load(
            Self.sweep
                + "\n  - register: r\n    apply: { current: In }\n    matrix: { direction: [import, export] }\n    accept: abs(error) <= limit"
        )
        var meter = try Checkout.demoMeter()
        meter.constants[0].directions = [.import]
        let plan = try Planner.plan(
            procedure: procedure, limits: try procedure.limitTable(), meterType: meter, bench: try Checkout.bench(),
            kinds: BuiltIn.stepKinds)
        #expect(!plan.leftOut.isEmpty)
        #expect(plan.leftOut.allSatisfy { $0.reason == "the meter has no pulse output for export" })
        #expect(plan.points.allSatisfy { $0.kind == .register || $0.direction == .import })
        #expect(plan.points.contains { $0.kind == .register && $0.direction == .export })

        meter.registers.removeAll { $0.role == .activeEnergyExport }
        let trouble = #expect(throws: Diagnostics.self) {
            try Planner.plan(
                procedure: procedure, limits: try procedure.limitTable(), meterType: meter, bench: try Checkout.bench(),
                kinds: BuiltIn.stepKinds)
        }
        let messages = trouble?.all.map(\.description) ?? []
        #expect(
            messages.contains {
                $0.hasPrefix("p.yaml:25:35:") && $0.contains("no register of active energy for export")
            })
    }

    @Test("The identity of a procedure covers its parts and its limit table")
    func identity() throws {
        let steps = "  - include: Parts/a.yaml"
        let part = "part: a\nsteps:\n  - warm-up: on\n    apply: { current: open }\n    for: 1 min\n"
        let first = try Self.load(steps, part: part)
        #expect(first.sources.map(\.path) == ["p.yaml", "Limits/l.yaml", "Parts/a.yaml"])
        #expect(first.sources[2].hash == Hash.sha256Hex(part))
        // As sha256sum prints the files, hashed once more.
        let lines = first.sources.map { "\(Hash.sha256Hex($0.bytes))  \($0.path)\n" }.joined()
        #expect(first.hash == Hash.sha256Hex(lines))
        #expect(try Self.load(steps, part: part).hash == first.hash)
        #expect(try Self.load(steps, part: part + "# a comment\n").hash != first.hash)
        let table = try Disk.read(Checkout.path("Procedures/Limits/iec62053-22.yaml")) + [10]
        #expect(try Self.load(steps, limits: String(decoding: table, as: UTF8.self), part: part).hash != first.hash)
    }

    @Test("A plan and a schedule come back from JSON as they were")
    func json() throws {
        let plan = try Checkout.plan("iec62053-22.yaml", try Checkout.demoMeter())
        #expect(try JSONDecoder().decode(Plan.self, from: try JSONEncoder().encode(plan)) == plan)
        let point = plan.points[4]
        let schedule = Schedule(
            points: [
                ScheduledPoint(
                    id: point.id, number: 1, kind: point.kind, title: point.title, load: point.load,
                    byPosition: [3: point, 12: point])
            ], conditions: plan.conditions, decisionRule: plan.decisionRule, rampDown: 2)
        let back = try JSONDecoder().decode(Schedule.self, from: try JSONEncoder().encode(schedule))
        #expect(back == schedule && back.points[0].positions == [3, 12])
    }

    @Test("The table of a plan fits 140 columns and says what a metrologist asks")
    func table() throws {
        let lines = try PlanTable.lines(
            procedure: Checkout.path("Procedures/iec62053-22.yaml"),
            bench: Checkout.path("Fixtures/Benches/demo.yaml"), meter: Checkout.path("Fixtures/Meters/demo-05s.yaml"),
            kinds: BuiltIn.stepKinds)
        #expect(lines.allSatisfy { $0.count <= 140 }, "\(lines.map(\.count).max() ?? 0)")
        let point = try #require(lines.first { $0.hasPrefix("  6 ") })
        let words = point.split(separator: " ").joined(separator: " ")
        #expect(words.hasPrefix("6 accuracy import 1 5 % In 250 mA ±0.5 IEC 62053-22:2003, 8.1 Table 4 one-source"))
        #expect(lines.contains { $0.hasPrefix("86 test points") })
        #expect(lines.last == "hazards: up to 264.5 V between phase and neutral and 6 A per phase")
    }
}
