import BenchCore

/// Takes an answer apart; every failure is `Fault(.badAnswer)` that shows the answer.
struct SCPIReading {
    let values: [SCPIValue], query: String, instrument: String

    init(_ values: [SCPIValue], to query: String, of instrument: String) {
        self.values = values
        self.query = query
        self.instrument = instrument
    }

    /// The fault for an answer that is not what was asked.
    func bad(_ wanted: String) -> Fault {
        let shown = values.prefix(8).map { value in
            switch value {
            case .word(let word): return word
            case .text(let text): return "\"\(text)\""
            case .block(let bytes): return "<\(bytes.count) bytes>"
            }
        }
        return Fault(
            .badAnswer, instrument, "answers «\(shown.joined(separator: ","))» to «\(query)»; \(wanted) was expected")
    }

    /// Exactly so many finite numbers.
    func numbers(_ count: Int) throws(Fault) -> [Double] {
        var numbers: [Double] = []
        for value in values {
            guard let number = value.number, number.isFinite else { throw bad("\(count) finite numbers") }
            numbers.append(number)
        }
        guard numbers.count == count else { throw bad("\(count) numbers") }
        return numbers
    }

    /// One finite number.
    func number() throws(Fault) -> Double { try numbers(1)[0] }

    /// 0 or 1 at a place.
    func flag(_ index: Int) throws(Fault) -> Bool {
        guard index < values.count, let number = values[index].integer, number == 0 || number == 1 else {
            throw bad("0 or 1 as value \(index + 1)")
        }
        return number == 1
    }

    /// Words or quoted text at a place.
    func text(_ index: Int) throws(Fault) -> String {
        guard index < values.count else { throw bad("text as value \(index + 1)") }
        switch values[index] {
        case .text(let text), .word(let text): return text
        case .block: throw bad("text as value \(index + 1)")
        }
    }
}
