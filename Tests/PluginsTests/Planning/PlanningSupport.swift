import BenchCore
import Plugins
import Testing

/// Files of this checkout, and what planning tests make of them.
enum Checkout {
    /// The checkout's folder, from where this file stands.
    static let root = #filePath.split(separator: "/").dropLast(4).reduce("") { $0 + "/" + $1 }

    static func path(_ name: String) -> String { root + "/" + name }

    static func procedure(_ name: String) throws -> Procedure {
        try ProcedureFile.load(path("Procedures/" + name), kinds: BuiltIn.stepKinds)
    }

    static func bench() throws -> BenchDescription {
        let path = path("Fixtures/Benches/demo.yaml")
        return try BenchFile.load(try Disk.read(path), file: path)
    }

    static func demoMeter() throws -> MeterType {
        let path = path("Fixtures/Meters/demo-05s.yaml")
        return try MeterTypeFile.load(try Disk.read(path), file: path)
    }

    static func plan(_ name: String, _ meter: MeterType) throws -> Plan {
        let procedure = try procedure(name)
        return try Planner.plan(
            procedure: procedure, limits: try procedure.limitTable(), meterType: meter, bench: try bench(),
            kinds: BuiltIn.stepKinds)
    }

    /// A meter made up for a test.
    static func meter(
        id: String = "test", accuracyClass: String, connection: String, wiring: String = "3P4W",
        voltage: String = "230 V",
        current: String, maximum: String, bidirectional: String = "yes", constant: String = "1000 imp/kWh",
        resolution: String = "10 Wh"
    ) throws -> MeterType {
        let directions = bidirectional == "yes" ? "[import, export]" : "[import]"
        let export =
            bidirectional == "yes"
            ? """
              - { name: export, role: active-energy-export, function: 4, address: 2, type: float32, word-order: high word first, unit: Wh, resolution: \(resolution) }
            """ : ""
        let text = """
            meter-type: \(id)
            source: made up for a test
            nameplate:
              manufacturer: Test
              model: Test
              accuracy-class: \(accuracyClass)
              connection: \(connection)
              wiring: \(wiring)
              nominal-voltage: \(voltage)
              nominal-current: \(current)
              maximum-current: \(maximum)
              nominal-frequency: 50 Hz
              bidirectional: \(bidirectional)
            constants:
              - { constant: \(constant), directions: \(directions) }
            registers:
              - { name: import, role: active-energy-import, function: 4, address: 0, type: float32, word-order: high word first, unit: Wh, resolution: \(resolution) }
            \(export)
            """
        return try MeterTypeFile.load(Array(text.utf8), file: "test.yaml")
    }
}
