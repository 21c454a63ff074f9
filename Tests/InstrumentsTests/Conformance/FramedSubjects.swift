import BenchCore

@testable import Instruments

/// Drivers that are neither SCPI nor Modbus, over their simulators around the world: ZERA MT786 and FG30x, GENY YC99T.
enum FramedSubjects {
    static var all: [ConformanceSubject] {
        get throws {
            let zera = ConformanceWire.serial(SerialFormat(baud: 9600, format: "8N2"))
            let geny = ConformanceWire.serial(SerialFormat(baud: 115_200, format: "8N1"))
            return try [
                subject("zera-mt786", .referenceSource, "ZERA", "MT786"),
                subject("zera-mt786", .referenceSource, "ZERA", "MT786", zera),
                subject("zera-mt786", .referenceStandard, "ZERA", "MT793"),
                subject("zera-mt786", .errorCalculator, "ZERA", "MT793"),
                subject("zera-fg30x", .referenceSource, "ZERA", "FG301"),
                subject("zera-fg30x", .referenceSource, "ZERA", "FG301", zera),
                subject("geny-yc99t", .referenceSource, "GENY", "YC99T-5C"),
                subject("geny-yc99t", .referenceSource, "GENY", "YC99T-5C", geny),
                subject("geny-yc99t", .referenceStandard, "GENY", "YC99T-5C"),
                subject("geny-yc99t", .errorCalculator, "GENY", "YC99T-3C"),
            ].compactMap { $0 }
        }
    }

    private static func subject(
        _ driver: String, _ role: InstrumentRole, _ maker: String, _ model: String, _ wire: ConformanceWire = .tcp
    ) throws -> ConformanceSubject? {
        let bench = ConformanceSubjects.world
        var address = WireAddress.tcp(host: "127.0.0.1", port: 1)
        if case .serial(let format) = wire { address = .serial(device: "/dev/null", format) }
        let instrument = InstrumentDescription(
            id: "\(role)", role: role, driver: driver, wire: address, manufacturer: maker, model: model,
            serial: "4711", traceability: nil,
            source: role == .referenceSource ? bench.bench.instrument(.referenceSource)?.source : nil, accuracy: [],
            counter: nil, climate: nil)
        var subject = bench.wired(instrument, entry: try DriverRegistry.entry(for: instrument, types: [:]))
        subject?.name = "\(driver) \(role.rawValue) \(wire.isSerial ? "serial" : "TCP")"
        return subject
    }
}
