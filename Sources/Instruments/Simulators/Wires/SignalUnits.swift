internal import BenchCore
import Synchronization

/// The interlock of the note on generic instruments: its one contact is what a test, or nobody, makes of it.
final class InterlockUnit: SimulatedUnit {
    let place: FaultPlace
    private let loop = Mutex(true)

    init(place: FaultPlace) { self.place = place }

    /// Whether the loop is closed.
    var closed: Bool {
        get { loop.withLock { $0 } }
        set { loop.withLock { $0 = newValue } }
    }

    func answer(function: UInt8, _ body: [UInt8]) -> UnitAnswer {
        switch function {
        case 2:
            guard let (address, count) = UnitContext.span(body) else { return .illegalValue }
            return address == 0 && count == 1 ? .data([1, closed ? 1 : 0]) : .illegalAddress
        case 4: return UnitContext.read(body, from: 2, [0x4D42])
        default: return .illegalFunction
        }
    }
}

/// The signal lamp of the note on generic instruments: three coils.
final class LampUnit: SimulatedUnit {
    let place: FaultPlace
    private let coils = Mutex([false, false, false])

    init(place: FaultPlace) { self.place = place }

    /// Green, red, yellow.
    var lit: [Bool] { coils.withLock { $0 } }

    func answer(function: UInt8, _ body: [UInt8]) -> UnitAnswer {
        guard let (address, value) = UnitContext.span(body) else { return .illegalValue }
        switch function {
        case 1:
            guard address + value <= 3, value >= 1 else { return .illegalAddress }
            let bits = lit[address..<(address + value)].enumerated().reduce(UInt8(0)) { byte, light in
                byte | (light.element ? 1 << UInt8(light.offset) : 0)
            }
            return .data([1, bits])
        case 4: return UnitContext.read(body, from: 2, [0x4D42])
        case 5:
            guard address < 3 else { return .illegalAddress }
            guard value == 0xFF00 || value == 0 else { return .illegalValue }
            coils.withLock { $0[address] = value != 0 }
            return .data(body)
        default: return .illegalFunction
        }
    }
}

/// A thermometer and hygrometer as its data file describes it (family `modbus-sensor`), in the climate of the world.
struct SensorUnit: SimulatedUnit {
    let context: UnitContext, place: FaultPlace, table: ModbusSensorTable, serial: String

    func answer(function: UInt8, _ body: [UInt8]) -> UnitAnswer {
        let climate = context.ask { $0.climate }
        var placed: [(address: Int, words: [UInt16])] = []
        func put(_ register: RegisterDefinition?, number: Double?, text: String?) {
            guard let register, case .modbus(Int(function), let address, let encoding, let order) = register.place
            else { return }
            let value = RegisterValue(name: register.name, number: number, text: text, unit: register.unit)
            placed.append(
                (
                    address,
                    RegisterImage.words(value, register.scale, encoding, order, notAvailable: register.notAvailable)
                ))
        }
        put(table.temperature.register, number: climate.temperature - table.temperature.offset, text: nil)
        put(table.humidity.register, number: climate.humidity - table.humidity.offset, text: nil)
        put(table.serial, number: Decimal.parse(serial), text: serial)
        put(table.model, number: nil, text: "Simulated")
        put(table.firmware, number: 1, text: "1.0")
        guard !placed.isEmpty else { return .illegalFunction }
        guard let (address, count) = UnitContext.span(body), (1...125).contains(count) else { return .illegalValue }
        // Registers that the table does not name are not there.
        var words: [UInt16] = []
        for wanted in address..<(address + count) {
            guard let part = placed.first(where: { $0.address..<($0.address + $0.words.count) ~= wanted }) else {
                return .illegalAddress
            }
            words.append(part.words[wanted - part.address])
        }
        return .registers(words)
    }
}
