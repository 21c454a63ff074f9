import BenchCore
import TestSupport
import Testing

@testable import Instruments

/// An instrument made from a file of `Fixtures/Instruments`, as a bench does it.
func typed<T>(_ name: String, _ wire: WireAddress, response: Double = 10, as _: T.Type) async throws -> T {
    let path = Checkout.path("Fixtures/Instruments/\(name).yaml")
    return try await typed(try InstrumentTypeFile.load(try Disk.read(path), file: path), wire, response, T.self)
}

/// An instrument made from the text of a type file.
func typed<T>(text: String, _ wire: WireAddress, response: Double = 10, as _: T.Type) async throws -> T {
    try await typed(try InstrumentTypeFile.load(Array(text.utf8), file: "type.yaml"), wire, response, T.self)
}

private func typed<T>(_ type: InstrumentType, _ wire: WireAddress, _ response: Double, _: T.Type) async throws -> T {
    let entry = type.entries[0]
    let description = InstrumentDescription(
        id: "instrument", role: entry.role, driver: type.name, wire: wire, manufacturer: type.manufacturer,
        model: type.models.first ?? "", serial: "", traceability: nil, source: nil, accuracy: [], counter: nil,
        climate: nil)
    let timeouts = WireTimeouts(connect: 10, response: response, late: 0)
    let wires = Wires(scpi: timeouts, modbus: .modbus)
    let made = try await entry.make(DriverContext(description: description, wires: wires, time: SteppedTime()))
    guard let wanted = made as? T else { throw Fault(.internalError, type.name, "gives another kind of driver") }
    return wanted
}

@Suite("Instrument types of analyzers, clocks and receivers")
struct AnalyzerTypesTests {
    static let shipped = [
        "yokogawa-wt1800", "yokogawa-wt3000", "yokogawa-wt5000", "keysight-53220", "pendulum-cnt90",
        "keysight-x-series", "rigol-dsa800", "siglent-ssa3000x", "rohde-schwarz-fpl",
    ]

    @Test("every file that ships can be read, names its manual, and says what is unconfirmed", arguments: shipped)
    func ship(name: String) throws {
        let path = Checkout.path("Fixtures/Instruments/\(name).yaml")
        let type = try InstrumentTypeFile.load(try Disk.read(path), file: path)
        #expect(type.name == name && !type.source.isEmpty && !type.models.isEmpty)
        #expect(type.entries.count == 1 && type.entries[0].name == name)
        #expect(!type.unconfirmed.isEmpty)
    }

    private func complaints(_ name: String, _ change: (String) -> String) throws -> String {
        let path = Checkout.path("Fixtures/Instruments/\(name).yaml")
        let text = change(String(decoding: try Disk.read(path), as: UTF8.self))
        do {
            _ = try InstrumentTypeFile.load(Array(text.utf8), file: "type.yaml")
            return ""
        } catch let diagnostics as Diagnostics {
            return "\(diagnostics)"
        }
    }

    @Test("a place that is not known, a question without «?», and a unit nobody integrates in are told with their line")
    func mistakes() throws {
        #expect(
            try complaints("yokogawa-wt3000") { $0.replacing("ALL {voltage}V", with: "ALL {votage}V") }
                .contains("«{votage}» is no value; did you mean «{voltage}»?"))
        #expect(
            try complaints("yokogawa-wt3000") { $0.replacing(":INTEGrate:STATe?", with: ":INTEGrate:STATe") }
                .contains("is no question"))
        #expect(
            try complaints("yokogawa-wt3000") { $0.replacing("unit: Wh", with: "unit: kg") }
                .contains("«kg» is no unit of an integrator"))
        #expect(
            try complaints("keysight-53220") { $0.replacing("{gate}", with: "{gate") }
                .contains("every «{» has a «}» behind it"))
    }

    @Test("how far the points of a trace are apart is told exactly once")
    func spacing() throws {
        let once = "exactly one of «point-time», «axis» and «layout: pairs»"
        #expect(try complaints("rohde-schwarz-fpl") { $0.replacing("axis: {", with: "axes: {") }.contains("axes"))
        #expect(
            try complaints("rigol-dsa800") { $0.replacing("point-time: sweep-time / (points - 1)", with: "") }
                .contains(once))
        #expect(try complaints("rigol-dsa800") { $0 + "layout: pairs\n" }.contains(once))
        #expect(
            try complaints("rigol-dsa800") { $0.replacing("(points - 1)", with: "point") }.contains("is no point time"))
    }
}
