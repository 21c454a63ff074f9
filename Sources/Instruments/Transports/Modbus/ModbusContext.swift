import BenchCore
import CLibModbus
import Glibc

/// An open Modbus line; used from one line's thread only, closed with its last reference.
///
/// libmodbus opens and sets up a serial port (and gives its settings back at the end). Sockets are our own; frames are made
/// and found by `ModbusTCP` and `ModbusRTU` on the descriptor itself; design note 0017 says why.
final class ModbusContext {
    /// libmodbus's serial port.
    private let context: OpaquePointer?
    private let socket: TCPStream?
    private let address: ModbusAddress
    private let tap: WireTap?
    private let settings: SerialSettings?
    /// Whether libmodbus switches the direction by hand (RTS).
    private var switchesByHand = false
    private let descriptor: Int32
    /// Held from before libmodbus opens a serial line until it has closed it.
    private let lock: Int32?
    /// What arrived and is not used yet.
    private var bytes: [UInt8] = []
    /// When the last byte passed in either direction, as far as that can be known here.
    private var lastActivity = WireTime.now
    /// Whether the line hears its own requests; unknown until the first answer.
    private(set) var echoes: Bool?
    /// After trouble the line is listened to for longer before it is used again, s.
    private var settle = 0.005

    var isTCP: Bool { settings == nil }

    /// Opens a line; faults `connectionRefused` and `timeout`.
    init(_ address: ModbusAddress, within seconds: Double, tap: WireTap?, instrument: String) throws(Fault) {
        self.address = address
        self.tap = tap
        lock = try Self.locked(address, instrument)
        switch address {
        case .tcp(let host, let port):
            settings = nil
            // libmodbus would wait with select(2), which ends the program at descriptor 1024.
            socket = try TCPStream(host: host, port: port, within: seconds, instrument: instrument)
            context = nil
            descriptor = socket?.descriptor ?? -1
        case .rtu(let device, let line):
            settings = line
            socket = nil
            let made = modbus_new_rtu(
                device, Int32(line.baud), CChar(line.parity.asciiValue ?? 78), 8, Int32(line.stopBits))
            guard let made, modbus_connect(made) == 0 else {
                let problem = errno
                if let made { modbus_free(made) }
                Self.unlock(lock)
                throw Fault(.connectionRefused, instrument, "\(address) cannot be opened: \(Self.words(problem))")
            }
            context = made
            descriptor = modbus_get_socket(made)
        }
        if let settings { try set(settings, instrument) }
        if settings?.rs485 == true { try switchDirection(instrument) }
        tap?.note("opened")
    }

    deinit {
        tap?.note("closed")
        if let context {
            modbus_close(context)
            modbus_free(context)
        }
        Self.unlock(lock)
    }

    /// A serial line is locked before libmodbus touches its settings: another program may be talking there.
    private static func locked(_ address: ModbusAddress, _ instrument: String) throws(Fault) -> Int32? {
        guard case .rtu(let device, _) = address else { return nil }
        let line = try SerialLock.open(device, instrument: instrument)
        do throws(Fault) {
            try SerialLock.take(line, device: device, instrument: instrument)
        } catch {
            Glibc.close(line)
            throw error
        }
        // libmodbus opens the device once more; flock(2) keeps others out meanwhile.
        try? KernelSerialControl().exclusive(line, false)
        return line
    }

    private static func unlock(_ line: Int32?) {
        guard let line else { return }
        try? KernelSerialControl().exclusive(line, false)
        Glibc.close(line)
    }

