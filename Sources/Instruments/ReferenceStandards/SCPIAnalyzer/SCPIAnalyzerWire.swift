import BenchCore

/// What a power analyzer by table answers, pure.
enum SCPIAnalyzerWire {
    /// Exactly so many numbers, marks included, as text or as a block.
    static func numbers(
        _ values: [SCPIValue], _ count: Int, _ format: AnalyzerTable.Format, _ query: String, _ instrument: String
    ) throws(Fault) -> [Double] {
        let reading = SCPIReading(values, to: query, of: instrument)
        let numbers: [Double]
        switch format {
        case .text: numbers = values.compactMap(\.number)
        case .single:
            guard values.count == 1, case .block(let bytes) = values[0],
                let unpacked = SCPINumberBlock.single(bytes, .normal)
            else { throw reading.bad("a block of numbers of 4 bytes") }
            numbers = unpacked
        }
        guard numbers.count == count, format == .single || values.count == count else {
            throw reading.bad("\(count) numbers")
        }
        return numbers
    }
}
