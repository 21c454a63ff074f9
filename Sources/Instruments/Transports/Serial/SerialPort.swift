import BenchCore
import Glibc

/// A serial line with one instrument at its other end: any speed the adapter makes, 5 to 8 bits, every parity, one or two stop
/// bits, RTS/CTS, RS-485 switched by the driver.
///
/// The line is locked for this program, set, and read back: a driver that quietly took another speed is a fault, and not a
/// stream of broken characters. A character with wrong parity is trouble `broken`, never a digit. Only used from one
/// connection's thread.
final class SerialPort: BytePort {
    /// What was asked of the driver.
    let wanted: SerialLineSetting
    let device: String
    /// The descriptor, for whoever stamps edges of the modem lines.
    let descriptor: Int32
    let marksEnd = false
    private let control: any SerialControl, tap: WireTap?
    private var marks = SerialMarks()
    private var gone = false

    /// For messages: `/dev/serial/by-id/usb-FTDI… (9600 7E1)`.
    var place: String { "\(device) (\(wanted))" }

    /// Opens a line. Faults: `connectionRefused` (no such device, no right to it), `refused` (another program holds it; the
    /// adapter cannot do what is asked).
    init(
        device: String, setting: SerialLineSetting, rs485: Bool = false, instrument: String, tap: WireTap? = nil,
        control: any SerialControl = KernelSerialControl()
    ) throws(Fault) {
        self.device = device
        self.control = control
        self.tap = tap
        wanted = setting
        let line = try SerialLock.open(device, instrument: instrument)
        do throws(Fault) {
            try SerialLock.take(line, device: device, instrument: instrument, control: control)
            try Self.set(line, setting, device, instrument, control)
            if rs485 { try Self.switchDirection(line, device, instrument, control) }
        } catch {
            // flock(2) gives free only what this descriptor holds.
            SerialLock.release(line)
            Glibc.close(line)
            throw error
        }
        descriptor = line
        control.flush(line)
        tap?.note("serial line set to \(setting)\(rs485 ? ", RS-485 by the driver" : "")")
    }

    deinit {
        SerialLock.release(descriptor)
        Glibc.close(descriptor)
    }

    /// Opens a line as a bench file describes it.
    convenience init(
        device: String, format: SerialFormat, instrument: String, tap: WireTap?,
        control: any SerialControl = KernelSerialControl()
    ) throws(Fault) {
        // XON and XOFF are bytes 17 and 19: with them the kernel takes bytes out of a block of binary data without a word.
        guard format.flow != .xonXoff else {
            throw Fault(
                .refused, instrument,
                "«flow: xon-xoff» would take bytes 17 and 19 out of binary answers; set the instrument to rts-cts or none"
            )
        }
        guard let setting = SerialLineSetting(format) else {
            throw Fault(.refused, instrument, "«\(format.text)» is no setting of a serial line; write e.g. «9600 8N1»")
        }
        try self.init(
            device: device, setting: setting, rs485: format.rs485, instrument: instrument, tap: tap, control: control)
    }

    private static func set(
        _ line: Int32, _ wanted: SerialLineSetting, _ device: String, _ instrument: String, _ control: any SerialControl
    ) throws(Fault) {
        let found: SerialLineSetting
        do throws(SystemTrouble) {
            try control.set(line, wanted)
            found = try control.setting(line)
        } catch {
            let what = error.number == ENOTTY ? "is no serial line" : "does not take \(wanted)"
            throw Fault(.refused, instrument, "\(device) \(what): \(error.words)")
        }
        // A pseudo-terminal carries whole bytes whatever the format: only the speed comes back.
        let right =
            control.isPseudoTerminal(line)
            ? near(found.speed, wanted.speed)
            : near(found.speed, wanted.speed) && found.dataBits == wanted.dataBits && found.parity == wanted.parity
                && found.stopBits == wanted.stopBits && found.rtsCts == wanted.rtsCts
        guard right else {
            throw Fault(
                .refused, instrument, "\(device) was asked for \(wanted) and its driver set \(found) without a word")
        }
    }

    /// Drivers that report the speed they really make are off by their divisor; 2 % is what a UART of ten bits still reads
    /// safely (half a bit in the middle of the tenth, shared between both ends).
    private static func near(_ found: Int, _ wanted: Int) -> Bool { abs(found - wanted) * 50 <= wanted }

    private static func switchDirection(
        _ line: Int32, _ device: String, _ instrument: String, _ control: any SerialControl
    ) throws(Fault) {
        do throws(SystemTrouble) { try control.rs485(line, true) } catch {
            throw Fault(
                .refused, instrument,
                "the driver of \(device) does not switch the direction of a RS-485 line (\(error.words)); most USB adapters do it by "
                    + "themselves: leave out «rs485: yes» for those"
            )
        }
    }

