/// A register of status bits with their names.
public protocol SCPIRegister: OptionSet, Sendable where RawValue == UInt16 {
    /// Names of the bits that have one, lowest first.
    static var names: [(bit: Int, name: String)] { get }
}

extension SCPIRegister {
    /// The names of the bits that are set; bits without a name by number.
    public var words: [String] {
        (0..<16).filter { rawValue & (1 << $0) != 0 }.map { bit in
            Self.names.first { $0.bit == bit }?.name ?? "bit \(bit)"
        }
    }
}

/// The status byte (IEEE 488.2-1992, 11.2; SCPI-1999 Volume 1, 9).
public struct SCPIStatusByte: SCPIRegister, Hashable {
    /// The bits.
    public let rawValue: UInt16
    /// A register by its bits.
    public init(rawValue: UInt16) { self.rawValue = rawValue }
    /// The error queue holds something.
    public static let errorQueue = Self(rawValue: 1 << 2)
    /// Something enabled in the questionable register.
    public static let questionable = Self(rawValue: 1 << 3)
    /// An answer waits (MAV).
    public static let messageAvailable = Self(rawValue: 1 << 4)
    /// Something enabled in the standard event register (ESB).
    public static let eventSummary = Self(rawValue: 1 << 5)
    /// The instrument asks for service (RQS in a serial poll, MSS in `*STB?`).
    public static let requestService = Self(rawValue: 1 << 6)
    /// Something enabled in the operation register.
    public static let operation = Self(rawValue: 1 << 7)
    /// Names of the bits.
    public static var names: [(bit: Int, name: String)] {
        [
            (2, "error queue"), (3, "questionable"), (4, "message available"), (5, "standard event"),
            (6, "service request"), (7, "operation"),
        ]
    }
}

/// The standard event register, `*ESR?` (IEEE 488.2-1992, 11.5.1.1).
public struct SCPIStandardEvent: SCPIRegister, Hashable {
    /// The bits.
    public let rawValue: UInt16
    /// A register by its bits.
    public init(rawValue: UInt16) { self.rawValue = rawValue }
    /// `*OPC`: everything before it is done.
    public static let operationComplete = Self(rawValue: 1 << 0)
    /// An answer was asked for and not fetched, or fetched and not asked for.
    public static let queryError = Self(rawValue: 1 << 2)
    /// The instrument itself is in trouble.
    public static let deviceError = Self(rawValue: 1 << 3)
    /// A command that could be read could not be done.
    public static let executionError = Self(rawValue: 1 << 4)
    /// A command could not be read.
    public static let commandError = Self(rawValue: 1 << 5)
    /// Power was switched on.
    public static let powerOn = Self(rawValue: 1 << 7)
    /// Names of the bits.
    public static var names: [(bit: Int, name: String)] {
        [
            (0, "operation complete"), (1, "request control"), (2, "query error"), (3, "device error"),
            (4, "execution error"), (5, "command error"), (6, "user request"), (7, "power on"),
        ]
    }
}

/// The operation register, `STAT:OPER:COND?` (SCPI-1999 Volume 1, 9.3).
public struct SCPIOperation: SCPIRegister, Hashable {
    /// The bits.
    public let rawValue: UInt16
    /// A register by its bits.
    public init(rawValue: UInt16) { self.rawValue = rawValue }
    /// Waiting for its signals to settle.
    public static let settling = Self(rawValue: 1 << 1)
    /// Names of the bits.
    public static var names: [(bit: Int, name: String)] {
        [
            (0, "calibrating"), (1, "settling"), (2, "ranging"), (3, "sweeping"), (4, "measuring"),
            (5, "waiting for trigger"), (6, "waiting for arm"), (7, "correcting"), (13, "instrument summary"),
            (14, "program running"),
        ]
    }
}

/// The questionable register, `STAT:QUES:COND?`: what gives doubtful quality (SCPI-1999 Volume 1, 9.4).
public struct SCPIQuestionable: SCPIRegister, Hashable {
    /// The bits.
    public let rawValue: UInt16
    /// A register by its bits.
    public init(rawValue: UInt16) { self.rawValue = rawValue }
    /// Names of the bits.
    public static var names: [(bit: Int, name: String)] {
        [
            (0, "voltage"), (1, "current"), (2, "time"), (3, "temperature"), (4, "power"), (5, "frequency"),
            (6, "phase"), (7, "modulation"), (8, "calibration"), (13, "instrument summary"), (14, "command warning"),
        ]
    }
}
