import BenchCore

/// One contact of an interlock loop, as a Modbus input sees it.
struct ModbusContact: Sendable, Hashable {
    /// What it watches, in words: `door left`.
    var name: String
    /// 1 reads a coil, 2 a discrete input; zero-based address.
    var function: Int, address: Int
    /// What the bit is while the contact is closed.
    var closedBit: Bool

    /// The request that reads it.
    var request: ModbusRequest {
        function == 1 ? .readCoils(address: address, count: 1) : .readDiscreteInputs(address: address, count: 1)
    }
}

/// What a `modbus-interlock` is asked and answers: pure.
enum ModbusInterlockWire {
    /// The loop of the note on generic instruments: discrete input 0 is 1 while the whole loop is closed.
    static let loop = [ModbusContact(name: "the interlock loop", function: 2, address: 0, closedBit: true)]

    /// The state of the loop from its bits, in the order of the contacts.
    static func state(_ bits: [Bool], _ contacts: [ModbusContact]) -> InterlockState {
        let open = zip(contacts, bits).filter { $0.closedBit != $1 }.map(\.0.name)
        return InterlockState(closed: open.isEmpty && bits.count == contacts.count && !contacts.isEmpty, open: open)
    }

    /// Reads `contacts` of a data file: `{ name: door, function: 2, address: 3, closed: 1 }`.
    static func read(_ f: Fields, _ unconfirmed: inout [String]) -> [ModbusContact] {
        var doubts: [String] = []
        let contacts = f.blocks("contacts", "a contact") { f -> ModbusContact? in
            let name = f.text("name")
            let function = f.integer("function", in: 1...2)
            let address = f.integer("address", in: 0...65_535)
            let closed = f.integer("closed", in: 0...1)
            if let why = f.text("unconfirmed", .optional) { doubts.append("\(name ?? "contact"): \(why)") }
            guard let name, let function, let address, let closed else { return nil }
            return ModbusContact(name: name, function: function, address: address, closedBit: closed == 1)
        }
        unconfirmed += doubts
        return contacts
    }
}
