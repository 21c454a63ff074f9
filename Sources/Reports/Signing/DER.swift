/// The few ASN.1 types of a signature, written in the one way that DER allows (X.690, 10 and 11).
enum DER {
    /// Tag, length, content.
    static func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        var length: [UInt8]
        if content.count < 128 {
            length = [UInt8(content.count)]
        } else {
            length = []
            var rest = content.count
            while rest > 0 {
                length.insert(UInt8(rest & 0xff), at: 0)
                rest >>= 8
            }
            length.insert(0x80 | UInt8(length.count), at: 0)
        }
        return [tag] + length + content
    }

    static func sequence(_ parts: [UInt8]...) -> [UInt8] { element(0x30, parts.flatMap { $0 }) }
    /// SET OF: ordered by the encodings, shorter first where one begins the other (X.690, 11.6).
    static func set(_ parts: [[UInt8]], tag: UInt8 = 0x31) -> [UInt8] {
        element(tag, parts.sorted { $0.lexicographicallyPrecedes($1) }.flatMap { $0 })
    }
    static func octets(_ bytes: [UInt8]) -> [UInt8] { element(0x04, bytes) }
    static func utf8(_ text: String) -> [UInt8] { element(0x0c, Array(text.utf8)) }
    static func small(_ number: UInt8) -> [UInt8] { element(0x02, [number]) }

    /// A non-negative integer given by its bytes, most significant first.
    static func integer(_ bytes: [UInt8]) -> [UInt8] {
        var content = Array(bytes.drop { $0 == 0 })
        if content.isEmpty || content[0] >= 0x80 { content.insert(0, at: 0) }
        return element(0x02, content)
    }

    static func oid(_ numbers: [UInt32]) -> [UInt8] {
        var content = [UInt8(numbers[0] * 40 + numbers[1])]
        for number in numbers.dropFirst(2) {
            var groups = [UInt8(number & 0x7f)]
            var rest = number >> 7
            while rest > 0 {
                groups.insert(UInt8(rest & 0x7f) | 0x80, at: 0)
                rest >>= 7
            }
            content += groups
        }
        return element(0x06, content)
    }
}

/// Reads DER element by element; lengths must be definite and as short as can be.
struct DERReader {
    struct Element {
        let tag: UInt8
        let content: ArraySlice<UInt8>
        /// With tag and length.
        let whole: ArraySlice<UInt8>
        var inside: DERReader { DERReader(content) }
    }

    struct Malformed: Error {
        /// Place in the bytes read, from 0.
        let offset: Int
    }

    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }
    init(_ bytes: [UInt8]) { rest = bytes[...] }

    var isEmpty: Bool { rest.isEmpty }
    var nextTag: UInt8? { rest.first }

    /// The next element, of that tag.
    mutating func next(_ tag: UInt8) throws -> Element {
        let start = rest.startIndex
        guard rest.first == tag else { throw Malformed(offset: start) }
        var at = start + 1
        guard at < rest.endIndex else { throw Malformed(offset: at) }
        var length = Int(rest[at])
        at += 1
        if length >= 0x80 {
            let count = length - 0x80
            guard (1...3).contains(count), at + count <= rest.endIndex else { throw Malformed(offset: at) }
            length = rest[at..<(at + count)].reduce(0) { $0 << 8 | Int($1) }
            guard length >= 0x80, rest[at] != 0 else { throw Malformed(offset: at) }
            at += count
        }
        guard at + length <= rest.endIndex else { throw Malformed(offset: at) }
        let element = Element(tag: tag, content: rest[at..<(at + length)], whole: rest[start..<(at + length)])
        rest = rest[(at + length)...]
        return element
    }

    /// Nothing may follow.
    func end() throws { if let first = rest.indices.first { throw Malformed(offset: first) } }
}
