import BenchCore

/// What a `scpi-counter` is told and what it answers, pure.
enum SCPICounterWire {
    /// Bytes of one edge: clock (Int64) and reference count (Float64), both high byte first.
    static let edgeSize = 16

    /// The command that arms channels, as a SCPI channel list (SCPI-1999 Volume 1, 8.3.2).
    static func arm(_ channels: [Int]) -> String { "PULS:ARM (@\(channels.map(String.init).joined(separator: ",")))" }

    /// The query for the edges of a channel from a number on.
    static func data(_ channel: Int, _ from: Int) -> String { "PULS:DATA? \(channel),\(from)" }

    /// Clock, next number, overrun, block of edges.
    static func edges(
        _ values: [SCPIValue], from: Int, to query: String, _ instrument: String
    ) throws(Fault) -> EdgeBlock {
        let reading = SCPIReading(values, to: query, of: instrument)
        guard values.count == 4, let now = values[0].integer, let next = values[1].integer,
            case .block(let bytes) = values[3]
        else { throw reading.bad("clock, next number, overrun, block") }
        let overrun = try reading.flag(2)
        guard bytes.count % edgeSize == 0 else { throw reading.bad("a block of 16 bytes an edge") }
        let count = bytes.count / edgeSize
        // After an overrun the first edge still held has a higher number than the one asked for.
        guard overrun ? next >= from + count : next == from + count else {
            throw reading.bad("\(from + count) as the next number after \(count) edges from \(from)")
        }
        var edges: [PulseEdge] = []
        edges.reserveCapacity(count)
        for index in 0..<count {
            let at = index * edgeSize
            let tick = Int64(bitPattern: word(bytes, at))
            let reference = Double(bitPattern: word(bytes, at + 8))
            guard reference.isFinite else { throw reading.bad("a finite reference count at each edge") }
            edges.append(PulseEdge(tick: tick, referenceCount: reference))
        }
        return EdgeBlock(edges: edges, next: Int(next), overrun: overrun, now: now)
    }

    private static func word(_ bytes: [UInt8], _ at: Int) -> UInt64 {
        bytes[at..<(at + 8)].reduce(0) { $0 << 8 | UInt64($1) }
    }
}
