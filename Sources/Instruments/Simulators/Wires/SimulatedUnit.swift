internal import BenchCore

/// What one Modbus unit answers: the data of a response, or an exception code (Modbus Application Protocol V1.1b3, 7).
enum UnitAnswer: Sendable, Hashable {
    case data([UInt8])
    case exception(UInt8)

    static let illegalFunction = UnitAnswer.exception(1)
    static let illegalAddress = UnitAnswer.exception(2)
    static let illegalValue = UnitAnswer.exception(3)

    /// Registers as bytes behind their byte count.
    static func registers(_ words: some Sequence<UInt16>) -> UnitAnswer {
        let bytes = words.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
        return .data([UInt8(bytes.count)] + bytes)
    }
}

/// A device behind a unit id.
protocol SimulatedUnit: Sendable {
    /// Where its faults are planned.
    var place: FaultPlace { get }
    /// Answers a request; `function` with the bytes behind it.
    func answer(function: UInt8, _ body: [UInt8]) -> UnitAnswer
    /// What it says of itself by function 43/14; empty where it does not know that function.
    var identification: [ModbusIdentification.Object] { get }
}

extension SimulatedUnit {
    var identification: [ModbusIdentification.Object] { [] }
}

/// What all simulated units have.
struct UnitContext: Sendable {
    let world: World, time: any Timekeeper

    func ask<T>(_ body: (inout WorldState) -> T) -> T { world.at(time.now) { state, _ in body(&state) } }

    /// Address and count of a request that reads.
    static func span(_ body: [UInt8]) -> (address: Int, count: Int)? {
        guard body.count == 4 else { return nil }
        return (Int(body[0]) << 8 | Int(body[1]), Int(body[2]) << 8 | Int(body[3]))
    }

    /// The answer to a read of registers out of a table that begins at `base`.
    static func read(_ body: [UInt8], from base: Int, _ table: [UInt16]) -> UnitAnswer {
        guard let (address, count) = span(body), (1...125).contains(count) else { return .illegalValue }
        let begin = address - base
        guard begin >= 0, begin + count <= table.count else { return .illegalAddress }
        return .registers(table[begin..<(begin + count)])
    }
}

/// The climate sensor of the note on generic instruments.
struct ClimateUnit: SimulatedUnit {
    let context: UnitContext, place: FaultPlace

    func answer(function: UInt8, _ body: [UInt8]) -> UnitAnswer {
        guard function == 4 else { return .illegalFunction }
        let climate = context.ask { $0.climate }
        let temperature = Int16(max(-32_768, min(32_767, (climate.temperature * 100).rounded())))
        let humidity = UInt16(max(0, min(10_000, (climate.humidity * 100).rounded())))
        return UnitContext.read(body, from: 0, [UInt16(bitPattern: temperature), humidity, 0x4D42])
    }
}

/// The contactor of the note on generic instruments.
struct ContactorUnit: SimulatedUnit {
    let context: UnitContext, place: FaultPlace

    func answer(function: UInt8, _ body: [UInt8]) -> UnitAnswer {
        switch function {
        case 1, 2:
            guard let (address, count) = UnitContext.span(body) else { return .illegalValue }
            guard address == 0, count == 1 else { return .illegalAddress }
            return .data([1, context.ask { $0.contactorClosed } ? 1 : 0])
        case 4: return UnitContext.read(body, from: 2, [0x4D42])
        case 5:
            guard let (address, value) = UnitContext.span(body) else { return .illegalValue }
            guard address == 0 else { return .illegalAddress }
            guard value == 0xFF00 || value == 0 else { return .illegalValue }
            context.ask { $0.setContactor(closed: value != 0) }
            return .data(body)
        default: return .illegalFunction
        }
    }
}

/// A meter's register map.
struct MeterUnit: SimulatedUnit {
    let context: UnitContext, position: Int, type: MeterType
    var place: FaultPlace { .position(position) }

    func answer(function: UInt8, _ body: [UInt8]) -> UnitAnswer {
        let fixed = type.registers.contains {
            if case .modbus(let f, _, _, _) = $0.place { return f == Int(function) }
            return false
        }
        if fixed {
            let (base, table) = context.ask { RegisterImage.fixed(Int(function), position, type, &$0) }
            let answer = UnitContext.read(body, from: base, table)
            if answer != .illegalAddress || !usesSunSpec { return answer }
        }
        guard usesSunSpec, function == 3 else { return fixed ? .illegalAddress : .illegalFunction }
        return UnitContext.read(
            body, from: SunSpecImage.base, context.ask { SunSpecImage.chain(position, type, &$0) })
    }

    private var usesSunSpec: Bool {
        type.registers.contains {
            if case .sunspec = $0.place { return true }
            return false
        }
    }
}
