import BenchCore
import Glibc

/// One connection to an RPC program: a call, then its reply; replies to calls that were given up are thrown away by their number.
final class RPCChannel {
    private let stream: TCPStream, tap: WireTap?, program: UInt32
    private var records: RPCRecords
    private var lastID: UInt32 = 0
    /// What the channel broke with; after that it is of no use.
    private(set) var dead: PortTrouble?

    /// `longest` is the longest reply that makes sense.
    init(_ stream: TCPStream, program: UInt32, longest: Int, tap: WireTap?) {
        self.stream = stream
        self.program = program
        self.tap = tap
        records = RPCRecords(longest: longest)
    }

    /// Calls a procedure and returns the body of its reply. `shown`: the arguments for the wire log, where they hold a secret.
    func call(
        _ procedure: UInt32, _ arguments: [UInt8], version: UInt32 = 1, shown: [UInt8]? = nil, until deadline: Double,
        unless urgency: Urgency?
    ) throws(PortTrouble) -> [UInt8] {
        if let dead { throw dead }
        lastID &+= 1
        let call = RPCMessage.Call(
            id: lastID, program: program, version: version, procedure: procedure, arguments: arguments)
        let bytes = RPCRecords.marked(call.bytes)
        guard stream.send(bytes, until: deadline) else { throw die(.lost("the connection broke while sending")) }
        if let tap {
            var logged = call
            logged.arguments = shown ?? arguments
            tap.sent(RPCRecords.marked(logged.bytes))
        }
        while true {
            let reply = try next(until: deadline, unless: urgency)
            guard reply.id == lastID else {
                // Only what was asked can be answered late.
                guard reply.id < lastID else { throw die(.broken("a reply to call \(reply.id), which was not made")) }
                tap?.note("thrown away: the reply to call \(reply.id), which was given up")
                continue
            }
            switch reply.result {
            case .success(let body): return body
            case .failure(let why): throw .unsupported(why.words)
            }
        }
    }

    private func next(until deadline: Double, unless urgency: Urgency?) throws(PortTrouble) -> RPCMessage.Reply {
        while true {
            do throws(XDR.Malformed) {
                if let record = try records.next() { return try RPCMessage.Reply(record) }
            } catch { throw die(.broken("an unreadable reply: \(error.reason)")) }
            switch WireTime.wait(for: stream.descriptor, POLLIN, until: deadline, unless: urgency) {
            case .late: throw .late
            case .urgent: throw .urgent
            case .ready: break
            }
            switch stream.receive() {
            case .nothing: continue
            case .closed: throw die(.lost("the other end closed the connection"))
            case .bytes(let bytes):
                tap?.received(bytes)
                records.add(bytes)
            }
        }
    }

    /// Whether the other end is still there.
    var isAlive: Bool {
        guard dead == nil else { return false }
        switch stream.receive() {
        case .nothing: return true
        case .closed: return false
        case .bytes(let bytes):
            // The reply to a call that was given up.
            tap?.received(bytes)
            records.add(bytes)
            return true
        }
    }

    private func die(_ trouble: PortTrouble) -> PortTrouble {
        dead = trouble
        return trouble
    }
}
