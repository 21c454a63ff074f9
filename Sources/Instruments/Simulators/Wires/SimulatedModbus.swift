internal import BenchCore

/// Modbus in both framings: TCP (MBAP header) and RTU (unit, checksum, silence).
struct SimulatedModbus: WireProtocol {
    /// How requests are framed; an RTU line has the time a character takes, s of life.
    enum Framing: Sendable {
        case tcp
        case rtu(character: Double)
    }
    let context: UnitContext, framing: Framing
    /// Devices by unit id.
    let units: [UInt8: any SimulatedUnit]

    func session() -> any WireSession { SimulatedModbusSession(spoken: self) }

    /// What an answer becomes on the wire: the unit id that it carries, its body, and what was done to it.
    struct Shaped {
        var unit: UInt8, function: UInt8, data: [UInt8]
        var delay = 0.0
        var broken = false, half = false
    }

    /// Asks a unit, with the faults planned for it; `nil` is silence.
    func answer(_ unit: UInt8, _ function: UInt8, _ body: [UInt8]) -> Shaped? {
        guard let device = units[unit] else { return nil }
        if let meter = device as? MeterUnit, context.ask({ $0.isDown(meter.position) }) { return nil }
        let fault = context.ask { $0.nextFault(device.place) }
        if fault == .silent { return nil }
        if case .exception(let code) = fault {
            return Shaped(unit: unit, function: function | 0x80, data: [UInt8(code)])
        }
        var shaped: Shaped
        switch function == 43 ? identified(device, body) : device.answer(function: function, body) {
        case .data(let data): shaped = Shaped(unit: unit, function: function, data: data)
        case .exception(let code): shaped = Shaped(unit: unit, function: function | 0x80, data: [code])
        }
        switch fault {
        case .late(let by): shaped.delay = by
        case .wrongUnit(let other): shaped.unit = UInt8(truncatingIfNeeded: other)
        case .brokenFrame: shaped.broken = true
        case .halfFrame: shaped.half = true
        default: break
        }
        return shaped
    }

    /// Function 43/14 (Modbus Application Protocol V1.1b3, 6.21).
    private func identified(_ device: any SimulatedUnit, _ body: [UInt8]) -> UnitAnswer {
        guard !device.identification.isEmpty, body.first == 14 else { return .illegalFunction }
        guard body.count == 3, let access = ModbusIdentification.Access(rawValue: body[1]) else { return .illegalValue }
        guard let data = ModbusIdentification.answer(device.identification, access, object: body[2]) else {
            return .illegalAddress
        }
        return .data(data)
    }

    /// CRC-16 of Modbus RTU (MODBUS over Serial Line V1.02, 6.2.2): polynomial 0xA001 reflected, start 0xFFFF.
    static func checksum(_ bytes: some Sequence<UInt8>) -> UInt16 {
        var crc: UInt16 = 0xFFFF
        for byte in bytes {
            crc ^= UInt16(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? (crc >> 1) ^ 0xA001 : crc >> 1 }
        }
        return crc
    }
}

/// One client of a Modbus wire.
struct SimulatedModbusSession: WireSession {
    let spoken: SimulatedModbus

    mutating func consume(_ buffer: inout [UInt8]) -> [WireReply] {
        var replies: [WireReply] = []
        while let reply = next(&buffer) { replies.append(reply) }
        return replies
    }

    /// The next whole request's reply (empty for silence); `nil` when no whole request is there.
    private func next(_ buffer: inout [UInt8]) -> WireReply? {
        switch spoken.framing {
        case .tcp: return tcp(&buffer)
        case .rtu(let character): return rtu(&buffer, character)
        }
    }

    /// MBAP: transaction, protocol 0, length, unit (MODBUS Messaging on TCP/IP V1.0b, 3.1.3).
    private func tcp(_ buffer: inout [UInt8]) -> WireReply? {
        guard buffer.count >= 8 else { return nil }
        let length = Int(buffer[4]) << 8 | Int(buffer[5])
        guard buffer[2] == 0, buffer[3] == 0, (2...254).contains(length) else {
            buffer.removeAll()
            return nil
        }
        guard buffer.count >= 6 + length else { return nil }
        let frame = Array(buffer[..<(6 + length)])
        buffer.removeFirst(6 + length)
        guard let shaped = spoken.answer(frame[6], frame[7], Array(frame[8...])) else { return WireReply(bytes: []) }
        let body = [shaped.unit, shaped.function] + shaped.data
        var bytes = Array(frame[..<4]) + [UInt8(body.count >> 8), UInt8(body.count & 0xFF)] + body
        // TCP has no checksum of its own: a broken frame names another protocol.
        if shaped.broken { bytes[2] = 0xFF }
        if shaped.half { bytes = Array(bytes.prefix(bytes.count / 2)) }
        return WireReply(bytes: bytes, delay: shaped.delay)
    }

    private func rtu(_ buffer: inout [UInt8], _ character: Double) -> WireReply? {
        while buffer.count >= 4 {
            let length: Int
            switch ModbusRTU.requestLength(buffer[...]) {
            case .open: return nil
            case .known(let count): length = count
            // Functions that nobody here knows are refused all the same; most of their requests have this length.
            case .none: length = 8
            }
            guard buffer.count >= length else { return nil }
            let frame = Array(buffer[..<length])
            let sum = UInt16(frame[length - 2]) | UInt16(frame[length - 1]) << 8
            guard SimulatedModbus.checksum(frame.dropLast(2)) == sum else {
                // Not the beginning of a request: look one byte further.
                buffer.removeFirst()
                continue
            }
            buffer.removeFirst(length)
            // Every unit on the bus hears every request; all but one keep silent.
            guard let shaped = spoken.answer(frame[0], frame[1], Array(frame[2..<(length - 2)])) else {
                return WireReply(bytes: [])
            }
            var bytes = [shaped.unit, shaped.function] + shaped.data
            let crc = SimulatedModbus.checksum(bytes)
            bytes += [UInt8(crc & 0xFF), UInt8(crc >> 8)]
            if shaped.broken { bytes[bytes.count - 1] ^= 0x5A }
            if shaped.half { bytes = Array(bytes.prefix(bytes.count / 2)) }
            // A real line takes its time: question, a silence of 3.5 characters, answer (the silence after it is the host's).
            let time = (Double(length + bytes.count) + 3.5) * character
            return WireReply(bytes: bytes, delay: shaped.delay + time)
        }
        return nil
    }
}
