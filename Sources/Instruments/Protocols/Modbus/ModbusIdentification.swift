/// What a device says of itself by function 43/14, Read Device Identification (Modbus Application Protocol V1.1b3, 6.21).
public struct ModbusIdentification: Sendable, Hashable {
    /// How it is asked for.
    public enum Access: UInt8, Sendable, Hashable, CaseIterable, CustomStringConvertible {
        /// Objects 0 to 2, as a stream: maker, product code, revision.
        case basic = 1
        /// Objects 0 to 6, as a stream.
        case regular = 2
        /// All objects, as a stream; those from 0x80 on are the maker's own.
        case extended = 3
        /// One object.
        case individual = 4

        /// The word of the standard.
        public var description: String {
            switch self {
            case .basic: return "basic"
            case .regular: return "regular"
            case .extended: return "extended"
            case .individual: return "individual"
            }
        }
    }

    /// One object as it stands on the wire.
    public struct Object: Sendable, Hashable {
        /// Its number: 0 maker, 1 product code, 2 revision, 3 address of the maker, 4 product, 5 model, 6 application.
        public var id: UInt8
        /// Its bytes, text as a rule.
        public var bytes: [UInt8]

        /// An object by number and bytes.
        public init(id: UInt8, bytes: [UInt8]) {
            self.id = id
            self.bytes = bytes
        }
    }

    /// One answer: objects, and whether more follow.
    public struct Part: Sendable, Hashable {
        /// 1, 2, 3: basic, regular, extended as a stream; 0x81 … 0x83 also by single object.
        public var conformity: UInt8
        /// The object to ask for next; `nil` when this answer is the last.
        public var next: UInt8?
        /// The objects of this answer.
        public var objects: [Object]

        /// An answer by its parts.
        public init(conformity: UInt8, next: UInt8?, objects: [Object]) {
            self.conformity = conformity
            self.next = next
            self.objects = objects
        }
    }

    /// All objects that were read, by number.
    public private(set) var objects: [UInt8: [UInt8]] = [:]
    /// What the device can: see `Part.conformity`.
    public private(set) var conformity: UInt8 = 0

    /// Nothing read yet.
    public init() {}

    /// Takes one answer in; false where it brings nothing new although more is promised, so that a device cannot keep us for ever.
    public mutating func take(_ part: Part) -> Bool {
        let before = objects.count
        conformity = part.conformity
        for object in part.objects where objects[object.id] == nil { objects[object.id] = object.bytes }
        return part.next == nil || objects.count > before
    }

    /// An object as text: printable ASCII, without blanks at its ends; `nil` where it is absent or empty.
    public func text(_ id: UInt8) -> String? {
        guard let bytes = objects[id] else { return nil }
        let printable = bytes.prefix { $0 != 0 }.map { $0 >= 32 && $0 < 127 ? $0 : UInt8(ascii: "?") }
        let text = String(decoding: printable.drop { $0 == 32 }.reversed().drop { $0 == 32 }.reversed(), as: UTF8.self)
        return text.isEmpty ? nil : text
    }

    /// Object 0, the maker.
    public var manufacturer: String? { text(0) }
    /// Object 1, the maker's code of the product.
    public var productCode: String? { text(1) }
    /// Object 2, major and minor revision.
    public var revision: String? { text(2) }
    /// Object 4, the name of the product.
    public var productName: String? { text(4) }
    /// Object 5, the name of the model.
    public var modelName: String? { text(5) }
    /// The most telling name of the model: object 5, else 4, else 1.
    public var model: String? { modelName ?? productName ?? productCode }

    /// Reads the data behind function code 43.
    static func part(_ pdu: [UInt8], _ access: Access, object: UInt8) throws(ModbusFrame.Trouble) -> Part {
        guard pdu.count >= 7, pdu[1] == 14 else { throw .broken("no device identification (MEI type 14)") }
        guard pdu[2] == access.rawValue else {
            throw .broken("device identification \(pdu[2]) answers \(access.rawValue)")
        }
        var rest = pdu[7...]
        var objects: [Object] = []
        for _ in 0..<pdu[6] {
            guard let id = rest.popFirst(), let count = rest.popFirst(), rest.count >= Int(count) else {
                throw .broken("\(pdu[6]) objects are announced, \(objects.count) are whole")
            }
            objects.append(Object(id: id, bytes: Array(rest.prefix(Int(count)))))
            rest = rest.dropFirst(Int(count))
        }
        guard rest.isEmpty else { throw .broken("\(rest.count) bytes behind the last object") }
        if access == .individual, objects.map(\.id) != [object] {
            throw .broken("object \(object) was asked; \(objects.map { String($0.id) }.joined(separator: ", ")) came")
        }
        return Part(conformity: pdu[3], next: pdu[4] == 0xFF ? pdu[5] : nil, objects: objects)
    }

    /// The data of an answer, behind function code 43, as a device sends it: objects from `object` on as far as they fit.
    ///
    /// `nil` where the object asked for by `individual` is not there (exception 2).
    static func answer(_ all: [Object], _ access: Access, object: UInt8, most: Int = 253) -> [UInt8]? {
        let last: UInt8 = access == .basic ? 2 : access == .regular ? 6 : 255
        var wanted = all.filter { $0.id <= last }
        if access == .individual {
            wanted = wanted.filter { $0.id == object }
            guard !wanted.isEmpty else { return nil }
        } else if wanted.contains(where: { $0.id == object }) {
            // An object that is not known restarts the stream at the first.
            wanted = wanted.filter { $0.id >= object }
        }
        var bytes: [UInt8] = []
        var count: UInt8 = 0
        for one in wanted {
            guard 7 + bytes.count + 2 + one.bytes.count <= most else { break }
            bytes += [one.id, UInt8(truncatingIfNeeded: one.bytes.count)] + one.bytes
            count += 1
        }
        let more = Int(count) < wanted.count
        let next = more ? wanted[Int(count)].id : 0
        return [14, access.rawValue, 0x83, more ? 0xFF : 0, next, count] + bytes
    }
}
