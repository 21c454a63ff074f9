/// The words of VXI-11 (TCP/IP Instrument Protocol Specification, VXI-11 Revision 1.0, 1995-07-17, B.5 and annex C).
enum VXI11Wire {
    /// Program numbers (annex C), all of version 1.
    static let core: UInt32 = 0x0607AF, abort: UInt32 = 0x0607B0
    /// The port mapper (RFC 1833, 3): program, version, its fixed port, procedure GETPORT, protocol TCP.
    static let portMapper: UInt32 = 100_000, portMapperVersion: UInt32 = 2, portMapperPort = 111
    static let getPort: UInt32 = 3, protocolTCP: UInt32 = 6

    /// Procedures of the core channel (annex C).
    enum Procedure: UInt32 {
        case createLink = 10, write = 11, read = 12, readStatus = 13, trigger = 14, clear = 15, remote = 16, local = 17
        case lock = 18, unlock = 19, enableService = 20, doCommand = 22, destroyLink = 23
        case createInterrupts = 25, destroyInterrupts = 26
    }
    /// The one procedure of the abort channel.
    static let deviceAbort: UInt32 = 1

    /// Flags of an operation (B.5.3).
    enum Flag { static let waitLock: UInt32 = 1, end: UInt32 = 8, termChar: UInt32 = 128 }

    /// Why a read ended (B.6.4): several may hold.
    enum Reason { static let count: UInt32 = 1, character: UInt32 = 2, end: UInt32 = 4 }

    /// What an instrument says of an operation (B.5.2, table B.2).
    enum Status: UInt32, Error {
        case done = 0, syntax = 1, notAccessible = 3, invalidLink = 4, parameter = 5, noChannel = 6
        case notSupported = 8, noResources = 9, lockedByOther = 11, notLocked = 12, timedOut = 15, inputOutput = 17
        case invalidAddress = 21, aborted = 23, channelExists = 29

        /// For messages.
        var words: String {
            switch self {
            case .done: return "done"
            case .syntax: return "syntax error"
            case .notAccessible: return "the device is not accessible"
            case .invalidLink: return "the link is not known there"
            case .parameter: return "parameter error"
            case .noChannel: return "the channel is not established"
            case .notSupported: return "the operation is not supported"
            case .noResources: return "out of resources"
            case .lockedByOther: return "another program has locked the device"
            case .notLocked: return "the lock is not held by this link"
            case .timedOut: return "the time is up"
            case .inputOutput: return "an input or output error"
            case .invalidAddress: return "invalid address"
            case .aborted: return "aborted"
            case .channelExists: return "the channel is already established"
            }
        }
    }

    /// `create_link` (B.6.1): client, whether to lock, how long to wait for a lock in ms, the device's name.
    static func createLink(client: Int32, device: String, lockTimeout: UInt32 = 0) -> [UInt8] {
        var out = XDR.Writer()
        out.put(client)
        out.put(false)
        out.put(lockTimeout)
        out.put(Array(device.utf8))
        return out.bytes
    }

    /// The answer to `create_link`.
    struct Link: Equatable {
        var id: Int32, abortPort: UInt16, longestWrite: UInt32
    }

    static func link(_ body: [UInt8]) throws(VXI11Trouble) -> Link {
        try read(body) { reader throws(VXI11Trouble) in
            let id = try reader.int()
            let port = try reader.word()
            let longest = try reader.word()
            guard port <= 0xFFFF else { throw .malformed("\(port) is no port") }
            // The specification demands at least 1024 bytes (B.6.1, rule B.6.3); nothing at all could never be written.
            guard longest > 0 else { throw .malformed("it takes writes of 0 bytes") }
            return Link(id: id, abortPort: UInt16(port), longestWrite: longest)
        }
    }

    /// `device_write` (B.6.3); times in ms.
    static func write(link: Int32, timeout: UInt32, lockTimeout: UInt32 = 0, end: Bool, _ data: [UInt8]) -> [UInt8] {
        var out = XDR.Writer()
        out.put(link)
        out.put(timeout)
        out.put(lockTimeout)
        out.put(end ? Flag.end : 0)
        out.put(data)
        return out.bytes
    }

