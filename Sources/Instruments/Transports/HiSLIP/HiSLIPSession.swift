import BenchCore

/// The two connections of one HiSLIP session, opened in the order that IVI-6.1, 6.1 demands.
final class HiSLIPSession {
    let synchronous: HiSLIPChannel, asynchronous: HiSLIPChannel
    /// The longest message the instrument takes, header included, bytes.
    let longestMessage: Int

    /// Opens a session. Faults: `connectionRefused`, `timeout`, `connectionLost`, `badAnswer`.
    init(
        host: String, port: Int, device: String, within seconds: Double, instrument: String, tap: WireTap?
    ) throws(Fault) {
        let deadline = WireTime.now + seconds
        let step = Opening(place: "\(host):\(port)", instrument: instrument, seconds: seconds)
        synchronous = HiSLIPChannel(
            try TCPStream(host: host, port: port, within: seconds, instrument: instrument), name: "synchronous",
            tap: tap)
        let channel = synchronous
        // Version 1.0 and two letters of our vendor (6.1); «xx» is nobody's.
        let opened = try step.run("Initialize") { () throws(PortTrouble) in
            try channel.send(
                HiSLIPMessage(.initialize, parameter: 0x0100_7878, payload: Array(device.utf8)), until: deadline)
            return try Self.answer(.initializeResponse, on: channel, until: deadline)
        }
        let session = opened.parameter & 0xFFFF
        asynchronous = HiSLIPChannel(
            try TCPStream(
                host: host, port: port, within: max(0.05, deadline - WireTime.now), instrument: instrument),
            name: "asynchronous", tap: tap)
        let other = asynchronous
        _ = try step.run("AsyncInitialize") { () throws(PortTrouble) in
            try other.send(HiSLIPMessage(.asyncInitialize, parameter: session), until: deadline)
            return try Self.answer(.asyncInitializeResponse, on: other, until: deadline)
        }
        let theirs = try step.run("question for the size of messages") { () throws(PortTrouble) in
            let ours = HiSLIPMessage.size(HiSLIPPort.longestPayload)
            try other.send(HiSLIPMessage(.asyncMaximumSize, payload: ours), until: deadline)
            let answer = try Self.answer(.asyncMaximumSizeResponse, on: other, until: deadline)
            guard let size = HiSLIPMessage.size(answer.payload), size > UInt64(HiSLIPMessage.headerSize) else {
                throw .broken("no message has room in what it takes")
            }
            return size
        }
        longestMessage = Int(min(theirs, UInt64(HiSLIPPort.longestPayload)))
        let version = "\(opened.parameter >> 24).\(opened.parameter >> 16 & 255)"
        tap?.note("HiSLIP \(version), session \(session), messages up to \(longestMessage) bytes")
    }

    /// The answer that must come next.
    private static func answer(
        _ kind: HiSLIPMessage.Kind, on channel: HiSLIPChannel, until deadline: Double
    ) throws(PortTrouble) -> HiSLIPMessage {
        let message = try channel.next(until: deadline, unless: nil)
        if message.kind == kind { return message }
        switch message.kind {
        case .fatalError, .error:
            let text = String(decoding: message.payload.prefix(200), as: UTF8.self)
            throw .broken("it says «\(HiSLIPMessage.words(message.kind ?? .error, message.control))» \(text)")
        default: throw .broken("it answers with a message of kind \(message.type)")
        }
    }
}
