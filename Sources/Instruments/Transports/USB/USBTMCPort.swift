import BenchCore
import Glibc

/// An instrument of the USB test and measurement class (USBTMC 1.00, USB488 1.00), over libusb.
///
/// One exchange at a time: a message out (in transfers of up to 1 MiB), then a request for each transfer of the answer. When
/// an exchange does not end as it should, ``recover()`` aborts the transfer that is open and clears the interface, so that
/// the next answer belongs to the next query; that is what other stacks make people switch the instrument off for.
final class USBTMCPort: BytePort {
    let place: String
    let handle: USBHandle
    let quirks: USBQuirk
    let tap: WireTap?
    private(set) var capabilities = USBTMC.Capabilities.none
    let bulkOut: UInt8, bulkIn: UInt8
    /// Ends an answer early at this character, where the device can; `nil`: not.
    var termChar: UInt8?
    /// What was open when an exchange failed.
    enum Open: Equatable { case nothing, sending(tag: UInt8), answering(tag: UInt8), unknown }
    var open = Open.nothing
    /// Endpoints that reported a halt.
    var halted: Set<UInt8> = []
    var statusTags = USBTMC.StatusTags()
    private var tags = USBTMC.Tags()
    private(set) var notices: USBNotices?
    private let buffer: UnsafeMutableRawBufferPointer
    /// Bytes of an answer asked for at a time; grows while a long one comes in.
    private var asked = smallest
    private static let smallest = 16 << 10, largest = 1 << 20
    /// Bytes of the answer that has come so far.
    private var messageSize = 0
    /// Longest a control request may take, seconds. USB 2.0, 9.2.6.4 gives a device 5 s; one that needs more than this is
    /// of no use when a bench has to be made safe.
    static let patience = 0.5
    /// Longest that the line feed behind a block may stay away, seconds (an assumption; it is sent with the block).
    private static let terminatorWait = 0.05

    var marksEnd: Bool { true }

