import BenchCore

/// What a spectrum analyzer in zero span answers, pure.
enum ZeroSpanWire {
    /// The levels of a trace, dBm, and the seconds between two points.
    static func trace(
        _ values: [SCPIValue], _ table: SpectrumTable, duration: Double, axis: [Double]?, _ query: String,
        _ instrument: String
    ) throws(Fault) -> (interval: Double, power: [Double]) {
        let reading = SCPIReading(values, to: query, of: instrument)
        let numbers = try numbers(values, table.format, table.order, query, instrument)
        var power = numbers
        var times = axis
        if table.layout == .pairs {
            guard numbers.count % 2 == 0 else { throw reading.bad("time and level by turns") }
            times = stride(from: 0, to: numbers.count, by: 2).map { numbers[$0] }
            power = stride(from: 1, to: numbers.count, by: 2).map { numbers[$0] }
        }
        guard power.count >= 2 else { throw reading.bad("at least two points") }
        // Marks and infinities are no levels: a sweep that is not complete, or an overload.
        guard power.allSatisfy(\.isFinite) else { throw reading.bad("levels in dBm, all of them numbers") }
        let interval: Double
        switch table.spacing {
        case .points: interval = duration / Double(power.count)
        case .intervals: interval = duration / Double(power.count - 1)
        case .axis, .pairs: interval = try spacing(times ?? [], power.count, reading)
        }
        guard interval.isFinite, interval > 0 else { throw reading.bad("points that follow each other in time") }
        return (interval, power)
    }

    /// Seconds between points of a time axis that must be even.
    private static func spacing(_ times: [Double], _ count: Int, _ reading: SCPIReading) throws(Fault) -> Double {
        guard times.count == count, let first = times.first, let last = times.last, times.allSatisfy(\.isFinite) else {
            throw reading.bad("a time for each of \(count) points")
        }
        let step = (last - first) / Double(count - 1)
        // Times are sent with a few digits: half a step off is another axis, not rounding.
        for (index, time) in times.enumerated() where abs(time - first - Double(index) * step) > step / 2 {
            throw reading.bad("an even time axis")
        }
        return step
    }

    /// Numbers of a trace: text, text behind a block header (Rigol DSA800E, 2-182), or a block.
    static func numbers(
        _ values: [SCPIValue], _ format: SpectrumTable.Format, _ order: SCPINumberBlock.ByteOrder, _ query: String,
        _ instrument: String
    ) throws(Fault) -> [Double] {
        let reading = SCPIReading(values, to: query, of: instrument)
        switch format {
        case .single:
            guard values.count == 1, case .block(let bytes) = values[0],
                let numbers = SCPINumberBlock.single(bytes, order)
            else { throw reading.bad("a block of numbers of 4 bytes") }
            return numbers
        case .text:
            var words: [String] = []
            for value in values {
                switch value {
                case .word(let word): words.append(word)
                case .block(let bytes):
                    words += String(decoding: bytes, as: UTF8.self).split(
                        separator: ",", omittingEmptySubsequences: false
                    ).map { $0.filter { $0 != " " && !$0.isNewline } }
                case .text: throw reading.bad("numbers")
                }
            }
            // Siglent's list ends with a comma.
            if words.last?.isEmpty == true { words.removeLast() }
            let numbers = words.compactMap { SCPINumber.parse($0) }
            guard numbers.count == words.count else { throw reading.bad("numbers") }
            return numbers
        }
    }
}