    /// Sets a speed that libmodbus does not know (it would quietly take 9600 Bd), and reads back what the driver made of it all.
    private func set(_ line: SerialSettings, _ instrument: String) throws(Fault) {
        let control = KernelSerialControl()
        let wanted = SerialLineSetting(
            speed: line.baud, dataBits: 8, parity: line.parity, stopBits: line.stopBits, rtsCts: false)
        var found = wanted
        do throws(SystemTrouble) {
            found = try control.setting(descriptor)
            if found.speed != wanted.speed {
                try control.set(descriptor, wanted)
                // Marks of wrong parity are bytes of their own and would stand inside frames; the check tells all the same.
                var terminal = termios()
                tcgetattr(descriptor, &terminal)
                terminal.c_iflag = 0
                tcsetattr(descriptor, TCSANOW, &terminal)
                found = try control.setting(descriptor)
            }
            if !control.isPseudoTerminal(descriptor), let lock { try control.exclusive(lock, true) }
        } catch {
            throw Fault(.refused, instrument, "\(address) does not take \(wanted): \(error.words)")
        }
        // 2 % is what a UART still reads safely; a pseudo-terminal has no format.
        let same =
            control.isPseudoTerminal(descriptor) || (found.parity == wanted.parity && found.stopBits == wanted.stopBits)
        guard abs(found.speed - wanted.speed) * 50 <= wanted.speed, same else {
            throw Fault(
                .refused, instrument, "\(address) was asked for \(wanted) and its driver set \(found) without a word")
        }
    }

    private static func words(_ number: Int32) -> String { String(cString: modbus_strerror(number)) }

    /// Half duplex: the kernel's own mode where the port's driver has one, RTS by hand otherwise.
    private func switchDirection(_ instrument: String) throws(Fault) {
        if modbus_rtu_set_serial_mode(context, MODBUS_RTU_RS485) == 0 {
            tap?.note("RS-485: the port's driver switches the direction")
            return
        }
        let why = errno
        var lines: Int32 = 0
        guard ioctl(descriptor, UInt(TIOCMGET), &lines) == 0, modbus_rtu_set_rts(context, MODBUS_RTU_RTS_UP) == 0 else {
            throw Fault(
                .connectionRefused, instrument,
                "\(address) can switch no direction (\(Self.words(why))); an adapter that does so by itself needs no «rs485: yes»"
            )
        }
        switchesByHand = true
        tap?.note("RS-485: direction by RTS")
    }

    // MARK: Sending

    /// Why nothing can be sent.
    enum NotSent: Error {
        case lost(String)
        /// Somebody talks on the line without a pause.
        case noisy(Int)
    }