    /// Opens the instrument with that vendor, product and serial number (`nil`: whichever is the only one). Fault
    /// `connectionRefused` says why not.
    init(
        vendor: UInt16, product: UInt16, serial: String?, timeouts: WireTimeouts, tap: WireTap?, instrument: String
    ) throws(Fault) {
        let quirks = USBQuirk.of(vendor: vendor, product: product)
        let handle = try Self.opened(vendor, product, serial, quirks, timeouts, instrument)
        let name = "usbtmc \(USBDevice.name(vendor, product))"
        guard let bulkOut = handle.interface.bulkOut, let bulkIn = handle.interface.bulkIn else {
            throw Fault(.connectionRefused, instrument, "\(name) lacks a bulk endpoint (USBTMC 1.00, 5.6)")
        }
        self.handle = handle
        self.bulkOut = bulkOut
        self.bulkIn = bulkIn
        self.quirks = quirks
        self.tap = tap
        place = handle.device.serial.map { "\(name) serial number \($0)" } ?? name
        // Room for a header, the largest answer and its alignment, in whole packets.
        let room = (Self.largest / handle.interface.packet + 2) * handle.interface.packet
        buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: room, alignment: 16)
        try begin(instrument)
    }

    deinit {
        notices = nil
        buffer.deallocate()
    }

    private static func opened(
        _ vendor: UInt16, _ product: UInt16, _ serial: String?, _ quirks: USBQuirk, _ timeouts: WireTimeouts,
        _ instrument: String
    ) throws(Fault) -> USBHandle {
        let reset = quirks.contains(.resetAtOpen)
        let deadline = WireTime.now + timeouts.connect + 2
        var again = false
        while true {
            do throws(Fault) {
                return try USBHandle(
                    vendor: vendor, product: product, serial: serial, instrument: instrument, reset: reset && !again
                ) { $0.usbtmc }
            } catch {
                // A reset may make the device leave the bus and come back as a new one.
                guard reset, WireTime.now < deadline, again || error.detail.contains("cannot be reset") else {
                    throw error
                }
                again = true
                WireTime.pause(0.1)
            }
        }
    }

    /// What the instrument can do, and nothing left over from whoever used it before.
    private func begin(_ instrument: String) throws(Fault) {
        let usb488 = handle.interface.interfaceProtocol == USBTMC.usb488Protocol
        switch control(.getCapabilities) {
        case .bytes(let bytes):
            if let found = USBTMC.capabilities(bytes, usb488: usb488) {
                capabilities = found
            } else {
                tap?.note("the answer to GET_CAPABILITIES cannot be used: \(WireTap.hex(bytes))")
            }
        case .stalled: tap?.note("GET_CAPABILITIES is refused")
        case .late, .failed: throw Fault(.timeout, instrument, "\(place) does not answer GET_CAPABILITIES")
        case .lost: throw Fault(.connectionLost, instrument, "\(place) was unplugged")
        }
        if usb488, let endpoint = handle.interface.interruptIn { notices = USBNotices(handle, endpoint: endpoint) }
        // Somebody before us may have left an exchange open.
        if !quirks.contains(.noClear), !clear() {
            tap?.note("the interface could not be cleared")
            open = .unknown
        }
    }

    // MARK: the port

    func isClean() -> Bool {
        handle.handleEvents(only: 0)
        return open == .nothing && halted.isEmpty && handle.isThere()
    }

    func send(_ bytes: [UInt8], until deadline: Double) throws(PortTrouble) {
        var at = 0
        messageSize = 0
        while at < bytes.count {
            let size = min(bytes.count - at, Self.largest)
            let end = at + size == bytes.count
            let tag = tags.next()
            let message = bytes[at..<(at + size)]
            try put(
                USBTMC.messageOut(tag: tag, size: size, end: end), message, tag: tag, until: deadline, unless: nil)
            at += size
        }
        if quirks.contains(.slow) { WireTime.pause(0.01) }
    }

    func receive(until deadline: Double, unless urgency: Urgency?) throws(PortTrouble) -> PortBytes {
        var bytes: [UInt8] = []
        let end = try receive(into: &bytes, until: deadline, unless: urgency)
        return PortBytes(bytes: bytes, end: end)
    }

    func receive(
        into message: inout [UInt8], until deadline: Double, unless urgency: Urgency?
    ) throws(PortTrouble) -> Bool {
        if quirks.contains(.oneHeader) {
            message += try receiveOneHeader(until: deadline, unless: urgency)
            return true
        }
        // A full answer plus its header is a few bytes short of whole packets, so that it ends with a short packet and
        // never with one of zero length, which some devices forget (USBTMC, 3.3).
        let packet = handle.interface.packet
        let length = max(packet * 2, asked / packet * packet), size = length - 16
        let tag = try request(size, until: deadline, unless: urgency)
        let count = try get(length, tag: tag, asked: size, until: deadline, unless: urgency)
        let answer = try header(count, tag: tag, asked: size)
        guard count >= USBTMC.headerSize + answer.size else {
            open = .answering(tag: tag)
            throw .broken("an answer of \(answer.size) bytes is cut after \(count - USBTMC.headerSize)")
        }
        message += UnsafeRawBufferPointer(
            rebasing: buffer[USBTMC.headerSize..<(USBTMC.headerSize + answer.size)])
        let end = answer.end || answer.stoppedAtTermChar
        // Until its end is read, the rest of a message stands in the way of the next answer.
        open = end ? .nothing : .unknown
        messageSize += answer.size
        if !end, answer.size == size {
            asked = Self.largest
        } else if end {
            if messageSize < asked / 8 { asked = max(asked / 4, Self.smallest) }
            messageSize = 0
        }
        return end
    }

    // MARK: pieces

    /// Asks for up to `size` bytes of the answer; returns the tag.
    private func request(_ size: Int, until deadline: Double, unless urgency: Urgency?) throws(PortTrouble) -> UInt8 {
        let tag = tags.next()
        let header = USBTMC.request(tag: tag, size: size, termChar: capabilities.termChar ? termChar : nil)
        try put(header, [], tag: tag, until: deadline, unless: urgency)
        return tag
    }

    /// Sends one bulk-out transfer.
    private func put(
        _ header: [UInt8], _ message: ArraySlice<UInt8>, tag: UInt8, until deadline: Double, unless urgency: Urgency?
    ) throws(PortTrouble) {
        let padding = USBTMC.padding(message.count)
        var transfer: [UInt8] = []
        transfer.reserveCapacity(header.count + message.count + padding)
        transfer += header
        transfer += message
        transfer += repeatElement(0, count: padding)
        if let tap {
            let shown = WireSecrets.masked(Array(message))
            tap.sent(header + shown + [UInt8](repeating: 0, count: padding))
        }
        let ended = transfer.withUnsafeMutableBytes { handle.bulk(bulkOut, $0, until: deadline, unless: urgency) }
        switch ended {
        case .done(let count):
            guard count == transfer.count else {
                open = .sending(tag: tag)
                throw .broken("it took \(count) bytes of \(transfer.count)")
            }
        case .late:
            open = .sending(tag: tag)
            throw .late
        case .urgent:
            open = .sending(tag: tag)
            throw .urgent
        default: throw trouble(ended, bulkOut, .sending(tag: tag))
        }
    }

    /// Reads one bulk-in transfer of up to `length` bytes into the buffer, at `offset`; returns its size.
    private func get(
        _ length: Int, at offset: Int = 0, tag: UInt8, asked: Int, until deadline: Double, unless urgency: Urgency?
    ) throws(PortTrouble) -> Int {
        // The zero-length packet that ended an earlier transfer may still be there: read past it, twice at most.
        for attempt in 0..<3 {
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[offset..<(offset + length)])
            let ended = handle.bulk(bulkIn, part, until: deadline, unless: urgency)
            if case .done(0) = ended, attempt < 2 { continue }
            switch ended {
            case .done(let count):
                tap?.received(copy(offset..<(offset + count)))
                return count
            case .late(let count), .urgent(let count):
                tap?.received(copy(offset..<(offset + count)))
                // All of it is there, and only the packet that ends the transfer is not.
                if offset == 0,
                    let answer = try? USBTMC.answer(
                        UnsafeRawBufferPointer(rebasing: part[..<count]), to: tag, asked: asked,
                        anyTag: quirks.contains(.anyTag)),
                    count >= USBTMC.headerSize + answer.size
                {
                    tap?.note("the packet that ends the transfer is missing")
                    return count
                }
                open = .answering(tag: tag)
                if case .late = ended { throw .late }
                throw .urgent
            default: throw trouble(ended, bulkIn, .answering(tag: tag))
            }
        }
        open = .answering(tag: tag)
        throw .broken("three empty transfers where an answer was due")
    }

    /// What stands in the buffer.
    private func copy(_ range: Range<Int>) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: range.count) { room, count in
            UnsafeMutableRawBufferPointer(room).copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[range]))
            count = range.count
        }
    }

    private func header(_ count: Int, tag: UInt8, asked: Int) throws(PortTrouble) -> USBTMC.Answer {
        do throws(USBTMC.Broken) {
            return try USBTMC.answer(
                UnsafeRawBufferPointer(rebasing: buffer[..<count]), to: tag, asked: asked,
                anyTag: quirks.contains(.anyTag))
        } catch {
            open = .answering(tag: tag)
            throw .broken(error.reason)
        }
    }

    /// Notes what a failed transfer leaves behind.
    private func trouble(_ ended: USBHandle.Ended, _ endpoint: UInt8, _ left: Open) -> PortTrouble {
        open = left
        switch ended {
        case .stalled:
            halted.insert(endpoint)
            tap?.note("endpoint \(endpoint) is halted")
            return .broken(endpoint == bulkOut ? "it refuses the message" : "it refuses to answer")
        case .lost:
            tap?.note("unplugged")
            return .lost("it was unplugged")
        case .failed(let reason): return .broken(reason)
        case .done, .late, .urgent: return .late
        }
    }

    /// An answer of a device that sends one header only: asked for once, then read until it is whole. A block's own
    /// length counts more than the header's size (see ``USBQuirk/oneHeader``).
    private func receiveOneHeader(until deadline: Double, unless urgency: Urgency?) throws(PortTrouble) -> [UInt8] {
        let packet = handle.interface.packet
        let length = Self.largest / packet * packet
        let tag = try request(length - 16, until: deadline, unless: urgency)
        var count = try get(length, tag: tag, asked: length - 16, until: deadline, unless: urgency)
        let answer = try header(count, tag: tag, asked: length - 16)
        var bytes = copy(USBTMC.headerSize..<count)
        let block = BlockLength.whole(bytes)
        let whole = block ?? answer.size
        while bytes.count < whole {
            count = try get(length, tag: tag, asked: 0, until: deadline, unless: urgency)
            bytes += copy(0..<count)
        }
        if block == bytes.count { try readTerminator(length, tag: tag, until: deadline, unless: urgency) }
        open = .nothing
        return Array(bytes[..<whole])
    }

    /// Reads past the line feed that follows a block (IEEE 488.2, 8.5) where it comes as a transfer of its own: left there
    /// it would stand in front of the next answer. Some devices leave it out.
    private func readTerminator(
        _ length: Int, tag: UInt8, until deadline: Double, unless urgency: Urgency?
    ) throws(PortTrouble) {
        do throws(PortTrouble) {
            _ = try get(
                length, tag: tag, asked: 0, until: min(deadline, WireTime.now + Self.terminatorWait), unless: urgency)
        } catch {
            guard error == .late else { throw error }
        }
    }

    /// Sends the trigger message.
    func trigger(until deadline: Double) throws(PortTrouble) {
        guard capabilities.trigger else { throw .unsupported("it does not take the TRIGGER message") }
        let tag = tags.next()
        try put(USBTMC.trigger(tag: tag), [], tag: tag, until: deadline, unless: nil)
    }

    /// Throws away what comes in, up to a short packet; for the abort and the clear.
    func drain(until deadline: Double) -> Bool {
        // A megabyte a time; a device with more than 64 of them to say is not stopping.
        let packet = handle.interface.packet
        let length = Self.largest / packet * packet
        for _ in 0..<64 {
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<length])
            guard case .done(let count) = handle.bulk(bulkIn, part, until: deadline) else { return false }
            tap?.received(copy(0..<count))
            if count < length { return true }
        }
        return false
    }
}

/// The length of an answer that is one definite block (IEEE 488.2, 8.7.9).
private enum BlockLength {
    /// Bytes of `#<digits><length>` and what it announces; `nil` where `bytes` does not begin so.
    static func whole(_ bytes: [UInt8]) -> Int? {
        guard bytes.count > 2, bytes[0] == UInt8(ascii: "#"), (0x31...0x39).contains(bytes[1]) else { return nil }
        let digits = Int(bytes[1] - 0x30)
        guard bytes.count >= 2 + digits, let length = Int(String(decoding: bytes[2..<(2 + digits)], as: UTF8.self))
        else { return nil }
        return 2 + digits + length
    }
}
