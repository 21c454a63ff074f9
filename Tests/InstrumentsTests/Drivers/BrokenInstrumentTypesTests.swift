import BenchCore
import TestSupport
import Testing

@testable import Instruments

/// Instrument types with a fault in them: `# expect: LINE:COLUMN: text` at the top says what must be complained about.
@Suite("Broken instrument types are answered with place and reason")
struct BrokenInstrumentTypesTests {
    private static let folder = "Fixtures/Broken/instruments"

    private static func files() throws -> [String] { try Disk.names(in: Checkout.path(folder)).sorted() }

    private func complaints(_ text: String, _ name: String) throws -> [Diagnostic] {
        do {
            _ = try InstrumentTypeFile.load(Array(text.utf8), file: name)
            return []
        } catch let trouble as Diagnostics { return trouble.all }
    }

    @Test("each broken file", arguments: try files())
    func broken(_ name: String) throws {
        let text = String(decoding: try Disk.read(Checkout.path("\(Self.folder)/\(name)")), as: UTF8.self)
        let first = try #require(text.split(separator: "\n").first)
        #expect(first.hasPrefix("# expect: "))
        let expected = name + ":" + first.dropFirst("# expect: ".count)
        let found = try complaints(text, name).map(\.description)
        #expect(found.contains(expected), "\(found)")
    }

    @Test("a file that was cut short anywhere is read or answered with a place, never more")
    func cut() throws {
        for type in ["fluke-6105a", "yokogawa-wt3000", "keysight-53220", "rigol-dsa800", "xy-md02"] {
            let bytes = try Disk.read(Checkout.path("Fixtures/Instruments/\(type).yaml"))
            for length in stride(from: 1, to: bytes.count, by: 37) {
                let text = String(decoding: bytes.prefix(length), as: UTF8.self)
                for found in try complaints(text, "cut.yaml") {
                    #expect(found.description.hasPrefix("cut.yaml:"))
                }
            }
        }
    }

    @Test("a command that names neither a page nor a doubt is unconfirmed, IEEE 488.2's own excepted")
    func uncited() throws {
        let name = "Fixtures/Instruments/pacific-upc.yaml"
        let type = try InstrumentTypeFile.load(try Disk.read(Checkout.path(name)), file: name)
        #expect(type.unconfirmed.contains("«:OUTP OFF» is unconfirmed: no page of a manual is named"))
        #expect(!type.unconfirmed.contains { $0.contains("*CLS") || $0.contains(":SOUR:FREQ,") })
    }
}
