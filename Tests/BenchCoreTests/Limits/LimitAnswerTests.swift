import Testing

@testable import BenchCore

@Suite("One row answers a test point")
struct LimitAnswerTests {
    private func table(_ rows: String, facts: String = "[]") throws -> LimitTable {
        let text = """
            limits: sample
            accuracy-class: 0.5S
            sources:
              s: { document: D, edition: 1, clause: c }
            rows:
            \(rows)
            facts: \(facts)
            """
        return try LimitTableFile.load(Array(text.utf8), file: "sample.yaml")
    }

    private let rows = """
          - { source: s, load: balanced, current: 1 % In to below 5 % In, power-factor: 1, error: ±1.0 %, verified: memory, confidence: high }
          - { source: s, load: balanced, current: 5 % In to Imax, power-factor: 1, error: -0.7 % to 0.5 %, verified: memory, confidence: high }
          - { source: s, load: balanced, current: 5 % In to Imax, power-factor: 0.5 ind, error: ±0.6 %, verified: memory, confidence: low }
        """

    // Bounds by their own words: 5 % of 5 A is 0.25 A, which «below 5 % In» leaves to the next row.
    @Test("Inclusive and exclusive bounds are exact, whatever rounding the current carries")
    func bounds() throws {
        let table = try table(rows)
        func upper(_ amps: Double) -> Double? {
            try? table.answer(
                .balanced, .transformer, currentAmps: amps, nameplate: .sample(.transformer, "0.5S"),
                powerFactor: .unity
            ).get().upperPercent
        }
        #expect(upper(0.05) == 1 && upper(0.01 * 5) == 1 && upper(0.05.nextDown) == 1 && upper(0.05 - 1e-12) == 1)
        #expect(upper(0.0499) == nil)
        #expect(upper(0.25) == 0.5 && upper(0.05 * 5) == 0.5 && upper(0.25.nextDown) == 0.5 && upper(0.2499) == 1)
        #expect(upper(6) == 0.5 && upper(6.0.nextUp) == 0.5 && upper(6.001) == nil)
        // Every 1/1000 of In has exactly one row, as does every value a rounding error beside it.
        for step in 10...1200 {
            let amps = Double(step) / 1000 * 5
            for value in [amps, amps.nextUp, amps.nextDown] { #expect(upper(value) != nil, "\(value) A") }
        }
    }

    @Test("Limits may differ by side, and come with their citation")
    func limit() throws {
        let limit = try table(rows).answer(
            .balanced, .transformer, currentAmps: 5, nameplate: .sample(.transformer, "0.5S"), powerFactor: .unity
        ).get()
        #expect(limit.lowerPercent == -0.7 && limit.upperPercent == 0.5 && limit.magnitude == 0.5)
        #expect(limit.citation.text == "D:1, c")
    }

    private func trouble(
        _ table: LimitTable, _ amps: Double, _ factor: PowerFactor, _ connection: Connection = .transformer
    ) -> LimitTrouble? {
        switch table.answer(
            .balanced, connection, currentAmps: amps, nameplate: .sample(connection, "0.5S"), powerFactor: factor)
        {
        case .success: return nil
        case .failure(let trouble): return trouble
        }
    }

    @Test("No row is an error that shows the rows nearby")
    func none() throws {
        let found = try #require(trouble(try table(rows), 0.01, .unity))
        #expect(found.reason == .none && found.lines == [6, 7])
        #expect(
            found.message
                == "no row of sample answers balanced load, transformer connection, 10 mA, power factor 1; rows for that load "
                + "and power factor: line 6: 1 % In to below 5 % In; line 7: 5 % In to Imax")
        // A direct meter has Ib, not In: no row of a table in In answers it.
        #expect(trouble(try table(rows), 5, .unity, .direct)?.reason == LimitTrouble.Reason.none)
    }

    @Test("Two rows are an error that names both lines")
    func several() throws {
        // The loader refuses such a table; a table put together otherwise is still caught.
        var table = try table(rows)
        table.rows.append(table.rows[1])
        let found = try #require(trouble(table, 5, .unity))
        #expect(found.reason == .several && found.lines == [7, 7])
    }

    @Test("Rows and facts of low confidence never decide a verdict")
    func lowConfidence() throws {
        let half = try #require(PowerFactor(0.5, .inductive))
        let facts =
            "[{ fact: no-load-pulses, source: s, value: 1, verified: memory, confidence: low }, "
            + "{ fact: no-load-numerator, source: s, value: 600e6, verified: memory, confidence: high }]"
        let table = try table(rows, facts: facts)
        #expect(trouble(table, 5, half)?.reason == .notConfirmed && trouble(table, 5, half)?.lines == [8])
        guard case .failure(let trouble) = table.decidingFact("no-load-pulses", .direct) else {
            Issue.record("a low fact decided")
            return
        }
        #expect(trouble.reason == .notConfirmed)
        #expect(try table.decidingFact("no-load-numerator", .direct).get().value == 6e8)
        guard case .failure(let absent) = table.decidingFact("starting-current", .direct) else {
            Issue.record("an absent fact was found")
            return
        }
        #expect(absent.message == "sample has no fact «starting-current» for direct meters")
    }
}
