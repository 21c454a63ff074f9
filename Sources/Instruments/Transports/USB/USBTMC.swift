/// The bytes of the USB test and measurement class: headers and control answers, to bytes and back; no device.
///
/// Sources: Universal Serial Bus Test and Measurement Class Specification (USBTMC) 1.00, and its USB488 subclass
/// specification 1.00, both USB Implementers Forum, 14 April 2003; called «USBTMC» and «USB488» in the comments.
enum USBTMC {
    /// Class and subclass of the interface (USBTMC, table 43).
    static let interfaceClass: UInt8 = 0xFE, interfaceSubclass: UInt8 = 3
    /// The interface protocol that says USB488 (USB488, interface descriptor).
    static let usb488Protocol: UInt8 = 1
    /// Bytes of every bulk header (USBTMC, tables 1 and 8).
    static let headerSize = 12

    // MARK: bulk-out

    /// What a bulk message is (USBTMC, table 2; USB488, table 1).
    enum Message: UInt8 {
        case deviceDependentOut = 1, deviceDependentIn = 2, trigger = 128
    }

    /// The tag of every bulk-out header: 1 to 255, then 1 again (USBTMC, table 1).
    struct Tags {
        private(set) var last: UInt8 = 0

        /// The next one.
        mutating func next() -> UInt8 {
            last = last == 255 ? 1 : last + 1
            return last
        }
    }

    /// The tag of READ_STATUS_BYTE: 2 to 127, then 2 again (USB488, 4.3.1, table 11).
    struct StatusTags {
        private(set) var last: UInt8 = 1

        /// The next one.
        mutating func next() -> UInt8 {
            last = last == 127 ? 2 : last + 1
            return last
        }
    }

    /// The header of a message to the device; `end` when the message ends with this transfer (USBTMC, table 3).
    static func messageOut(tag: UInt8, size: Int, end: Bool) -> [UInt8] {
        header(.deviceDependentOut, tag, size: size, attributes: end ? 1 : 0, 0)
    }

    /// Asks for a message of up to `size` bytes, ended early at `termChar` where the device can do that (USBTMC, table 4).
    static func request(tag: UInt8, size: Int, termChar: UInt8?) -> [UInt8] {
        header(.deviceDependentIn, tag, size: size, attributes: termChar == nil ? 0 : 2, termChar ?? 0)
    }

    /// The group execute trigger as a message (USB488, table 2).
    static func trigger(tag: UInt8) -> [UInt8] { header(.trigger, tag, size: 0, attributes: 0, 0) }

    private static func header(
        _ message: Message, _ tag: UInt8, size: Int, attributes: UInt8, _ termChar: UInt8
    ) -> [UInt8] {
        let size = UInt32(clamping: size)
        return [
            message.rawValue, tag, ~tag, 0,
            UInt8(truncatingIfNeeded: size), UInt8(truncatingIfNeeded: size >> 8),
            UInt8(truncatingIfNeeded: size >> 16), UInt8(truncatingIfNeeded: size >> 24),
            attributes, termChar, 0, 0,
        ]
    }

    /// Zero bytes behind a message, so that the transfer is a multiple of four (USBTMC, 3.2).
    static func padding(_ size: Int) -> Int { (4 - size % 4) % 4 }

    // MARK: bulk-in

    /// What the header of an answer says (USBTMC, tables 8 and 9).
    struct Answer: Equatable {
        /// The tag of the request that it answers.
        let tag: UInt8
        /// Bytes of the message in this transfer, without header and alignment.
        let size: Int
        /// Whether the message ends here.
        let end: Bool
        /// Whether the term character ended it.
        let stoppedAtTermChar: Bool
    }

    /// What is wrong with a header, as a sentence.
    struct Broken: Error, Equatable { let reason: String }

    /// Reads the header of an answer to request `tag`, which asked for `asked` bytes. With `anyTag` the tag is not
    /// compared (see ``USBQuirk/anyTag``).
    static func answer(
        _ bytes: UnsafeRawBufferPointer, to tag: UInt8, asked: Int, anyTag: Bool = false
    ) throws(Broken) -> Answer {
        guard bytes.count >= headerSize else {
            throw Broken(reason: "its header is cut: \(bytes.count) bytes of \(headerSize)")
        }
        guard bytes[0] == Message.deviceDependentIn.rawValue else {
            throw Broken(reason: "a message of kind \(bytes[0]) where an answer (2) was due")
        }
        guard bytes[1] == ~bytes[2] else {
            throw Broken(reason: "tag \(bytes[1]) and its inverse \(bytes[2]) do not fit")
        }
        guard anyTag || bytes[1] == tag else {
            throw Broken(reason: "it answers request \(bytes[1]), not request \(tag)")
        }
        let size = (0..<4).reduce(0) { $0 | Int(bytes[4 + $1]) << (8 * $1) }
        guard size <= asked else { throw Broken(reason: "it states \(size) bytes where \(asked) were asked for") }
        return Answer(tag: bytes[1], size: size, end: bytes[8] & 1 != 0, stoppedAtTermChar: bytes[8] & 2 != 0)
    }

    // MARK: control endpoint

