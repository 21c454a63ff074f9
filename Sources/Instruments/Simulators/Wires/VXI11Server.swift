import Glibc

/// A simulated instrument behind VXI-11: core channel, abort channel and, where it is given a listener, its own port mapper (TCP
/// only).
///
/// Listener 0 is the core channel, 1 the abort channel, 2 the port mapper. Locks are granted or refused at once; interrupts and
/// `device_docmd` are answered «not supported» (VXI-11 revision 1.0, B.6.13, B.6.14).
final class VXI11Server: LinkProtocol {
    private struct Link {
        let id: Int32, client: Int, device: MessageDevice
    }
    /// A read that waits for the instrument.
    private struct Waiting {
        let client: Int, call: UInt32, link: Int32, size: Int, deadline: Double, stopAt: UInt8?
    }
    private let spoken: any WireProtocol, device: String, corePort: Int, abortPort: Int
    /// The longest `device_write` taken, bytes.
    private let longestWrite: Int
    private var links: [Int32: Link] = [:]
    private var lastLink: Int32 = 0
    private var lockedBy: Int32?
    private var records: [Int: RPCRecords] = [:]
    private var waiting: [Waiting] = []
    /// Calls of a client behind one that waits.
    private var queued: [Int: [RPCMessage.Call]] = [:]

    init(spoken: any WireProtocol, device: String, corePort: Int, abortPort: Int, longestWrite: Int = 4096) {
        self.spoken = spoken
        self.device = device
        self.corePort = corePort
        self.abortPort = abortPort
        self.longestWrite = longestWrite
    }

    func received(_ bytes: [UInt8], from client: Int, at listener: Int, _ hands: LinkHands) {
        records[client, default: RPCRecords(longest: longestWrite + 4096)].add(bytes)
        do throws(XDR.Malformed) {
            while let record = try records[client]?.next() {
                guard let call = RPCMessage.Call(record) else { return hands.drop(client) }
                if waiting.contains(where: { $0.client == client }) {
                    queued[client, default: []].append(call)
                } else {
                    handle(call, client, listener, hands)
                }
            }
        } catch { hands.drop(client) }
    }

    func closed(_ client: Int, _ hands: LinkHands) {
        records[client] = nil
        queued[client] = nil
        waiting.removeAll { $0.client == client }
        for link in links.values where link.client == client { destroy(link.id) }
    }

    func due(_ now: Double, _ hands: LinkHands) -> Double? {
        for read in waiting {
            guard let link = links[read.link] else {
                finish(read, status(.invalidLink), hands)
                continue
            }
            if let answer = answer(to: read, link.device, now) {
                finish(read, answer, hands)
            } else if now >= read.deadline {
                finish(read, data([], 0, .timedOut), hands)
            }
        }
        return waiting.map { min($0.deadline, links[$0.link]?.device.nextAnswer ?? $0.deadline) }.min()
    }

    private func finish(_ read: Waiting, _ body: [UInt8], _ hands: LinkHands) {
        waiting.removeAll { $0.client == read.client && $0.call == read.call }
        reply(read.client, read.call, .success(body), hands)
        while !waiting.contains(where: { $0.client == read.client }), let next = queued[read.client]?.first {
            queued[read.client]?.removeFirst()
            handle(next, read.client, 0, hands)
        }
    }

    private func reply(
        _ client: Int, _ call: UInt32, _ result: Result<[UInt8], RPCMessage.Refusal>, _ hands: LinkHands
    ) { hands.send(RPCRecords.marked(RPCMessage.Reply(id: call, result: result).bytes), to: client) }

    private func handle(_ call: RPCMessage.Call, _ client: Int, _ listener: Int, _ hands: LinkHands) {
        let programs: [(UInt32, UInt32)] = [
            (VXI11Wire.core, 1), (VXI11Wire.abort, 1), (VXI11Wire.portMapper, VXI11Wire.portMapperVersion),
        ]
        let (program, version) = programs[min(listener, 2)]
        var result: Result<[UInt8], RPCMessage.Refusal>?
        if call.program != program {
            result = .failure(.programUnknown)
        } else if call.version != version {
            result = .failure(.versionUnknown)
        } else if call.procedure == 0 {
            // Every program has a procedure 0 that does nothing (RFC 5531, 12).
            result = .success([])
        } else {
            do throws(XDR.Malformed) {
                var reader = XDR.Reader(call.arguments)
                switch listener {
                case 0: result = try core(call, client, &reader)
                case 1: result = try abort(call, &reader, hands)
                default: result = try mapper(call, &reader)
                }
            } catch { result = .failure(.garbage) }
        }
        if let result { reply(client, call.id, result, hands) }
    }

    private func mapper(
        _ call: RPCMessage.Call, _ reader: inout XDR.Reader
    ) throws(XDR.Malformed) -> Result<[UInt8], RPCMessage.Refusal> {
        guard call.procedure == VXI11Wire.getPort else { return .failure(.procedureUnknown) }
        let program = try reader.unsigned()
        let version = try reader.unsigned()
        let transport = try reader.unsigned()
        let known = program == VXI11Wire.core && version == 1 && transport == VXI11Wire.protocolTCP
        var out = XDR.Writer()
        out.put(UInt32(known ? corePort : 0))
        return .success(out.bytes)
    }