    /// How many bytes were taken.
    static func written(_ body: [UInt8]) throws(VXI11Trouble) -> Int {
        try read(body) { reader throws(VXI11Trouble) in Int(try reader.word()) }
    }

    /// `device_read` (B.6.4).
    static func read(link: Int32, size: UInt32, timeout: UInt32, lockTimeout: UInt32 = 0) -> [UInt8] {
        var out = XDR.Writer()
        out.put(link)
        for value in [size, timeout, lockTimeout, 0, 0] { out.put(value) }
        return out.bytes
    }

    /// Data, and why the read ended.
    static func data(_ body: [UInt8], longest: Int) throws(VXI11Trouble) -> (bytes: [UInt8], reason: UInt32) {
        try read(body) { reader throws(VXI11Trouble) in
            let reason = try reader.word()
            return (try reader.opaque(longest), reason)
        }
    }

    /// Arguments of `device_readstb`, `_trigger`, `_clear`, `_remote`, `_local` (annex C, `Device_GenericParms`).
    static func generic(link: Int32, timeout: UInt32, lockTimeout: UInt32 = 0, flags: UInt32 = 0) -> [UInt8] {
        var out = XDR.Writer()
        out.put(link)
        for value in [flags, lockTimeout, timeout] { out.put(value) }
        return out.bytes
    }

    /// `device_lock` (B.6.10).
    static func lock(link: Int32, flags: UInt32, lockTimeout: UInt32) -> [UInt8] {
        var out = XDR.Writer()
        out.put(link)
        out.put(flags)
        out.put(lockTimeout)
        return out.bytes
    }

    /// A link alone: `destroy_link`, `device_unlock`, `device_abort`.
    static func only(link: Int32) -> [UInt8] {
        var out = XDR.Writer()
        out.put(link)
        return out.bytes
    }

    /// An answer that holds nothing but how it went.
    static func done(_ body: [UInt8]) throws(VXI11Trouble) {
        try read(body) { _ throws(VXI11Trouble) in }
    }

    /// The status byte of `device_readstb`.
    static func status(_ body: [UInt8]) throws(VXI11Trouble) -> UInt8 {
        try read(body) { reader throws(VXI11Trouble) in UInt8(truncatingIfNeeded: try reader.word()) }
    }

    /// The question which port serves a program over TCP (RFC 1833, 3.2, PMAPPROC_GETPORT).
    static func getPort(program: UInt32) -> [UInt8] {
        var out = XDR.Writer()
        for value in [program, 1, protocolTCP, 0] { out.put(value) }
        return out.bytes
    }

    /// Every answer begins with how it went.
    private static func read<T>(
        _ body: [UInt8], _ rest: (inout XDR.Reader) throws(VXI11Trouble) -> T
    ) throws(VXI11Trouble) -> T {
        var reader = XDR.Reader(body)
        let code = try reader.word()
        guard let status = Status(rawValue: code) else { throw .malformed("\(code) is no error of VXI-11") }
        guard status == .done else { throw .refused(status) }
        return try rest(&reader)
    }
}

/// What an answer came to when it is not what was asked for.
enum VXI11Trouble: Error, Equatable {
    /// The instrument says why.
    case refused(VXI11Wire.Status)
    /// Unreadable.
    case malformed(String)
}

extension XDR.Reader {
    fileprivate mutating func word() throws(VXI11Trouble) -> UInt32 {
        do throws(XDR.Malformed) { return try unsigned() } catch { throw .malformed(error.reason) }
    }
    fileprivate mutating func int() throws(VXI11Trouble) -> Int32 { Int32(bitPattern: try word()) }
    fileprivate mutating func opaque(_ longest: Int) throws(VXI11Trouble) -> [UInt8] {
        do throws(XDR.Malformed) { return try opaque(longest: longest) } catch { throw .malformed(error.reason) }
    }
}