    /// Requests of the class on the control endpoint (USBTMC, table 15; USB488, table 9).
    enum Request: UInt8 {
        case initiateAbortBulkOut = 1, checkAbortBulkOutStatus, initiateAbortBulkIn, checkAbortBulkInStatus
        case initiateClear, checkClearStatus, getCapabilities
        case indicatorPulse = 64
        case readStatusByte = 128
        case remoteEnable = 160, goToLocal, localLockout

        /// Bytes of the answer (USBTMC, 4.2.1.2 to 4.2.1.9; USB488, 4.3.1 to 4.3.4).
        var answerSize: Int {
            switch self {
            case .initiateAbortBulkOut, .initiateAbortBulkIn: 2
            case .checkAbortBulkOutStatus, .checkAbortBulkInStatus: 8
            case .initiateClear, .indicatorPulse, .remoteEnable, .goToLocal, .localLockout: 1
            case .checkClearStatus: 2
            case .getCapabilities: 24
            case .readStatusByte: 3
            }
        }

        /// Class request, device to host, to an endpoint (0xA2) or to the interface (0xA1) (USBTMC, table 15).
        var kind: UInt8 { rawValue <= 4 ? 0xA2 : 0xA1 }

        /// As the specifications write it.
        var name: String {
            switch self {
            case .initiateAbortBulkOut: "INITIATE_ABORT_BULK_OUT"
            case .checkAbortBulkOutStatus: "CHECK_ABORT_BULK_OUT_STATUS"
            case .initiateAbortBulkIn: "INITIATE_ABORT_BULK_IN"
            case .checkAbortBulkInStatus: "CHECK_ABORT_BULK_IN_STATUS"
            case .initiateClear: "INITIATE_CLEAR"
            case .checkClearStatus: "CHECK_CLEAR_STATUS"
            case .getCapabilities: "GET_CAPABILITIES"
            case .indicatorPulse: "INDICATOR_PULSE"
            case .readStatusByte: "READ_STATUS_BYTE"
            case .remoteEnable: "REN_CONTROL"
            case .goToLocal: "GO_TO_LOCAL"
            case .localLockout: "LOCAL_LOCKOUT"
            }
        }
    }

    /// How a control request went (USBTMC, table 16; USB488, table 10).
    enum Status: UInt8 {
        case success = 0x01, pending = 0x02, interruptInBusy = 0x20
        case failed = 0x80, transferNotInProgress = 0x81, splitNotInProgress = 0x82, splitInProgress = 0x83
    }

    /// What a device says it can do (USBTMC, 4.2.1.8; USB488, 4.2.2).
    struct Capabilities: Equatable, Sendable {
        /// Stops an answer at a chosen character.
        var termChar = false
        /// Blinks when asked to.
        var indicatorPulse = false
        /// Only talks, or only listens.
        var talkOnly = false, listenOnly = false
        /// Is an IEEE 488.2 interface.
        var is488Two = false
        /// Takes REN_CONTROL, GO_TO_LOCAL and LOCAL_LOCKOUT.
        var remoteLocal = false
        /// Takes the TRIGGER message.
        var trigger = false
        /// Asks for service.
        var serviceRequest = false
        /// Understands SCPI.
        var scpi = false
        /// Revision of the class specification as in the device, e.g. 0x0100.
        var revision: UInt16 = 0

        /// Nothing but messages in and out.
        static let none = Capabilities()
    }

    /// Reads the answer to GET_CAPABILITIES; `usb488`: the interface has that protocol. `nil` when it is cut or failed.
    static func capabilities(_ bytes: [UInt8], usb488: Bool) -> Capabilities? {
        guard bytes.count >= 6, bytes[0] == Status.success.rawValue else { return nil }
        var found = Capabilities()
        found.revision = UInt16(bytes[3]) << 8 | UInt16(bytes[2])
        found.indicatorPulse = bytes[4] & 4 != 0
        found.talkOnly = bytes[4] & 2 != 0
        found.listenOnly = bytes[4] & 1 != 0
        found.termChar = bytes[5] & 1 != 0
        if usb488, bytes.count >= 16 {
            found.is488Two = bytes[14] & 4 != 0
            found.remoteLocal = bytes[14] & 2 != 0
            found.trigger = bytes[14] & 1 != 0
            found.scpi = bytes[15] & 8 != 0
            found.serviceRequest = bytes[15] & 4 != 0
        }
        return found
    }

    // MARK: interrupt-in

    /// Two bytes on the interrupt endpoint (USB488, 3.4).
    enum Notice: Equatable {
        /// The device asks for service; its status byte.
        case serviceRequest(UInt8)
        /// The answer to READ_STATUS_BYTE with that tag.
        case statusByte(tag: UInt8, UInt8)
        /// Anything else.
        case unknown([UInt8])
    }

    /// Reads a notice.
    static func notice(_ bytes: [UInt8]) -> Notice {
        guard bytes.count == 2, bytes[0] & 0x80 != 0, bytes[0] != 0x80 else { return .unknown(bytes) }
        return bytes[0] == 0x81 ? .serviceRequest(bytes[1]) : .statusByte(tag: bytes[0] & 0x7F, bytes[1])
    }
}
