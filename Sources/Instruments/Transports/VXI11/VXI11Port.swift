import BenchCore
import Glibc

/// An instrument behind VXI-11, or behind a LAN-to-GPIB gateway that speaks it (`inst0`, `gpib0,5`).
///
/// TCP/IP Instrument Protocol Specification VXI-11, revision 1.0 (1995-07-17), over ONC RPC (RFC 5531) with the port mapper
/// (RFC 1833). Only used from one connection's thread.
final class VXI11Port: BytePort {
    /// The longest piece of an answer that is asked for, bytes.
    static let longestRead = 1 << 20
    let place: String
    let marksEnd = true
    private let host: String, instrument: String
    private let core: RPCChannel, link: VXI11Wire.Link
    private var abortChannel: RPCChannel?
    private let timeouts: WireTimeouts, tap: WireTap?
    /// How much longer than the instrument's own time-out we wait for it to say that its time is up, s.
    private static let grace = 0.3

    /// Opens a link.
    ///
    /// - Parameters:
    ///   - port: of the core channel; `nil` asks the port mapper.
    ///   - portMapper: its port: 111, or another one in tests.
    ///
    /// Faults: `connectionRefused`, `timeout`, `connectionLost`, `badAnswer`, `refused` with the instrument's reason.
    init(
        host: String, device: String, port: Int? = nil, portMapper: Int = VXI11Wire.portMapperPort,
        timeouts: WireTimeouts, instrument: String, tap: WireTap?
    ) throws(Fault) {
        place = "\(host)/\(device)"
        self.host = host
        self.instrument = instrument
        self.timeouts = timeouts
        self.tap = tap
        let deadline = WireTime.now + timeouts.connect
        let step = Opening(place: place, instrument: instrument, seconds: timeouts.connect)
        let corePort: Int
        if let port {
            corePort = port
        } else {
            let mapper = RPCChannel(
                try TCPStream(host: host, port: portMapper, within: timeouts.connect, instrument: instrument),
                program: VXI11Wire.portMapper, longest: 1024, tap: tap)
            corePort = try step.run("question to the port mapper") { () throws(PortTrouble) in
                let body = try mapper.call(
                    VXI11Wire.getPort, VXI11Wire.getPort(program: VXI11Wire.core),
                    version: VXI11Wire.portMapperVersion, until: deadline, unless: nil)
                var reader = XDR.Reader(body)
                do throws(XDR.Malformed) { return Int(try reader.unsigned()) } catch { throw .broken(error.reason) }
            }
        }
        // Port 0 says that the program is not registered (RFC 1833, 3.2).
        guard (1...65535).contains(corePort) else {
            throw Fault(
                .connectionRefused, instrument, "\(host) serves no VXI-11: its port mapper knows no such program")
        }
        let channel = RPCChannel(
            try TCPStream(
                host: host, port: corePort, within: max(0.05, deadline - WireTime.now), instrument: instrument),
            program: VXI11Wire.core, longest: Self.longestRead + 1024, tap: tap)
        core = channel
        let client = getpid()
        link = try step.run("link") { () throws(PortTrouble) in
            let body = try channel.call(
                VXI11Wire.Procedure.createLink.rawValue, VXI11Wire.createLink(client: client, device: device),
                until: deadline, unless: nil)
            return try Self.answer { () throws(VXI11Trouble) in try VXI11Wire.link(body) }
        }
        tap?.note("VXI-11 link \(link.id) to \(device), writes up to \(link.longestWrite) bytes")
    }

    deinit {
        // The instrument has few links; the answer is of no interest, but it must have a chance to read the call.
        _ = try? call(.destroyLink, VXI11Wire.only(link: link.id), until: WireTime.now + 0.2)
    }

    func isClean() -> Bool { core.isAlive }

    func send(_ bytes: [UInt8], until deadline: Double) throws(PortTrouble) {
        let room = Int(link.longestWrite)
        var at = 0
        repeat {
            let upTo = min(at + room, bytes.count)
            let end = upTo == bytes.count
            let piece = Array(bytes[at..<upTo])
            func arguments(_ data: [UInt8]) -> [UInt8] {
                VXI11Wire.write(link: link.id, timeout: Self.milliseconds(until: deadline), end: end, data)
            }
            let body = try core.call(
                VXI11Wire.Procedure.write.rawValue, arguments(piece), shown: arguments(WireSecrets.masked(piece)),
                until: deadline + Self.grace, unless: nil)
            let taken = try Self.answer { () throws(VXI11Trouble) in try VXI11Wire.written(body) }
            guard taken == upTo - at else {
                // With END given the instrument has taken what it has as the whole command.
                if end || taken > upTo - at || taken <= 0 {
                    throw .broken("it took \(taken) of \(upTo - at) bytes of a command")
                }
                at += taken
                continue
            }
            at = upTo
        } while at < bytes.count
    }

