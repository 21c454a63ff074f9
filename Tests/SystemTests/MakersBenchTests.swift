import FoundationEssentials
import TestSupport
import Testing

/// A bench whose source and standard speak their makers' languages: a ZERA MT786 on a serial line, a MT310s2 on TCP.
@Suite("A bench of other makers", .serialized)
struct MakersBenchTests {
    private func fixture() async throws -> WiredFixture {
        try await WiredFixture(steps: WaysOutTests.short) { base in
            let path = base + "/Benches/demo.yaml"
            var bench = String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
            func replace(_ driver: String, _ model: String, _ serial: String, with new: String) throws {
                let begin = try #require(bench.firstRange(of: "    driver: \(driver)"))
                let end = try #require(bench.firstRange(of: "    serial: \(serial)"))
                #expect(bench[begin.lowerBound..<end.upperBound].contains("model: \(model)"))
                bench.replaceSubrange(begin.lowerBound..<end.upperBound, with: new)
            }
            try replace(
                "scpi-source", "Simulated Source", "SIM-S-1",
                with: """
                        driver: zera-mt786
                        wire: { serial: \(base)/zera, settings: 9600 8N2 }
                        manufacturer: ZERA
                        model: MT786
                        serial: "050012345"
                    """)
            let standard = try #require(bench.firstRange(of: "driver: scpi-standard\n    wire: "))
            let wire = bench[standard.upperBound...].prefix { $0 != "\n" }
            try replace(
                "scpi-standard", "Simulated Standard", "SIM-R-1",
                with: """
                        driver: zera-mt310s2
                        wire: \(wire)
                        manufacturer: ZERA GmbH Koenigswinter
                        model: MT310s2
                        serial: "050059467"
                    """)
            try Data(bench.utf8).write(to: URL(fileURLWithPath: path))
        }
    }

    @Test(
        "six meters are certified, the certificates say SIMULATED, what is unconfirmed is said, and the wires can be read"
    )
    func run() async throws {
        let bench = try await fixture()
        let checked = try await Peer.run(
            Product.path("meterbench"), ["instruments", "check", bench.path + "/Benches/demo.yaml"],
            mergeErrors: true, within: 300)
        #expect(checked.exit == 0, "\(checked.output)")
        #expect(checked.output.contains("WARN  source  zera-mt786") && checked.output.contains("is a simulator"))

        let end = try await bench.run().finish(within: 300)
        #expect(end.exit == 0, "\(end.output)")
        let summary = try Summary.read(end.output)
        #expect(summary.complete && summary.verdicts.count == 6)
        #expect(summary.verdicts.values.allSatisfy { $0.word == "pass" })
        let verified = try await Peer.run(
            Product.path("meterbench"), ["verify", summary.folder, "--anchor", bench.anchor], within: 300)
        #expect(verified.exit == 0, "\(verified.output)")
        let shown = try await Peer.run(Product.path("meterbench"), ["show", summary.folder], within: 300)
        #expect(shown.exit == 0 && shown.output.contains("SIMULATED"), "\(shown.output)")

        let wires = try await Peer.run(
            Product.path("meterbench"), ["wire", "show", summary.folder, "--instrument", "source"], within: 300)
        // «UI» switches the outputs: here all off, at the end (ZERA SourceMock).
        #expect(wires.output.contains("SUIAAAAAAAAA"), "\(wires.output.suffix(2000))")
        let standard = try await Peer.run(
            Product.path("meterbench"), ["wire", "show", summary.folder, "--instrument", "standard"], within: 300)
        #expect(standard.output.contains("SENSE:RNG1:UL1:RANGE"), "\(standard.output.prefix(2000))")
    }

    @Test("the wrong standard at the address stops the run before anything is energised, with 65")
    func wrong() async throws {
        let bench = try await fixture()
        let path = bench.path + "/Benches/demo.yaml"
        let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
        try Data(text.replacing("050059467", with: "050059468").utf8).write(to: URL(fileURLWithPath: path))
        let end = try await bench.run().finish(within: 300)
        #expect(end.exit == 65, "\(end.output)")
        #expect(end.output.contains("wrongDevice") && end.output.contains("050059467"), "\(end.output)")
        let wires = try await Peer.run(
            Product.path("meterbench"), ["wire", "show", bench.runFolder, "--instrument", "source"], within: 300)
        // No voltage was ever set (UP).
        #expect(!wires.output.contains("> SUP"), "\(wires.output)")
    }
}
