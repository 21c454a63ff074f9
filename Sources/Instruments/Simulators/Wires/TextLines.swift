/// Text lines of a simulated instrument: takes whole lines from the front of what has arrived.
struct TextLines: WireSession {
    /// Does one line and answers it; `nil` for silence. The answer has no line end.
    var perform: (String) -> [UInt8]?

    mutating func consume(_ buffer: inout [UInt8]) -> [WireReply] {
        var replies: [WireReply] = []
        while let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
            let line = String(decoding: buffer[..<end].filter { $0 != 13 }, as: UTF8.self)
            buffer.removeSubrange(...end)
            if let bytes = perform(line) { replies.append(WireReply(bytes: bytes + [10])) }
        }
        return replies
    }
}