    func receive(until deadline: Double, unless urgency: Urgency?) throws(PortTrouble) -> PortBytes {
        let body = try call(
            .read,
            VXI11Wire.read(
                link: link.id, size: UInt32(Self.longestRead), timeout: Self.milliseconds(until: deadline)),
            until: deadline + Self.grace, unless: urgency)
        let (bytes, reason) = try Self.answer { () throws(VXI11Trouble) in
            try VXI11Wire.data(body, longest: Self.longestRead)
        }
        return PortBytes(bytes: bytes, end: reason & VXI11Wire.Reason.end != 0)
    }

    /// Ends what hangs by the abort channel, then clears the device (B.6.6, B.6.15).
    func recover() -> Bool {
        let deadline = WireTime.now + min(max(timeouts.response, 0.2), 1)
        tap?.note("device abort and device clear")
        do throws(PortTrouble) {
            try abort(until: deadline)
            let arguments = VXI11Wire.generic(link: link.id, timeout: Self.milliseconds(until: deadline))
            try done(try call(.clear, arguments, until: deadline + Self.grace))
            return true
        } catch {
            tap?.note("the device clear failed")
            return false
        }
    }

    private func abort(until deadline: Double) throws(PortTrouble) {
        if abortChannel == nil || abortChannel?.isAlive == false {
            // A gateway without an abort channel states port 0: then the clear alone has to do.
            guard link.abortPort > 0 else { return }
            do throws(Fault) {
                let stream = try TCPStream(
                    host: host, port: Int(link.abortPort), within: max(0.05, deadline - WireTime.now),
                    instrument: instrument)
                abortChannel = RPCChannel(stream, program: VXI11Wire.abort, longest: 1024, tap: tap)
            } catch { throw .lost(error.detail) }
        }
        guard let abortChannel else { return }
        let body = try abortChannel.call(
            VXI11Wire.deviceAbort, VXI11Wire.only(link: link.id), until: deadline, unless: nil)
        try done(body)
    }

    func statusByte(until deadline: Double) throws(PortTrouble) -> UInt8 {
        let body = try simple(.readStatus, until: deadline)
        return try Self.answer { () throws(VXI11Trouble) in try VXI11Wire.status(body) }
    }

    func trigger(until deadline: Double) throws(PortTrouble) { try done(try simple(.trigger, until: deadline)) }

    func remote(_ on: Bool, until deadline: Double) throws(PortTrouble) {
        try done(try simple(on ? .remote : .local, until: deadline))
    }

    /// Takes the device for this link alone; false when another one has it (B.6.10).
    func lock(until deadline: Double) throws(PortTrouble) -> Bool {
        let arguments = VXI11Wire.lock(
            link: link.id, flags: VXI11Wire.Flag.waitLock, lockTimeout: Self.milliseconds(until: deadline))
        let body = try call(.lock, arguments, until: deadline + Self.grace)
        do throws(VXI11Trouble) {
            try VXI11Wire.done(body)
            return true
        } catch .refused(.lockedByOther) { return false } catch { throw Self.trouble(error) }
    }

    /// Gives the device free (B.6.11).
    func unlock(until deadline: Double) throws(PortTrouble) {
        try done(try call(.unlock, VXI11Wire.only(link: link.id), until: deadline))
    }

    private func simple(_ procedure: VXI11Wire.Procedure, until deadline: Double) throws(PortTrouble) -> [UInt8] {
        let arguments = VXI11Wire.generic(link: link.id, timeout: Self.milliseconds(until: deadline))
        return try call(procedure, arguments, until: deadline + Self.grace)
    }

    private func call(
        _ procedure: VXI11Wire.Procedure, _ arguments: [UInt8], until deadline: Double, unless urgency: Urgency? = nil
    ) throws(PortTrouble) -> [UInt8] {
        try core.call(procedure.rawValue, arguments, until: deadline, unless: urgency)
    }

    private func done(_ body: [UInt8]) throws(PortTrouble) {
        try Self.answer { () throws(VXI11Trouble) in try VXI11Wire.done(body) }
    }

    private static func answer<T>(_ read: () throws(VXI11Trouble) -> T) throws(PortTrouble) -> T {
        do throws(VXI11Trouble) { return try read() } catch { throw trouble(error) }
    }

    private static func trouble(_ trouble: VXI11Trouble) -> PortTrouble {
        switch trouble {
        case .malformed(let why): return .broken("an unreadable reply: \(why)")
        case .refused(.timedOut): return .late
        case .refused(.notSupported): return .unsupported(VXI11Wire.Status.notSupported.words)
        // The link is gone: the instrument was restarted.
        case .refused(.invalidLink): return .lost(VXI11Wire.Status.invalidLink.words)
        case .refused(let status): return .broken("it says: \(status.words)")
        }
    }

    private static func milliseconds(until deadline: Double) -> UInt32 {
        UInt32(max(1, min(3.6e6, ((deadline - WireTime.now) * 1000).rounded(.up))))
    }
}
