import BenchCore
import FoundationEssentials
import TestSupport
import Testing

@testable import Instruments

@Suite("Files of the family scpi-source")
struct SourceTableFileTests {
    /// The smallest file that is complete: a single-phase source of voltage.
    static let smallest = """
        instrument-type: small
        family: scpi-source
        manufacturer: Example
        models: [E1]
        source: Example E1 manual
        capability:
          phases: 1
          voltage: 10 V to 300 V
          current: none
          frequency: 45 Hz to 65 Hz
        settle: 1 s
        load:
          - VOLT {voltage}
          - send: FREQ {frequency .1}
            unconfirmed: not in the manual
        on: [OUTP ON]
        voltage-off: [OUTP OFF]
        state:
          on: { ask: "OUTP?", yes: 1, no: 0 }
        """

    private func complaints(_ text: String) -> [String] {
        do {
            _ = try InstrumentTypeFile.load(Array(text.utf8), file: "small.yaml")
            return []
        } catch let trouble as Diagnostics {
            return trouble.all.map(\.description)
        } catch {
            return ["\(error)"]
        }
    }

    @Test("the smallest file gives a source, and warns of what is unconfirmed")
    func smallest() throws {
        let type = try InstrumentTypeFile.load(Array(Self.smallest.utf8), file: "small.yaml")
        #expect(type.name == "small" && type.models == ["E1"])
        #expect(type.entries.map(\.role) == [.referenceSource])
        let uncited = ["VOLT {voltage}", "OUTP ON", "OUTP OFF", "OUTP?"]
        #expect(
            Set(type.unconfirmed)
                == Set(
                    ["«FREQ {frequency .1}» is unconfirmed: not in the manual"]
                        + uncited.map { "«\($0)» is unconfirmed: no page of a manual is named" }))
    }

    @Test("every file of Fixtures/Instruments is in order and stands under its own name")
    func shipped() throws {
        let folder = Checkout.path("Fixtures/Instruments")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".yaml") }
            .sorted()
        #expect(files.count >= 5)
        for file in files {
            let found = try FileCheck.complaints("\(folder)/\(file)", kinds: [], others: [InstrumentTypeFile.kind])
            #expect(found.isEmpty, "\(found.map(\.description).joined(separator: "\n"))")
            guard found.isEmpty else { continue }
            let type = try InstrumentTypeFile.load(try Disk.read("\(folder)/\(file)"), file: file)
            #expect(file == type.name + ".yaml")
        }
    }

    @Test(
        "what is wrong is said with line, column and what would be right",
        arguments: [
            ("current: none", "current: nothing", "small.yaml:9:12: ", "«nothing»"),
            ("VOLT {voltage}", "VOLT {voltge}", "small.yaml:13:5: ", "did you mean «{voltage}»?"),
            ("[OUTP ON]", "[\"OUTP ON,{voltage}\"]", "small.yaml:16:6: ", "belongs to a load"),
            ("ask: \"OUTP?\"", "ask: OUTP", "small.yaml:19:14: ", "a query has a «?»"),
            ("no: 0 }", "no: 1 }", "small.yaml:19:35: ", "cannot mean yes and no"),
            ("settle: 1 s", "settle: 1", "small.yaml:11:9: ", "has no unit"),
            ("voltage-off: [OUTP OFF]", "voltages-off: [OUTP OFF]", "small.yaml:17:1: ", "did you mean «voltage-off»?"),
            ("settle: 1 s", "settle: 1 s\ncurrent-off: [CURR 0]", "small.yaml:12:14: ", "there are no currents"),
            ("{voltage}", "{voltage-range}", "small.yaml:13:5: ", "needs the list «voltage-ranges»"),
            ("phases: 1", "phases: 4", "small.yaml:7:11: ", "outside 1 … 3"),
            (
                "settle: 1 s", "settle: 1 s\nvoltage-ranges: [{ up-to: 150 V, name: LOW }]", "small.yaml:12:17: ",
                "«capability» at 300 V"
            ),
        ])
    func wrong(part: String, instead: String, place: String, words: String) {
        let found = complaints(Self.smallest.replacing(part, with: instead))
        #expect(found.contains { $0.hasPrefix(place) && $0.contains(words) }, "\(found)")
    }

    @Test("the example of the reference is in order, and the reference names every key")
    func reference() throws {
        let path = "Sources/Instruments/Documentation.docc/scpi-source-files.md"
        let text = String(decoding: try Disk.read(Checkout.path(path)), as: UTF8.self)
        let parts = text.split(separator: "```", omittingEmptySubsequences: false)
        let example = try #require(parts.first { $0.hasPrefix("yaml\n") }).dropFirst(5)
        #expect(complaints(String(example)).isEmpty)
        // The keys as the reader itself lists them to somebody who wrote a wrong one.
        let found = complaints(Self.smallest + "\nnonsense: 1\nshape: { outputs: [voltage], nonsense: 1 }\n")
        let lists = found.compactMap { $0.split(separator: "keys are ").dropFirst().first }
        #expect(lists.count == 2)
        for key in lists.joined(separator: ", ").split(separator: ", ") {
            #expect(text.contains("`\(key)") || text.contains("\(key):") || text.contains("\(key)`"), "\(key)")
        }
        for value in SourceTemplate.Value.allCases {
            #expect(text.contains("{\(value.rawValue)}"), "\(value.rawValue)")
        }
    }

    @Test("the guard gets the bytes of safe actions and the answer that proves them")
    func guarded() throws {
        let bytes = try Disk.read(Checkout.path("Fixtures/Instruments/fluke-6105a.yaml"))
        let entry = try #require(try InstrumentTypeFile.load(bytes, file: "fluke-6105a.yaml").entries.first)
        let voltage = try #require(entry.guarded(.voltageOff))
        #expect(String(decoding: voltage.send, as: UTF8.self) == "OUTP:STAT OFF\nOUTP:STAT?\n")
        #expect(voltage.expect == Array("0".utf8))
        let current = try #require(entry.guarded(.currentOff))
        #expect(
            String(decoding: current.send, as: UTF8.self)
                == "SOUR:PHAS1:CURR:STAT OFF\nSOUR:PHAS2:CURR:STAT OFF\nSOUR:PHAS3:CURR:STAT OFF\nSOUR:PHAS3:CURR:STAT?\n"
        )
        #expect(entry.guarded(.open) == nil)
    }
}
