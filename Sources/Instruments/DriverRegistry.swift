import BenchCore

/// Every driver of a bench file, by the name that stands there.
enum DriverRegistry {
    /// How a driver is reached.
    enum Wire: String { case tcp = "{ tcp: host:port }", modbus = "{ modbus-tcp: … } or { modbus-rtu: … }" }

    /// What a name stands for.
    struct Entry: Sendable {
        let name: String, role: InstrumentRole, wire: Wire
    }

    /// The list. Meters have no name here: their type file is their driver.
    static let all: [Entry] = [
        Entry(name: "scpi-source", role: .referenceSource, wire: .tcp),
        Entry(name: "scpi-standard", role: .referenceStandard, wire: .tcp),
        Entry(name: "scpi-counter", role: .pulseCounter, wire: .tcp),
        Entry(name: "modbus-climate", role: .environment, wire: .modbus),
        Entry(name: "modbus-contactor", role: .contactor, wire: .modbus),
    ]

    /// The entry for an instrument; `Fault(.notFound)` names the known ones.
    static func entry(for instrument: InstrumentDescription) throws(Fault) -> Entry {
        guard let entry = all.first(where: { $0.name == instrument.driver }) else {
            throw Fault(
                .notFound, instrument.id,
                "there is no driver «\(instrument.driver)»; there are \(all.map(\.name).joined(separator: ", "))")
        }
        guard entry.role == instrument.role else {
            throw Fault(
                .notFound, instrument.id,
                "driver «\(entry.name)» is for the role \(entry.role.rawValue), not \(instrument.role.rawValue)")
        }
        return entry
    }
}