    /// Whether the other end is there and nothing unasked lies in the line; bytes on a serial line are thrown away later.
    func isClean() -> Bool {
        guard isTCP else { return true }
        guard bytes.isEmpty else { return false }
        var byte: UInt8 = 0
        let n = recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT))
        if n < 0, errno == EAGAIN || errno == EINTR { return true }
        if n > 0, take() == .some, let tap {
            tap.received(bytes)
            tap.note("discarded \(bytes.count) bytes that nobody asked for")
        }
        return false
    }

    /// Sends a whole frame, on a serial line after the silence that separates frames.
    func send(_ frame: [UInt8]) throws(NotSent) {
        if isTCP {
            tap?.sent(frame)
            guard Glibc.send(descriptor, frame, frame.count, Int32(MSG_NOSIGNAL)) == frame.count else {
                throw .lost("broke while sending")
            }
            return
        }
        try awaitSilence()
        tap?.sent(frame)
        let begin = WireTime.now
        if switchesByHand {
            guard modbus_send_raw_request(context, frame, Int32(frame.count - 2)) == frame.count else {
                throw .lost("broke while sending")
            }
        } else {
            var sent = 0
            while sent < frame.count {
                let n = frame[sent...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
                if n > 0 {
                    sent += n
                } else if n < 0, errno == EAGAIN || errno == EINTR {
                    guard WireTime.wait(for: descriptor, POLLOUT, until: begin + 5, unless: nil) == .ready else {
                        throw .lost("takes no bytes")
                    }
                } else {
                    throw .lost("broke while sending")
                }
            }
        }
        // The call returns before the last byte has passed.
        lastActivity = max(WireTime.now, begin + Double(frame.count) * (settings?.characterTime ?? 0))
    }

    /// When the last byte of what was sent has passed, as far as that can be known here.
    var sentUntil: Double { isTCP ? WireTime.now : lastActivity }

    /// Waits until the line has been quiet for 3.5 characters, measured from the last byte; what comes meanwhile is thrown away.
    private func awaitSilence() throws(NotSent) {
        let gap = max(settings?.frameGap ?? 0, settle)
        let end = WireTime.now + max(1, 20 * gap)
        var thrown = bytes.count
        bytes = []
        while WireTime.wait(for: descriptor, POLLIN, until: lastActivity + gap, unless: nil) == .ready {
            switch take() {
            case .some: tap?.received(bytes)
            case .none: continue
            case .lost(let reason): throw .lost(reason)
            }
            thrown += bytes.count
            bytes = []
            guard WireTime.now < end else { throw .noisy(thrown) }
        }
        if thrown > 0 { tap?.note("discarded \(thrown) bytes that nobody asked for") }
        settle = 0
    }

    /// After trouble: everything is thrown away until the line has been quiet for a while.
    func unsettle() { settle = 0.05 }

    // MARK: Receiving

    /// What a wait for a frame came to.
    enum Arrived: Equatable {
        /// A whole frame: its transaction (0 on RTU), unit, function and data.
        case frame(transaction: UInt16, unit: Int, pdu: [UInt8])
        case broken(String)
        case lost(String)
        /// Nothing, or nothing but a copy of the request.
        case late
        case urgent
    }

    /// Waits for the next frame after the request `sent`; its first byte must come before the deadline.
    func frame(after sent: [UInt8], until deadline: Double, unless urgency: Urgency?) -> Arrived {
        var quiet = false
        while true {
            if let found = isTCP ? found() : found(after: sent, quiet: quiet) { return found }
            // Between two bytes of a frame.
            let idle = bytes.isEmpty || (!isTCP && bytes == sent)
            let limit = idle ? deadline : lastActivity + Self.longestPause
            switch WireTime.wait(for: descriptor, POLLIN, until: limit, unless: urgency) {
            case .urgent: return .urgent
            case .late where idle: return .late
            case .late where isTCP:
                let count = bytes.count
                bytes = []
                return .broken("cut short after \(count) bytes")
            case .late: quiet = true
            case .ready:
                quiet = false
                let before = bytes.count
                switch take() {
                case .none: continue
                case .lost(let reason): return .lost(reason)
                case .some:
                    lastActivity = WireTime.now
                    if let tap { tap.received(Array(bytes[before...])) }
                }
            }
        }
    }

    /// A frame that has not gone on for so long is over, s. On the line that would be 1.5 characters (Modbus over Serial Line
    /// V1.02, 2.5.1.1), but adapters hold bytes back for 16 ms and more before anybody here sees them.
    private static let longestPause = 0.1

    private func found() -> Arrived? {
        switch ModbusTCP.read(bytes) {
        case .more: return nil
        case .broken(let reason): return .broken(reason)
        case .frame(let transaction, let unit, let length):
            let pdu = Array(bytes[7..<length])
            bytes.removeFirst(length)
            return .frame(transaction: transaction, unit: Int(unit), pdu: pdu)
        }
    }

    private func found(after sent: [UInt8], quiet: Bool) -> Arrived? {
        guard !bytes.isEmpty else { return nil }
        switch ModbusRTU.read(bytes, sent: sent, echoes: echoes, quiet: quiet) {
        case .more: return nil
        case .broken(let reason):
            tap?.note("discarded \(bytes.count) bytes: \(reason)")
            bytes = []
            return .broken(reason)
        case .frame(let range, let echo):
            let before = range.lowerBound - (echo ? sent.count : 0)
            if before > 0 { tap?.note("discarded \(before) bytes before the frame") }
            if echo, echoes == nil { tap?.note("the line hears its own requests") }
            // A confirmation cannot be told from an echo.
            if echo || !ModbusRTU.confirms(sent) { echoes = echo }
            let unit = Int(bytes[range.lowerBound])
            let pdu = Array(bytes[(range.lowerBound + 1)..<(range.upperBound - 2)])
            bytes.removeFirst(range.upperBound)
            return .frame(transaction: 0, unit: unit, pdu: pdu)
        }
    }

    private enum Taken: Equatable { case some, none, lost(String) }

    /// Reads what has arrived, without waiting.
    private func take() -> Taken {
        let n = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1024) { buffer in
            let n = read(descriptor, buffer.baseAddress, buffer.count)
            if n > 0 { bytes.append(contentsOf: buffer[..<n]) }
            return n
        }
        if n > 0 { return .some }
        if n < 0, errno == EAGAIN || errno == EINTR { return .none }
        return .lost(
            n == 0 || errno == ECONNRESET || errno == EIO ? "the other end closed the line" : Self.words(errno))
    }
}
