/// One message of HiSLIP: a header of 16 bytes and a payload (IVI-6.1 HiSLIP, revision 2.0 of 2020-04-23, 2.4 and table 4).
struct HiSLIPMessage: Equatable {
    /// What a message is (table 4).
    enum Kind: UInt8 {
        case initialize = 0, initializeResponse = 1, fatalError = 2, error = 3, asyncLock = 4, asyncLockResponse = 5
        case data = 6, dataEnd = 7, deviceClearComplete = 8, deviceClearAcknowledge = 9
        case asyncRemoteLocalControl = 10, asyncRemoteLocalResponse = 11, trigger = 12
        case interrupted = 13, asyncInterrupted = 14, asyncMaximumSize = 15, asyncMaximumSizeResponse = 16
        case asyncInitialize = 17, asyncInitializeResponse = 18, asyncDeviceClear = 19, asyncServiceRequest = 20
        case asyncStatusQuery = 21, asyncStatusResponse = 22, asyncDeviceClearAcknowledge = 23
        case asyncLockInfo = 24, asyncLockInfoResponse = 25
    }

    /// The number of the kind; others than those of `Kind` are answered with an error, not with silence.
    var type: UInt8
    var control: UInt8 = 0
    var parameter: UInt32 = 0
    var payload: [UInt8] = []

    /// What it is; `nil` for a number we do not know.
    var kind: Kind? { Kind(rawValue: type) }

    init(_ kind: Kind, control: UInt8 = 0, parameter: UInt32 = 0, payload: [UInt8] = []) {
        type = kind.rawValue
        self.control = control
        self.parameter = parameter
        self.payload = payload
    }

    fileprivate init(type: UInt8, control: UInt8, parameter: UInt32, payload: [UInt8]) {
        self.type = type
        self.control = control
        self.parameter = parameter
        self.payload = payload
    }

    /// The bytes on the wire.
    var bytes: [UInt8] {
        var out: [UInt8] = [0x48, 0x53, type, control]
        out += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: parameter >> $0) }
        out += [56, 48, 40, 32, 24, 16, 8, 0].map { UInt8(truncatingIfNeeded: UInt64(payload.count) >> $0) }
        return out + payload
    }

    /// The first MessageID after opening and after a device clear (3.1.1); each message adds 2.
    static let firstID: UInt32 = 0xFFFF_FF00
    /// Bytes of a header.
    static let headerSize = 16
    /// The port the instruments listen on, registered with IANA.
    static let port = 4880

    /// A size as a payload of eight bytes (6.6).
    static func size(_ bytes: Int) -> [UInt8] {
        [56, 48, 40, 32, 24, 16, 8, 0].map { UInt8(truncatingIfNeeded: bytes >> $0) }
    }

    /// The size in a payload of eight bytes; `nil` for another length.
    static func size(_ payload: [UInt8]) -> UInt64? {
        payload.count == 8 ? payload.reduce(0) { $0 << 8 | UInt64($1) } : nil
    }

    /// Words for the codes of `FatalError` (table 14) and `Error` (table 16).
    static func words(_ kind: Kind, _ code: UInt8) -> String {
        let fatal = [
            "unidentified error", "poorly formed message header", "a channel is missing",
            "invalid initialization sequence", "too many clients", "secure connection failed",
        ]
        let plain = [
            "unidentified error", "unrecognized message type", "unrecognized control code",
            "unrecognized vendor defined message", "message too large", "authentication failed",
        ]
        let list = kind == .fatalError ? fatal : plain
        return Int(code) < list.count ? list[Int(code)] : "error \(code)"
    }
}

/// Messages out of a byte stream.
struct HiSLIPReader {
    private var buffer: [UInt8] = []
    /// The longest payload that is taken, as it was announced to the other end.
    var longest: Int

    /// What makes a stream unreadable from here on: there is no way back into step.
    enum Malformed: Error, Equatable {
        /// The header does not begin with «HS».
        case header
        /// A payload longer than announced.
        case tooLong(UInt64)
    }

    init(longest: Int) { self.longest = longest }

    /// Whether nothing lies in it.
    var isEmpty: Bool { buffer.isEmpty }

    /// Puts bytes behind those not yet used.
    mutating func add(_ bytes: [UInt8]) { buffer += bytes }

    /// The next whole message; `nil` while it is not complete.
    mutating func next() throws(Malformed) -> HiSLIPMessage? {
        // Wrong bytes are told at once, not when a header is complete.
        let prologue: [UInt8] = [0x48, 0x53]
        guard buffer.prefix(2).elementsEqual(prologue.prefix(buffer.count)) else { throw .header }
        guard buffer.count >= HiSLIPMessage.headerSize else { return nil }
        let length = buffer[8..<16].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(longest) else { throw .tooLong(length) }
        let whole = HiSLIPMessage.headerSize + Int(length)
        guard buffer.count >= whole else { return nil }
        let message = HiSLIPMessage(
            type: buffer[2], control: buffer[3],
            parameter: buffer[4..<8].reduce(0) { $0 << 8 | UInt32($1) }, payload: Array(buffer[16..<whole]))
        buffer.removeFirst(whole)
        return message
    }
}
