internal import BenchCore
import Synchronization

/// A Yokogawa WT over the world, written from IM WT3001E-17EN: item lists, formats, marks, integrator with its states.
final class SimulatedWT: WireProtocol {
    let world: World, time: any Timekeeper
    private let state = Mutex(Device())

    init(world: World, time: any Timekeeper) {
        self.world = world
        self.time = time
    }

    private struct Device {
        var errors: [String] = []
        var header = true, float = false
        var items: [Int: String] = [:], count = 15
        var voltage = 1000.0, current = 30.0
        var integration = "RESET"
        /// Energies that the integrator holds, Wh.
        var held: [Double] = []
        /// Energies of the phases when it was started, as the world has only their sum.
        var share: [Double] = []
    }

    /// Switches it off and on: its settings, its list of items and its energies are gone.
    func restart() { state.withLock { $0 = Device() } }

    func session() -> any WireSession {
        TextLines { [self] line in perform(line) }
    }

    private func perform(_ line: String) -> [UInt8]? {
        let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
        guard let head = parts.first else { return nil }
        let parameter = parts.count > 1 ? parts[1] : ""
        func isHeader(_ manual: String) -> Bool { SCPIMnemonic.header(head, is: manual) }
        if head.uppercased() == "*IDN?" { return text("YOKOGAWA,WT3004E,C3QA01234V,F6.11") }
        if isHeader(":STATus:ERRor?") {
            return text(state.withLock { $0.errors.isEmpty ? "0,\"NO ERROR\"" : $0.errors.removeFirst() })
        }
        if isHeader(":STATus:EESR?") { return text("1") }
        if isHeader(":NUMeric:NORMal:VALue?") { return values() }
        if isHeader(":INTEGrate:STATe?") {
            return text(
                state.withLock { $0.integration == "START" ? "STAR" : $0.integration == "STOP" ? "STOP" : "RES" })
        }
        if isHeader(":COMMunicate:HEADer") { return set { $0.header = parameter.uppercased() == "ON" } }
        if isHeader(":NUMeric:FORMat") { return set { $0.float = SCPIMnemonic.matches(parameter, "FLOat") } }
        if isHeader(":NUMeric:NORMal:NUMber"), let count = Int(parameter), (1...255).contains(count) {
            return set { $0.count = count }
        }
        if let number = item(head) { return set { $0.items[number] = parameter } }
        for known in [
            ":COMMunicate:REMote", ":COMMunicate:VERBose", ":COMMunicate:WAIT", ":STATus:FILTer1",
            ":INPut:VOLTage:AUTO:ALL", ":INPut:CURRent:AUTO:ALL", ":INTEGrate:MODE", ":INTEGrate:TIMer",
        ] where isHeader(known) { return nil }
        if isHeader(":INPut:VOLTage:RANGe:ALL"), let range = Decimal.parse(parameter.dropLast()) {
            return choose(voltage: range, nil)
        }
        if isHeader(":INPut:CURRent:RANGe:ALL"), let range = Decimal.parse(parameter.dropLast()) {
            return choose(voltage: nil, range)
        }
        if isHeader(":INTEGrate:STARt") { return start() }
        if isHeader(":INTEGrate:STOP") { return stop() }
        if isHeader(":INTEGrate:RESet") {
            return set { device in
                guard device.integration != "START" else {
                    return device.errors.append("842,\"Integration is running\"")
                }
                device.integration = "RESET"
                device.held = []
            }
        }
        return set { $0.errors.append("113,\"Undefined header\"") }
    }

    private func text(_ text: String) -> [UInt8] { Array(text.utf8) }
    private func set(_ change: (inout Device) -> Void) -> [UInt8]? {
        state.withLock { change(&$0) }
        return nil
    }
    private func item(_ head: String) -> Int? {
        let digits = String(head.reversed().prefix { $0.isNumber }.reversed())
        guard !digits.isEmpty, SCPIMnemonic.header(head.dropLast(digits.count), is: ":NUMeric:NORMal:ITEM") else {
            return nil
        }
        return Int(digits)
    }

    private func choose(voltage: Double?, _ current: Double?) -> [UInt8]? {
        let ends = state.withLock { device in
            if let voltage { device.voltage = voltage }
            if let current { device.current = current }
            return (device.voltage, device.current)
        }
        // The simulated standard's accuracy is told for the values, not for the upper ends of ranges.
        _ = world.at(time.now) { state, _ in state.chooseRange(voltage: min(ends.0, 300), current: ends.1) }
        return nil
    }

    // MARK: integrator

    private func start() -> [UInt8]? {
        world.at(time.now) { state, _ in state.startEnergy() }
        return set { $0.integration = "START" }
    }

    private func stop() -> [UInt8]? {
        let running = state.withLock { $0.integration == "START" }
        guard running else { return set { $0.errors.append("843,\"Integration is not running\"") } }
        let held = energies()
        _ = world.at(time.now) { state, _ in state.stopEnergy() }
        return set { device in
            device.integration = "STOP"
            device.held = held
        }
    }

    /// The world integrates all phases together: here they share it as they share the power now.
    private func energies() -> [Double] {
        let (total, powers) = world.at(time.now) { state, _ in (state.energy ?? 0, state.reading.powers) }
        let sum = powers.reduce(0, +)
        return powers.map { total / 3600 * (sum == 0 ? 1.0 / 3 : $0 / sum) }
    }

    // MARK: numbers

    private func values() -> [UInt8] {
        let reading = world.at(time.now) { state, _ in state.reading }
        let device = state.withLock { $0 }
        let energies = device.integration == "START" ? energies() : device.held
        let numbers = (1...device.count).map { number(device.items[$0] ?? "NONE", reading, energies, device) }
        if device.float {
            let block = SCPINumberBlock.bytes(
                single: numbers.map { $0.isNaN ? 9.91e37 : $0.isInfinite ? 9.9e37 : $0 }, .normal)
            let length = String(block.count)
            // A header of 6 bytes: #4 and four digits (6-91).
            return text("#4" + String(repeating: "0", count: 4 - length.utf8.count) + length) + block
        }
        return text(
            numbers.map { $0.isNaN ? "NAN" : $0.isInfinite ? "INF" : Decimal.shortest($0) }.joined(separator: ","))
    }

    private func number(_ item: String, _ reading: StandardReading, _ energies: [Double], _ device: Device) -> Double {
        let parts = item.split(separator: ",").map { $0.uppercased() }
        guard let name = parts.first, let phase = Int(parts.count > 1 ? parts[1] : "1"), (1...3).contains(phase) else {
            return .nan
        }
        let p = phase - 1
        let live = reading.voltages[p] >= 1
        switch name {
        // Above 140 % of a range the display shows an overload.
        case "U", "URMS": return reading.voltages[p] > 1.4 * device.voltage ? .infinity : reading.voltages[p]
        case "I", "IRMS": return reading.currents[p] > 1.4 * device.current ? .infinity : reading.currents[p]
        case "P": return reading.powers[p]
        case "FU": return live ? reading.frequency : .nan
        case "UTHD": return live ? reading.voltageDistortion[p] : .nan
        case "WH": return energies.indices.contains(p) ? energies[p] : .nan
        default: return .nan
        }
    }
}
