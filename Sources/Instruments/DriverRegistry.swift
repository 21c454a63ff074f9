import BenchCore

/// Kinds of wire that a driver can be reached by.
enum WireKind: String, Sendable, Hashable, CaseIterable {
    case tcp, serial, usbtmc
    case vxi11 = "vxi-11"
    case hislip
    case modbusTCP = "modbus-tcp"
    case modbusRTU = "modbus-rtu"
    case usb, alsa, file

    /// Wires that carry text messages.
    static let messages: Set<WireKind> = [.tcp, .serial, .usbtmc, .vxi11, .hislip]
    /// Wires that carry any bytes.
    static let streams: Set<WireKind> = [.tcp, .serial]
    /// Modbus lines.
    static let modbus: Set<WireKind> = [.modbusTCP, .modbusRTU]
}

extension WireAddress {
    var kind: WireKind {
        switch self {
        case .tcp: return .tcp
        case .serial: return .serial
        case .usbtmc: return .usbtmc
        case .vxi11: return .vxi11
        case .hislip: return .hislip
        case .modbusTCP: return .modbusTCP
        case .modbusRTU: return .modbusRTU
        case .usb: return .usb
        case .alsa: return .alsa
        case .file: return .file
        }
    }
}

/// What a driver is made from.
struct DriverContext: Sendable {
    /// The entry of the bench file.
    var description: InstrumentDescription
    /// The connections of the bench, shared by instruments at one address.
    var wires: Wires
    /// The bench's clock.
    var time: any Timekeeper

    /// The id in the bench file.
    var id: String { description.id }
    /// What a device that cannot tell is taken for.
    var expected: InstrumentIdentity {
        InstrumentIdentity(
            manufacturer: description.manufacturer, model: description.model, serial: description.serial, firmware: "",
            simulated: false)
    }
}

/// A driver as bench files name it.
struct DriverEntry: Sendable {
    /// The name in the bench file, and the role it plays; a driver with several roles has an entry for each.
    var name: String, role: InstrumentRole
    /// Wires it can be reached by.
    var wires: Set<WireKind>
    /// What of it could not be checked against the maker's manual, as sentences; said before a run and by `instruments check`.
    var unconfirmed: [String] = []
    /// What the guard sends over TCP or a serial line for a safe action when this program is gone; `nil` for an action it cannot guard.
    var guarded: @Sendable (SafeAction) -> Guarded? = { _ in nil }
    /// Makes the driver; nothing is sent yet.
    var make: @Sendable (DriverContext) async throws -> any Instrument

    /// Bytes that ask for a safe action, and how the answer that proves it begins.
    struct Guarded: Sendable, Hashable {
        var send: [UInt8], expect: [UInt8]
    }
}

/// Every driver of a bench file, by the name that stands there.
enum DriverRegistry {
    /// The built-in list. Meters have no name here: their type file is their driver.
    static let all: [DriverEntry] = [
        SCPISource.entry,
        SCPIStandard.entry,
        SCPICounter.entry,
        ModbusClimate.entry,
        ModbusContactor.entry,
        ZeraSource.entryMT,
        ZeraSource.entryFG,
        ZeraStandard.entry,
        ZeraMT310s2.entry,
        ZeraMT310s2Calculator.entry,
        LMG600.entry,
        ZeraErrorCalculator.entry,
        GenySource.entry,
        GenyStandard.entry,
        GenyErrorCalculator.entry,
        ModbusInterlock.entry,
        ModbusLamp.entry,
        StreamDigitizer.entry,
        USBDigitizer.entry,
        SoundCardDigitizer.entry,
        FileDigitizer.entry,
    ]

    /// The entry for an instrument; `types` are the instrument types of the bench, by name. `Fault(.notFound)` names the known ones.
    static func entry(
        for instrument: InstrumentDescription, types: [String: InstrumentType]
    ) throws(Fault) -> DriverEntry {
        let named = all.filter { $0.name == instrument.driver } + (types[instrument.driver]?.entries ?? [])
        guard !named.isEmpty else {
            let known = Set(all.map(\.name) + types.keys).sorted()
            throw Fault(
                .notFound, instrument.id,
                "there is no driver «\(instrument.driver)»; there are \(known.joined(separator: ", "))")
        }
        guard let entry = named.first(where: { $0.role == instrument.role }) else {
            throw Fault(
                .notFound, instrument.id,
                "driver «\(instrument.driver)» is for the role \(named.map(\.role.rawValue).joined(separator: ", ")), not "
                    + instrument.role.rawValue)
        }
        guard entry.wires.contains(instrument.wire.kind) else {
            throw Fault(
                .notFound, instrument.id,
                "driver «\(entry.name)» is reached by \(entry.wires.map(\.rawValue).sorted().joined(separator: ", ")), not by "
                    + instrument.wire.kind.rawValue)
        }
        return entry
    }
}
