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

extension SCPIConnection {
    /// Asks who is there (IEEE 488.2-1992, 10.14) after emptying its error queue, so that old entries blame nobody later.
    func identity(of instrument: String) throws(Fault) -> InstrumentIdentity {
        let answer = try query("*IDN?", for: instrument)
        _ = try clearErrors(for: instrument)
        return try SCPIIdentity.read(answer, instrument)
    }
}

/// The answer to `*IDN?`: maker, model, serial, firmware.
enum SCPIIdentity {
    static func read(_ values: [SCPIValue], _ instrument: String) throws(Fault) -> InstrumentIdentity {
        let reading = SCPIReading(values, to: "*IDN?", of: instrument)
        guard values.count == 4 else { throw reading.bad("maker, model, serial, firmware") }
        let maker = try reading.text(0)
        let model = try reading.text(1)
        return InstrumentIdentity(
            manufacturer: maker, model: model, serial: try reading.text(2), firmware: try reading.text(3),
            simulated: maker == "MeterBench" && model.hasPrefix("Simulated"))
    }
}
