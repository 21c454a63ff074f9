import BenchCore
import Plugins
import Testing

/// Damaged files: whatever stands in them, the answer is a procedure or complaints, never a trap.
@Suite struct ProcedureFuzzTests {
    @Test("A procedure with random damage is read, or complained of inside the file", arguments: 1...4)
    func damaged(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let name = "Procedures/iec62053-22.yaml"
        let original = try Disk.read(Checkout.path(name))
        let lines = original.split(separator: 10, omittingEmptySubsequences: false).map(Array.init)
        let spices = [
            "1e400 V", "-1 % In", "[[[[", "{", "~", "&a", "*a", "\t", "NaN", "9999999999999999999 s", "open", "0.5",
            "÷", "\u{FEFF}",
        ]
        let bench = try Checkout.bench()
        let meter = try Checkout.demoMeter()
        var complained = 0
        for _ in 0..<30 {
            var damaged = lines
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let at = Int.random(in: 0..<damaged.count, using: &random)
                let cut = Int.random(in: 0...damaged[at].count, using: &random)
                switch Int.random(in: 0..<5, using: &random) {
                case 0: damaged[at].removeSubrange(cut...)
                case 1: damaged[at].insert(UInt8.random(in: 0...255, using: &random), at: cut)
                case 2:
                    damaged[at].insert(contentsOf: Array((spices.randomElement(using: &random) ?? "").utf8), at: cut)
                case 3: damaged.remove(at: at)
                default: damaged.swapAt(at, Int.random(in: 0..<damaged.count, using: &random))
                }
            }
            let bytes = Array(damaged.joined(separator: [10]))
            do {
                let procedure = try ProcedureFile.load("p.yaml", kinds: BuiltIn.stepKinds) { path in
                    path == "p.yaml" ? bytes : try Disk.read(Checkout.path("Procedures/" + path))
                }
                _ = try Planner.plan(
                    procedure: procedure, limits: try procedure.limitTable(), meterType: meter, bench: bench,
                    kinds: BuiltIn.stepKinds)
            } catch let trouble as Diagnostics {
                complained += 1
                #expect(!trouble.all.isEmpty)
                for complaint in trouble.all {
                    #expect(
                        complaint.mark.line >= 1 && complaint.mark.line <= damaged.count + 1
                            && complaint.mark.column >= 1)
                    #expect(!complaint.message.isEmpty)
                }
            }
        }
        #expect(complained > 10)
    }

    @Test("An expression of random words is read or refused inside its text")
    func expressions() {
        var random = SeededGenerator(seed: 7)
        let words = [
            "error", "limit", "errors", "Un", "1", "0.5", "%", "V", "(", ")", "+", "-", "*", "/", "<=", "==", "and",
            "or", "not",
            "abs(", "max(", "stdev(", ",", "1e99", "1 %", "é", "  ",
        ]
        let names: [String: Expression.Kind] = [
            "error": .percent, "limit": .percent, "errors": .percents, "Un": .quantity(.voltage),
        ]
        let values: [String: Expression.Value] = [
            "error": .percent(0.1), "limit": .percent(0.5), "errors": .percents([0.1, 0.2]),
            "Un": .quantity(230, .voltage),
        ]
        var read = 0
        for _ in 0..<5_000 {
            let text = (0..<Int.random(in: 1...9, using: &random)).map { _ in words.randomElement(using: &random) ?? ""
            }
            .joined(separator: " ")
            do {
                let expression = try Expression.parse(text, names: names)
                read += 1
                if let value = try? expression.evaluate(values) { #expect(value.kind == expression.kind, "\(text)") }
            } catch let trouble as Diagnostics {
                #expect(trouble.all.allSatisfy { $0.mark.column >= 1 && $0.mark.column <= text.count + 1 }, "\(text)")
            } catch {
                Issue.record("\(text): \(error)")
            }
        }
        #expect(read > 30)
    }

    @Test("A test that would take weeks is refused: a constant is wrong by orders of magnitude")
    func weeks() throws {
        let meter = try Checkout.meter(
            accuracyClass: "1", connection: "direct", current: "10 A", maximum: "100 A", constant: "0.001 imp/kWh")
        let trouble = #expect(throws: Diagnostics.self) { try Checkout.plan("iec62053-21.yaml", meter) }
        #expect(trouble?.all.contains { $0.message.contains("days; at most 7 are planned") } == true)
    }
}
