import Testing

@testable import Reports

@Suite struct ObservationMergerTests {
    @Test("Observations of one wording become one line with the ranges of their numbers")
    func ranges() {
        let merged = ObservationMerger.merge([
            (5, "edges jitter by 321 µs; the specification says 50 µs"), (6, "L1 missing"),
            (6, "edges jitter by 263.5 µs; the specification says 50 µs"),
            (8, "edges jitter by 1121 µs; the specification says 50 µs"),
        ])
        #expect(merged.map(\.points) == [[5, 6, 8], [6]])
        #expect(merged[0].text == "edges jitter by 263.5 to 1121 µs; the specification says 50 µs")
    }

    @Test("Two of one wording stand each by itself; equal ones count")
    func few() {
        let merged = ObservationMerger.merge([
            (1, "2 pulses missing"), (3, "4 pulses missing"), (nil, "no answer"), (nil, "no answer"),
            (2, "2 pulses missing"),
        ])
        #expect(merged.map(\.text) == ["2 pulses missing", "4 pulses missing", "no answer (2 times)"])
        #expect(merged.map(\.points) == [[1, 2], [3], []])
    }

    @Test("Digits of a name are no number")
    func names() {
        let merged = ObservationMerger.merge([
            (1, "meter DM-26-1 silent"), (2, "meter DM-26-2 silent"), (3, "meter DM-26-3 silent"),
        ])
        #expect(merged.count == 3)
    }
}
