import BenchCore

/// Words of SunSpec points to values: pure.
///
/// Not-implemented values: SunSpec Device Information Model Specification V1.1, clause 4.2: 0x8000 for int16 and scale
/// factors, NaN for float32, zeros for text. An accumulator (acc32) has none that differs from a register still at zero.
enum SunSpecWire {
    /// The words to read for a point, from the model's number on: a point and its scale factor in one request, so that both
    /// are of one moment.
    static func span(_ point: SunSpecMap.Point) -> Range<Int> {
        let last = point.offset + point.words
        guard let scale = point.scale else { return point.offset..<last }
        return min(point.offset, scale)..<max(last, scale + 1)
    }

    /// What a point holds.
    enum Value: Sendable, Hashable { case number(Double), text(String), notImplemented }

    /// Reads the words of `span(point)`. Throws `Fault(.badAnswer)` when a value stands there without its scale factor.
    static func value(
        _ words: [UInt16], of name: String, _ point: SunSpecMap.Point, instrument: String
    ) throws(Fault) -> Value {
        let span = span(point)
        guard words.count == span.count else {
            throw Fault(.badAnswer, instrument, "\(words.count) words for «\(name)» where \(span.count) were asked")
        }
        let own = Array(words[(point.offset - span.lowerBound)...].prefix(point.words))
        let raw: Double
        switch point.kind {
        case .string:
            let text = RegisterWire.text(own)
            return text.isEmpty ? .notImplemented : .text(text)
        case .float32:
            guard case .number(let number) = RegisterWire.decode(own, .float(bits: 32), .bigEndian) else {
                return .notImplemented
            }
            raw = number
        case .int16:
            if own[0] == 0x8000 { return .notImplemented }
            raw = Double(Int16(bitPattern: own[0]))
        case .acc32: raw = Double(UInt32(own[0]) << 16 | UInt32(own[1]))
        }
        let unscaled = raw
        guard let scale = point.scale else { return .number(RegisterWire.scaled(unscaled, point.factor)) }
        let exponent = Int(Int16(bitPattern: words[scale - span.lowerBound]))
        guard (-10...10).contains(exponent) else {
            throw Fault(
                .badAnswer, instrument,
                "the scale factor of «\(name)» is \(exponent); -10 to 10 are possible, -32768 is not implemented")
        }
        let scaled = exponent < 0 ? unscaled / power(-exponent) : unscaled * power(exponent)
        return .number(RegisterWire.scaled(scaled, point.factor))
    }

    private static func power(_ exponent: Int) -> Double { (0..<exponent).reduce(1) { ten, _ in ten * 10 } }
}
