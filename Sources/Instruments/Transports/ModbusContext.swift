import BenchCore
import CLibModbus
import Glibc

/// Where a Modbus line leads: all units behind one address share one line.
public enum ModbusAddress: Sendable, Hashable, CustomStringConvertible {
    /// A TCP server or gateway.
    case tcp(host: String, port: Int)
    /// A serial device with its settings.
    case rtu(device: String, SerialSettings)

    /// What people read in messages.
    public var description: String {
        switch self {
        case .tcp(let host, let port): return "\(host):\(port)"
        case .rtu(let device, _): return device
        }
    }
}

/// An open context of libmodbus; used from one line's thread only, closed with its last reference.
///
/// libmodbus opens and sets up the line, frames what arrives, and checks the CRC. Requests and answers are compared by
/// `ModbusFrame`, because libmodbus 3.1.6 has one error number for a wrong transaction, a wrong length and garbage, and
/// never looks at the unit of a TCP answer.
final class ModbusContext {
    private let context: OpaquePointer
    let isTCP: Bool
    /// The descriptor, for waiting.
    var descriptor: Int32 { modbus_get_socket(context) }

    /// Opens a line; faults `connectionRefused` and `timeout`.
    init(_ address: ModbusAddress, within seconds: Double, instrument: String) throws(Fault) {
        let made: OpaquePointer?
        switch address {
        case .tcp(let host, let port):
            made = modbus_new_tcp_pi(host, String(port))
            isTCP = true
        case .rtu(let device, let settings):
            made = modbus_new_rtu(
                device, Int32(settings.baud), CChar(settings.parity.asciiValue ?? 78), 8, Int32(settings.stopBits))
            isTCP = false
        }
        guard let made else {
            throw Fault(.connectionRefused, instrument, "\(address) cannot be used: \(Self.words(errno))")
        }
        context = made
        // libmodbus takes its response time-out for the connection too.
        Self.set(seconds) { modbus_set_response_timeout(made, $0, $1) }
        // Between two bytes of one frame; a USB adapter may hold bytes back for 16 ms.
        Self.set(0.2) { modbus_set_byte_timeout(made, $0, $1) }
        errno = 0
        guard modbus_connect(made) == 0 else {
            let problem = errno
            if isTCP, problem == EINPROGRESS || problem == ETIMEDOUT {
                throw Fault(.timeout, instrument, "\(address) did not accept a connection in \(seconds) s")
            }
            throw Fault(.connectionRefused, instrument, "\(address) cannot be opened: \(Self.words(problem))")
        }
    }

    deinit {
        modbus_close(context)
        modbus_free(context)
    }

    private static func set(_ seconds: Double, _ call: (UInt32, UInt32) -> Int32) {
        let whole = seconds.rounded(.down)
        _ = call(UInt32(whole), UInt32((seconds - whole) * 1e6))
    }

    static func words(_ number: Int32) -> String { String(cString: modbus_strerror(number)) }

    /// Sends a request; `transaction` counts on TCP only. False when the line is gone.
    func send(_ request: ModbusRequest, unit: Int, transaction: UInt16) -> Bool {
        let frame = [UInt8(truncatingIfNeeded: unit)] + request.pdu
        if !isTCP {
            modbus_set_slave(context, Int32(unit))
            return modbus_send_raw_request(context, frame, Int32(frame.count)) > 0
        }
        // libmodbus 3.1.6 sends raw requests with transaction 0 always, so the header is written here
        // (Modbus Messaging on TCP/IP V1.0b, 3.1.3: transaction, protocol 0, length).
        let header: [UInt8] = [
            UInt8(transaction >> 8), UInt8(truncatingIfNeeded: transaction), 0, 0, 0, UInt8(frame.count),
        ]
        let bytes = header + frame
        return Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    }

    /// What arrived.
    enum Received {
        /// A whole frame: its transaction (0 on RTU), unit, function and data.
        case frame(transaction: UInt16, unit: Int, pdu: [UInt8])
        case broken(String)
        case lost(String)
    }

    /// Reads one frame; call when the descriptor is readable.
    func receive() -> Received {
        var bytes = [UInt8](repeating: 0, count: Int(MODBUS_TCP_MAX_ADU_LENGTH))
        errno = 0
        let n = Int(modbus_receive_confirmation(context, &bytes))
        if n < 0 {
            let problem = errno
            switch problem {
            case clibmodbus_bad_crc: return .broken("the check sum (CRC) does not fit the frame")
            case clibmodbus_bad_data: return .broken("more bytes than a frame has")
            // The descriptor was readable: something came, and then it stopped.
            case ETIMEDOUT: return .broken("cut short")
            case ECONNRESET, EIO, EPIPE, EBADF: return .lost("the other end closed the line")
            default: return .lost(Self.words(problem))
            }
        }
        if isTCP { return Self.splitTCP(Array(bytes[..<n])) }
        // libmodbus returns 0 without a check when the frame is another unit's; the bytes are there all the same.
        guard let length = n > 0 ? n : ModbusFrame.lengthRTU(bytes), length <= bytes.count else {
            return .broken("too short")
        }
        let frame = Array(bytes[..<length])
        guard ModbusFrame.hasGoodCheck(frame) else { return .broken("the check sum (CRC) does not fit the frame") }
        return .frame(transaction: 0, unit: Int(frame[0]), pdu: Array(frame[1..<(length - 2)]))
    }

    private static func splitTCP(_ bytes: [UInt8]) -> Received {
        guard bytes.count >= 9 else { return .broken("too short") }
        guard bytes[2] == 0, bytes[3] == 0 else { return .broken("not Modbus: protocol \(bytes[2...3])") }
        let stated = Int(bytes[4]) << 8 | Int(bytes[5])
        guard stated == bytes.count - 6 else {
            return .broken("its header says \(stated) bytes, its content has \(bytes.count - 6)")
        }
        return .frame(
            transaction: UInt16(bytes[0]) << 8 | UInt16(bytes[1]), unit: Int(bytes[6]), pdu: Array(bytes[7...]))
    }

    /// What lies unread before a request.
    enum Leftover { case nothing, bytes, closed }

    /// Looks for bytes that nobody asked for, without waiting; on a serial line they are thrown away.
    func leftover() -> Leftover {
        guard WireTime.wait(for: descriptor, POLLIN, until: 0, unless: nil) == .ready else { return .nothing }
        if isTCP {
            var byte: UInt8 = 0
            return recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) > 0 ? .bytes : .closed
        }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let n = read(descriptor, &buffer, buffer.count)
        return n > 0 ? .bytes : .closed
    }

    /// Throws bytes away until a serial line has been quiet for `seconds`; gives up after one second of noise.
    func quieten(_ seconds: Double) {
        let end = WireTime.now + 1
        var buffer = [UInt8](repeating: 0, count: 4096)
        while WireTime.now < end,
            WireTime.wait(for: descriptor, POLLIN, until: WireTime.now + seconds, unless: nil) == .ready
        {
            guard read(descriptor, &buffer, buffer.count) > 0 else { return }
        }
    }
}