    private func abort(
        _ call: RPCMessage.Call, _ reader: inout XDR.Reader, _ hands: LinkHands
    ) throws(XDR.Malformed) -> Result<[UInt8], RPCMessage.Refusal> {
        guard call.procedure == VXI11Wire.deviceAbort else { return .failure(.procedureUnknown) }
        let id = try reader.signed()
        guard links[id] != nil else { return .success(status(.invalidLink)) }
        for read in waiting where read.link == id { finish(read, data([], 0, .aborted), hands) }
        return .success(status(.done))
    }

    /// The core channel; `nil` where the answer comes later.
    private func core(
        _ call: RPCMessage.Call, _ client: Int, _ reader: inout XDR.Reader
    ) throws(XDR.Malformed) -> Result<[UInt8], RPCMessage.Refusal>? {
        guard let procedure = VXI11Wire.Procedure(rawValue: call.procedure) else { return .failure(.procedureUnknown) }
        switch procedure {
        case .createLink: return .success(try createLink(client, &reader))
        case .createInterrupts, .destroyInterrupts: return .success(status(.notSupported))
        default: break
        }
        let id = try reader.signed()
        guard let link = links[id] else { return .success(status(.invalidLink)) }
        let locked = lockedBy.map { $0 != id } ?? false
        switch procedure {
        case .destroyLink: destroy(id)
        case .lock:
            if locked { return .success(status(.lockedByOther)) }
            lockedBy = id
        case .unlock:
            if lockedBy != id { return .success(status(.notLocked)) }
            lockedBy = nil
        case .enableService, .doCommand: return .success(status(.notSupported))
        case _ where locked: return .success(status(.lockedByOther))
        case .write:
            _ = (try reader.unsigned(), try reader.unsigned())
            let flags = try reader.unsigned()
            let bytes = try reader.opaque(longest: longestWrite)
            link.device.write(bytes, end: flags & VXI11Wire.Flag.end != 0)
            var out = XDR.Writer()
            out.put(UInt32(bytes.count))
            return .success(status(.done) + out.bytes)
        case .read: return try read(call, client, link, &reader)
        case .readStatus:
            var out = XDR.Writer()
            out.put(UInt32(link.device.statusByte(WireTime.now)))
            return .success(status(.done) + out.bytes)
        case .trigger: link.device.trigger()
        case .clear: link.device.clear()
        case .remote: link.device.setRemote(true)
        case .local: link.device.setRemote(false)
        case .createLink, .createInterrupts, .destroyInterrupts: break
        }
        return .success(status(.done))
    }

    private func read(
        _ call: RPCMessage.Call, _ client: Int, _ link: Link, _ reader: inout XDR.Reader
    ) throws(XDR.Malformed) -> Result<[UInt8], RPCMessage.Refusal>? {
        let size = try reader.unsigned()
        let timeout = try reader.unsigned()
        _ = try reader.unsigned()
        let flags = try reader.unsigned()
        let character = UInt8(truncatingIfNeeded: try reader.unsigned())
        let now = WireTime.now
        let asked = Waiting(
            client: client, call: call.id, link: link.id, size: Int(size), deadline: now + Double(timeout) / 1000,
            stopAt: flags & VXI11Wire.Flag.termChar != 0 ? character : nil)
        if let body = answer(to: asked, link.device, now) { return .success(body) }
        waiting.append(asked)
        return nil
    }

    private func answer(to read: Waiting, _ device: MessageDevice, _ now: Double) -> [UInt8]? {
        guard let (bytes, end) = device.read(max(1, read.size), now) else { return nil }
        var reason: UInt32 = 0
        if end { reason |= VXI11Wire.Reason.end }
        if bytes.count == read.size { reason |= VXI11Wire.Reason.count }
        if let stopAt = read.stopAt, bytes.last == stopAt { reason |= VXI11Wire.Reason.character }
        return data(bytes, reason, .done)
    }

    private func createLink(_ client: Int, _ reader: inout XDR.Reader) throws(XDR.Malformed) -> [UInt8] {
        _ = try reader.signed()
        let lock = try reader.bool()
        _ = try reader.unsigned()
        let name = String(decoding: try reader.opaque(longest: 256), as: UTF8.self)
        guard name.lowercased() == device.lowercased() else { return status(.notAccessible) + link(0) }
        if lock, lockedBy != nil { return status(.lockedByOther) + link(0) }
        lastLink += 1
        links[lastLink] = Link(id: lastLink, client: client, device: MessageDevice(spoken))
        if lock { lockedBy = lastLink }
        return status(.done) + link(lastLink)
    }

    private func destroy(_ id: Int32) {
        links[id] = nil
        if lockedBy == id { lockedBy = nil }
    }

    private func status(_ status: VXI11Wire.Status) -> [UInt8] {
        var out = XDR.Writer()
        out.put(status.rawValue)
        return out.bytes
    }

    private func link(_ id: Int32) -> [UInt8] {
        var out = XDR.Writer()
        out.put(id)
        out.put(UInt32(abortPort))
        out.put(UInt32(longestWrite))
        return out.bytes
    }

    private func data(_ bytes: [UInt8], _ reason: UInt32, _ how: VXI11Wire.Status) -> [UInt8] {
        var out = XDR.Writer()
        out.put(how.rawValue)
        out.put(reason)
        out.put(bytes)
        return out.bytes
    }
}
