import Testing

@testable import BenchCore

@Suite struct ExpressionTests {
    static let names: [String: Expression.Kind] = [
        "error": .percent, "limit": .percent, "limit.upper": .percent, "errors": .percents, "pulses": .number,
        "registers": .boolean, "Un": .quantity(.voltage), "In": .quantity(.current), "P": .quantity(.power),
        "t": .quantity(.time), "E": .quantity(.energy), "pulses-deviation": .percent, "T": .quantity(.temperature),
    ]
    static let values: [String: Expression.Value] = [
        "error": .percent(-0.3), "limit": .percent(0.5), "limit.upper": .percent(0.5),
        "errors": .percents([0.1, 0.2, 0.3, 0.4]), "pulses": .number(1), "registers": .boolean(true),
        "Un": .quantity(230, .voltage), "In": .quantity(5, .current), "P": .quantity(1000, .power),
        "t": .quantity(3600, .time), "E": .quantity(3.6e6, .energy), "pulses-deviation": .percent(0.01),
        "T": .quantity(24, .temperature),
    ]

    // Values worked out by hand; the standard deviation of 0.1, 0.2, 0.3, 0.4 is sqrt(0.05/3) = 0.12909944 (GUM 4.2.2).
    @Test(
        "An acceptance is true or false as arithmetic says",
        arguments: [
            ("abs(error) <= limit", true), ("error <= limit and error >= -limit", true), ("error > limit", false),
            ("not (error > limit)", true), ("not error > limit or pulses == 3", true), ("pulses <= 1", true),
            ("registers", true), ("registers == (not registers)", false),
            ("max(errors) - min(errors) <= 0.3 %", true), ("max(errors) - min(errors) < 0.2999 %", false),
            ("stdev(errors) < 0.1291 %", true), ("stdev(errors) < 0.1290 %", false), ("mean(errors) == 0.25 %", true),
            ("max(abs(errors)) <= limit / 1.25", true), ("2 + 3 * 4 == 14", true), ("(2 + 3) * 4 == 20", true),
            ("10 - 3 - 2 == 5", true), ("12 / 3 / 2 == 2", true), ("- 2 - -3 == 1", true), ("2 * -3 == -6", true),
            ("10 % Un == 23 V", true), ("115 % Un > 264 V and 115 % Un < 265 V", true), ("1 % In == 50 mA", true),
            ("Un * In == 1.15 kVA", true), ("P * t == 1 kWh", true), ("E / t == 1 kW", true), ("E / P == 1 h", true),
            ("E / P / t == 1", true), ("T - 23 °C == 1 K", true), ("T + 1 K > 24 °C", true),
            ("min(error, limit, limit.upper) == error", true), ("pulses-deviation <= limit / 10", true),
            ("1e-1 % == 0.1 %", true),
        ])
    func truth(_ text: String, _ expected: Bool) throws {
        let expression = try Expression.parse(text, names: Self.names, want: .boolean)
        #expect(try expression.holds(Self.values) == expected)
    }

    @Test(
        "What is wrong is named at its character",
        arguments: [
            ("abs(error) <= Un", 12, "a percentage cannot be compared with a voltage"),
            ("Un + In > 3 V", 4, "a current cannot be added to a voltage"),
            ("abs(error) <= 0.5", 12, "write the unit: «0.5 %»"),
            ("error <= 0.5 furlong", 14, "«furlong» is not a unit"),
            ("error <= 0,5 %", 11, "a comma is not a decimal mark"),
            ("error <= limt", 10, "«limt» is not known here; names are E, In"),
            ("sqrt(error) <= limit", 1, "«sqrt» is not a function"),
            ("errors <= limit", 8, "a list is compared through one of its numbers"),
            ("mean(error) <= limit", 1, "mean(…) takes one list"), ("abs(error) = limit", 12, "a comparison is «==»"),
            ("abs(error <= limit", 19, "«)» is missing behind abs(…"),
            ("0 % < error < limit", 13, "comparisons do not chain"),
            ("", 1, "missing"),
            ("error <=", 9, "a value is missing before the end"), ("error limit", 7, "an operator would have"),
            ("error <= limit & pulses", 16, "write «and»"), ("error and pulses", 7, "«and» joins comparisons"),
            ("error-limit < 1 %", 1, "a difference has spaces: «error - limit»"), ("abs <= limit", 1, "write «abs(…)»"),
            ("error ≤ limit", 7, "write «<=»"), ("error < 1e400 %", 9, "not a number that can be represented"),
            ("limit / 10", 1, "true or false is needed here"), ("T + T > 3 °C", 3, "cannot be added to"),
            ("((error) < limit", 17, "«)» is missing"), ("error < .5 %", 9, "begins with a digit"),
            ("In * P < 2 W", 4, "nothing that is measured here"), ("not error", 1, "«not» turns a comparison around"),
            ("min(Un, In) < 1 V", 1, "values of one kind"), ("@", 1, "has no place here"),
            ("- registers == registers", 1, "«-» needs a value"),
        ])
    func complaint(_ text: String, _ column: Int, _ fragment: String) {
        let thrown = #expect(throws: Diagnostics.self) {
            try Expression.parse(
                text, names: Self.names, file: "p.yaml", mark: Mark(line: 3, column: 1), want: .boolean)
        }
        let first = thrown?.all.first
        #expect(first?.message.contains(fragment) == true, "\(first?.message ?? "no complaint")")
        #expect(first?.mark == Mark(line: 3, column: column), "\(first.map { "\($0.mark)" } ?? "")")
    }

    @Test("Deep nesting and endless text are refused, not followed")
    func depth() {
        let deep = String(repeating: "(", count: 400) + "1" + String(repeating: ")", count: 400)
        let nots = String(repeating: "not ", count: 200) + "registers"
        let minuses = String(repeating: "-", count: 500) + "1"
        let calls = String(repeating: "abs(", count: 150) + "1"
        for text in [deep, nots, minuses, calls, String(repeating: "1+", count: 600) + "1"] {
            #expect(throws: Diagnostics.self) { try Expression.parse(text, names: Self.names) }
        }
    }

    @Test("Values that cannot be judged are a failure with a reason, not a trap")
    func failures() throws {
        let names = Self.names
        func reason(_ text: String, _ values: [String: Expression.Value]) throws -> String {
            let expression = try Expression.parse(text, names: names)
            return #expect(throws: Expression.Failure.self) { try expression.evaluate(values) }?.reason ?? ""
        }
        #expect(try reason("error <= limit", ["limit": .percent(1)]).contains("«error» has no value"))
        #expect(try reason("limit / (pulses - 1)", Self.values).contains("division by zero"))
        #expect(try reason("stdev(errors)", ["errors": .percents([0.1])]).contains("needs 2"))
        #expect(try reason("max(errors)", ["errors": .percents([])]).contains("needs 1"))
        #expect(try reason("error <= limit", ["error": .percent(.nan), "limit": .percent(1)]).contains("not a finite"))
        #expect(try reason("error <= limit", ["error": .number(1), "limit": .percent(1)]).contains("other kinds"))
        #expect(try reason("pulses * pulses", ["pulses": .number(1e300)]).contains("not a finite"))
    }
}
