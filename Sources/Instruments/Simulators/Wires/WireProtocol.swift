/// What a simulator sends back for one request.
struct WireReply: Sendable, Hashable {
    /// The bytes; empty for silence.
    var bytes: [UInt8]
    /// How long it waits before, s of life.
    var delay = 0.0
}

/// One client's conversation with a simulator.
protocol WireSession {
    /// Takes every whole request from the front of `buffer` and answers it.
    mutating func consume(_ buffer: inout [UInt8]) -> [WireReply]
}

/// What is spoken on a wire.
protocol WireProtocol: Sendable {
    /// A conversation with a new client.
    func session() -> any WireSession
}
