import BenchCore

extension SourceTable.Question {
    /// Yes or no; anything else is a fault that shows the answer.
    func answer(_ values: [SCPIValue], _ text: String, _ instrument: String) throws(Fault) -> Bool {
        let reading = SCPIReading(values, to: text, of: instrument)
        let word = try reading.text(value - 1)
        if yes.contains(where: { Self.same($0, word) }) { return true }
        if no.contains(where: { Self.same($0, word) }) { return false }
        throw reading.bad("\(yes.joined(separator: " or ")) for yes, \(no.joined(separator: " or ")) for no")
    }

    /// Words are the same in any case; numbers in any form.
    static func same(_ wanted: String, _ word: String) -> Bool {
        if let number = SCPINumber.parse(wanted), let answered = SCPINumber.parse(word) { return number == answered }
        return wanted.uppercased() == word.uppercased()
    }
}

extension SourceTable.FaultQuestion {
    /// The faults an answer tells of.
    func faults(_ values: [SCPIValue], _ text: String, _ instrument: String) throws(Fault) -> [String] {
        let reading = SCPIReading(values, to: text, of: instrument)
        let word = try reading.text(value - 1)
        if !fine.isEmpty { return fine.contains { SourceTable.Question.same($0, word) } ? [] : [word] }
        guard let number = SCPINumber.parse(word), let mask = UInt32(exactly: number) else {
            throw reading.bad("a number with bits")
        }
        return bits.keys.sorted().filter { mask & (1 << UInt32($0)) != 0 }.compactMap { bits[$0] }
    }
}

extension SourceCapability {
    /// The same within a bench's own range; `nil` where the two do not meet.
    func narrowed(to range: SourceRange?) -> SourceCapability? {
        guard let range else { return self }
        func both(_ a: ClosedRange<Double>, _ b: ClosedRange<Double>) -> ClosedRange<Double>? {
            a.overlaps(b) ? a.clamped(to: b) : nil
        }
        var copy = self
        guard let voltage = both(voltage, range.voltage), let frequency = both(frequency, range.frequency) else {
            return nil
        }
        copy.voltage = voltage
        copy.frequency = frequency
        if let current {
            guard let narrowed = both(current, range.current) else { return nil }
            copy.current = narrowed
        }
        return copy
    }
}

/// Patterns with `*` for any characters, without regard to case.
enum Wildcard {
    static func matches(_ text: String, _ pattern: String) -> Bool {
        let text = Array(text.lowercased())
        let pattern = Array(pattern.lowercased())
        // The place to come back to after the last star.
        var t = 0, p = 0
        var star: (pattern: Int, text: Int)?
        while t < text.count {
            if p < pattern.count, pattern[p] == "*" {
                star = (p, t)
                p += 1
            } else if p < pattern.count, pattern[p] == text[t] {
                t += 1
                p += 1
            } else if let last = star {
                star = (last.pattern, last.text + 1)
                p = last.pattern + 1
                t = last.text + 1
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == "*" }
    }
}
