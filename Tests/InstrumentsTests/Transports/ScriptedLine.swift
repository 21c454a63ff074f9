import BenchCore
import Synchronization
import TestSupport

@testable import Instruments

/// A serial line whose other end does what a test says, byte by byte; every request is kept.
final class ScriptedLine: Sendable {
    /// Where a `ModbusLine` finds it.
    let address: ModbusAddress
    private let spoken: Spoken, server: LoopbackServer, folder: TemporaryFolder

    /// Unit and function of every request so far, in order.
    var requests: [(unit: Int, function: Int)] {
        spoken.frames.withLock { $0.map { (Int($0[0]), Int($0[1])) } }
    }

    /// `reply` gets the number of a request (from 1) and its frame.
    init(_ reply: @escaping @Sendable (Int, [UInt8]) -> [WireReply]) throws {
        folder = try TemporaryFolder()
        spoken = Spoken(reply)
        let path = folder.path + "/line"
        server = try LoopbackServer(spoken, path: path, format: SerialFormat(baud: 9600, format: "8N1"))
        guard let settings = SerialSettings(baud: 9600, format: "8N1") else { throw PeerError("no settings") }
        address = .rtu(device: path, settings)
    }

    /// The bytes of an answer to a read of words: the unit's number in each word.
    static func answer(_ request: [UInt8], unit: UInt8? = nil) -> [UInt8] {
        let count = request[5]
        let words: [UInt8] = (0..<(2 * count)).map { $0 % 2 == 0 ? 0 : request[0] }
        return ModbusRTU.frame(unit: unit ?? request[0], pdu: [request[1], 2 * count] + words)
    }

    private final class Spoken: WireProtocol {
        let frames = Mutex<[[UInt8]]>([])
        let reply: @Sendable (Int, [UInt8]) -> [WireReply]

        init(_ reply: @escaping @Sendable (Int, [UInt8]) -> [WireReply]) { self.reply = reply }
        func session() -> any WireSession { Session(spoken: self) }

        struct Session: WireSession {
            let spoken: Spoken

            mutating func consume(_ buffer: inout [UInt8]) -> [WireReply] {
                var replies: [WireReply] = []
                while case .known(let length) = ModbusRTU.requestLength(buffer[...]), buffer.count >= length {
                    let frame = Array(buffer[..<length])
                    buffer.removeFirst(length)
                    let number = spoken.frames.withLock { frames in
                        frames.append(frame)
                        return frames.count
                    }
                    replies += spoken.reply(number, frame)
                }
                return replies
            }
        }
    }
}
