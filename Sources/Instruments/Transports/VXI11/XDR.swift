/// External data representation (RFC 4506): everything in units of four bytes, high byte first.
enum XDR {
    /// What makes bytes unreadable.
    struct Malformed: Error, Equatable {
        let reason: String
    }

    /// Builds a message.
    struct Writer {
        private(set) var bytes: [UInt8] = []

        /// An unsigned integer or an enumeration (RFC 4506, 4.2 and 4.3).
        mutating func put(_ value: UInt32) {
            bytes += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
        }

        /// A signed integer (RFC 4506, 4.1).
        mutating func put(_ value: Int32) { put(UInt32(bitPattern: value)) }

        /// A boolean (RFC 4506, 4.4).
        mutating func put(_ value: Bool) { put(UInt32(value ? 1 : 0)) }

        /// Bytes of variable length (RFC 4506, 4.10): their count, the bytes, zeros up to a multiple of four.
        mutating func put(_ opaque: [UInt8]) {
            put(UInt32(opaque.count))
            bytes += opaque
            bytes += [UInt8](repeating: 0, count: (4 - opaque.count % 4) % 4)
        }
    }

    /// Takes a message apart.
    struct Reader {
        private let bytes: ArraySlice<UInt8>
        private var at: Int

        init(_ bytes: some Sequence<UInt8>) {
            self.bytes = Array(bytes)[...]
            at = 0
        }

        /// Whether all has been read.
        var isAtEnd: Bool { at == bytes.count }

        mutating func unsigned() throws(Malformed) -> UInt32 {
            guard at + 4 <= bytes.count else { throw Malformed(reason: "it ends in the middle of a number") }
            defer { at += 4 }
            return bytes[at..<(at + 4)].reduce(0) { $0 << 8 | UInt32($1) }
        }

        mutating func signed() throws(Malformed) -> Int32 { Int32(bitPattern: try unsigned()) }

        mutating func bool() throws(Malformed) -> Bool {
            let value = try unsigned()
            guard value <= 1 else { throw Malformed(reason: "\(value) is no boolean") }
            return value == 1
        }

        /// Bytes of variable length, at most `longest`.
        mutating func opaque(longest: Int) throws(Malformed) -> [UInt8] {
            let count = Int(try unsigned())
            guard count <= longest else {
                throw Malformed(reason: "\(count) bytes of data; at most \(longest) were asked for")
            }
            let padded = (count + 3) / 4 * 4
            guard at + padded <= bytes.count else { throw Malformed(reason: "it ends in the middle of its data") }
            defer { at += padded }
            return Array(bytes[at..<(at + count)])
        }
    }
}