    /// Whether nothing unasked lies in the line and the adapter is there. What lies there is thrown away and noted; the line
    /// itself stays: a serial line has no connection that could be made anew.
    func isClean() -> Bool {
        guard !gone else { return false }
        marks.reset()
        do throws(PortTrouble) {
            let stray = try taken()
            if !stray.isEmpty { tap?.note("thrown away: \(stray.count) bytes that nobody asked for") }
            return true
        } catch {
            if case .broken(let what) = error {
                tap?.note("thrown away: \(what)")
                control.flush(descriptor)
                return true
            }
            return false
        }
    }

    /// Sends everything and waits until the last bit is on the line.
    func send(_ bytes: [UInt8], until deadline: Double) throws(PortTrouble) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let n = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if n > 0 {
                tap?.sent(Array(rest.prefix(n)))
                rest = rest.dropFirst(n)
            } else if n < 0, errno == EAGAIN || errno == EINTR {
                try room(until: deadline)
            } else {
                throw lost()
            }
        }
        try drain(until: deadline)
    }

    /// Waits until the driver takes more; with RTS/CTS the other end may hold us up.
    private func room(until deadline: Double) throws(PortTrouble) {
        switch WireTime.wait(for: descriptor, POLLOUT, until: deadline, unless: nil) {
        case .ready:
            // A line that has gone is ready for everything.
            var status = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            poll(&status, 1, 0)
            if Int32(status.revents) & (POLLHUP | POLLERR | POLLNVAL) != 0 { throw lost() }
        case .late, .urgent:
            tcflush(descriptor, TCOFLUSH)
            throw .late
        }
    }

    /// tcdrain(3) with a deadline: it has none of its own, and a line held up by CTS would never return.
    private func drain(until deadline: Double) throws(PortTrouble) {
        while true {
            let unsent: Int
            do throws(SystemTrouble) { unsent = try control.unsent(descriptor) } catch { throw lost() }
            if unsent == 0 { return }
            guard WireTime.now < deadline else {
                tcflush(descriptor, TCOFLUSH)
                throw .late
            }
            WireTime.pause(min(0.05, max(0.0005, Double(unsent) * characterTime)))
        }
    }

    /// Seconds one character takes.
    private var characterTime: Double {
        let bits = 1 + wanted.dataBits + (wanted.parity == "N" ? 0 : 1) + wanted.stopBits
        return Double(bits) / Double(wanted.speed)
    }

    /// What has arrived; waits for the first byte.
    func receive(until deadline: Double, unless urgency: Urgency?) throws(PortTrouble) -> PortBytes {
        while true {
            switch WireTime.wait(for: descriptor, POLLIN, until: deadline, unless: urgency) {
            case .late: throw .late
            case .urgent: throw .urgent
            case .ready: break
            }
            let bytes = try taken()
            if !bytes.isEmpty { return PortBytes(bytes: bytes, end: false) }
        }
    }

    /// Takes what is there, without waiting.
    private func taken() throws(PortTrouble) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let n = read(descriptor, &buffer, buffer.count)
        if n < 0, errno == EAGAIN || errno == EINTR { return [] }
        guard n > 0 else { throw lost() }
        let bytes = Array(buffer[..<n])
        tap?.received(bytes)
        switch marks.take(bytes) {
        case .good(let good): return good
        case .bad(_, let what):
            marks.reset()
            throw .broken(what)
        }
    }

    private func lost() -> PortTrouble {
        gone = true
        return .lost("\(device) is gone: is the adapter unplugged?")
    }

    /// After a time-out: waits until the line has been quiet for ten characters, and throws away what came. True: but an
    /// answer that comes later still than that can only be told by its content.
    func recover() -> Bool {
        let end = WireTime.now + 1
        let quiet = max(0.02, 10 * characterTime)
        while WireTime.now < end {
            guard WireTime.wait(for: descriptor, POLLIN, until: WireTime.now + quiet, unless: nil) == .ready else {
                marks.reset()
                control.flush(descriptor)
                return !gone
            }
            do throws(PortTrouble) { _ = try taken() } catch { if gone { return false } }
        }
        return false
    }

    /// Sends a break: the line is held at space for so long, s (at least a character's time; 0.25 s is usual).
    func sendBreak(_ seconds: Double = 0.25) throws(PortTrouble) {
        do throws(SystemTrouble) {
            try control.sendBreak(descriptor, true)
            WireTime.pause(max(seconds, 2 * characterTime))
            try control.sendBreak(descriptor, false)
        } catch { throw .unsupported("\(device) sends no break: \(error.words)") }
        tap?.note("break of \(seconds) s sent")
    }

    /// The modem lines as they are.
    func modemLines() throws(PortTrouble) -> ModemLines {
        do throws(SystemTrouble) { return try control.lines(descriptor) } catch {
            throw .unsupported("\(device) has no modem lines: \(error.words)")
        }
    }

    /// Raises and lowers DTR and RTS (an optical head takes its supply from them).
    func setModemLines(raise: ModemLines, lower: ModemLines) throws(PortTrouble) {
        do throws(SystemTrouble) { try control.setLines(descriptor, raise: raise, lower: lower) } catch {
            throw .unsupported("\(device) has no modem lines: \(error.words)")
        }
        tap?.note("modem lines: raised \(raise.rawValue), lowered \(lower.rawValue)")
    }
}
