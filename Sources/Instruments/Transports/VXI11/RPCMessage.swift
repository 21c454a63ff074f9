/// Calls and replies of ONC remote procedure calls, version 2 (RFC 5531), without authentication, as VXI-11 uses them.
enum RPCMessage {
    /// A call (RFC 5531, 9: `call_body`).
    struct Call: Equatable {
        var id: UInt32, program: UInt32, version: UInt32, procedure: UInt32
        var arguments: [UInt8]

        /// The bytes of the call, without the record mark.
        var bytes: [UInt8] {
            var out = XDR.Writer()
            for value in [id, 0, 2, program, version, procedure] { out.put(value) }
            // Credentials and verifier: AUTH_NONE, empty (RFC 5531, 10.1).
            for _ in 0..<4 { out.put(UInt32(0)) }
            return out.bytes + arguments
        }

        /// Reads a call; `nil` for what is none, or is of another version of RPC.
        init?(_ bytes: [UInt8]) {
            var reader = XDR.Reader(bytes)
            do throws(XDR.Malformed) {
                id = try reader.unsigned()
                guard try reader.unsigned() == 0, try reader.unsigned() == 2 else { return nil }
                program = try reader.unsigned()
                version = try reader.unsigned()
                procedure = try reader.unsigned()
                var skipped = 24
                for _ in 0..<2 {
                    _ = try reader.unsigned()
                    // An authentication body has at most 400 bytes (RFC 5531, 8.2).
                    skipped += 8 + (try reader.opaque(longest: 400).count + 3) / 4 * 4
                }
                arguments = Array(bytes[skipped...])
            } catch { return nil }
        }

        init(id: UInt32, program: UInt32, version: UInt32, procedure: UInt32, arguments: [UInt8]) {
            self.id = id
            self.program = program
            self.version = version
            self.procedure = procedure
            self.arguments = arguments
        }
    }

    /// Why a server did not do what was called (RFC 5531, 9: `accept_stat` and `reject_stat`).
    enum Refusal: UInt32, Error {
        case programUnknown = 1, versionUnknown = 2, procedureUnknown = 3, garbage = 4, systemError = 5
        /// Denied before the call was looked at: RPC version or authentication.
        case denied = 100

        /// For messages.
        var words: String {
            switch self {
            case .programUnknown: return "the program is not served there"
            case .versionUnknown: return "the version is not served there"
            case .procedureUnknown: return "the procedure is not known there"
            case .garbage: return "the arguments were not understood"
            case .systemError: return "a system error at the other end"
            case .denied: return "the call was denied"
            }
        }
    }

    /// A reply (RFC 5531, 9: `reply_body`).
    struct Reply: Equatable {
        var id: UInt32
        var result: Result<[UInt8], Refusal>

        /// The bytes of the reply, without the record mark.
        var bytes: [UInt8] {
            var out = XDR.Writer()
            // Reply, accepted, verifier AUTH_NONE.
            for value in [id, 1, 0, 0, 0] { out.put(value) }
            switch result {
            case .success(let body):
                out.put(UInt32(0))
                return out.bytes + body
            case .failure(let why):
                out.put(why == .denied ? Refusal.systemError.rawValue : why.rawValue)
                // The versions served, lowest and highest.
                if why == .versionUnknown {
                    out.put(UInt32(1))
                    out.put(UInt32(1))
                }
                return out.bytes
            }
        }

        init(id: UInt32, result: Result<[UInt8], Refusal>) {
            self.id = id
            self.result = result
        }

        /// Reads a reply.
        init(_ bytes: [UInt8]) throws(XDR.Malformed) {
            var reader = XDR.Reader(bytes)
            id = try reader.unsigned()
            guard try reader.unsigned() == 1 else { throw XDR.Malformed(reason: "it is no reply") }
            guard try reader.unsigned() == 0 else {
                result = .failure(.denied)
                return
            }
            _ = try reader.unsigned()
            let verifier = try reader.opaque(longest: 400).count
            let status = try reader.unsigned()
            guard status == 0 else {
                guard let why = Refusal(rawValue: status), why != .denied else {
                    throw XDR.Malformed(reason: "\(status) is no status of a reply")
                }
                result = .failure(why)
                return
            }
            result = .success(Array(bytes[(24 + (verifier + 3) / 4 * 4)...]))
        }
    }
}

/// Records on a byte stream (RFC 5531, 11): fragments, each with its length in 31 bits and a mark on the last.
struct RPCRecords {
    private var buffer: [UInt8] = []
    private var record: [UInt8] = []
    /// A record longer than this is none.
    let longest: Int

    /// Records of at most so many bytes.
    init(longest: Int) { self.longest = longest }

    /// A message as one fragment.
    static func marked(_ message: [UInt8]) -> [UInt8] {
        var out = XDR.Writer()
        out.put(UInt32(message.count) | 1 << 31)
        return out.bytes + message
    }

    /// Puts bytes behind those not yet used.
    mutating func add(_ bytes: [UInt8]) { buffer += bytes }

    /// The next whole record; `nil` while it is not complete.
    mutating func next() throws(XDR.Malformed) -> [UInt8]? {
        while buffer.count >= 4 {
            let header = buffer[0..<4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            let length = Int(header & 0x7FFF_FFFF)
            guard record.count + length <= longest else {
                throw XDR.Malformed(reason: "a record of \(record.count + length) bytes; at most \(longest) make sense")
            }
            guard buffer.count >= 4 + length else { return nil }
            record += buffer[4..<(4 + length)]
            buffer.removeFirst(4 + length)
            if header >> 31 == 1 {
                defer { record = [] }
                return record
            }
        }
        return nil
    }
}
