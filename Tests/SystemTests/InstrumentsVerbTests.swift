import FoundationEssentials
import TestSupport
import Testing

/// `meterbench instruments` and `meterbench wire` on the demonstration bench, over its real sockets and its serial line.
@Suite("Instruments by the command line", .serialized)
struct InstrumentsVerbTests {
    private func meterbench(_ words: [String], input: String? = nil) async throws -> (exit: Int32, output: String) {
        guard let input else {
            return try await Peer.run(
                Product.path("meterbench"), words, folder: Checkout.root, mergeErrors: true, within: 300)
        }
        let quoted = ([Product.path("meterbench")] + words).map { "'\($0)'" }.joined(separator: " ")
        return try await Peer.run(
            "/bin/sh", ["-c", "printf '\(input)' | \(quoted)"], folder: Checkout.root, mergeErrors: true, within: 300)
    }

    private func text(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
    }

    private func bench(_ edit: (String) throws -> Void = { _ in }) async throws -> (WiredFixture, String) {
        let fixture = try await WiredFixture(steps: "  - log: nothing", edit: edit)
        return (fixture, fixture.path + "/Benches/demo.yaml")
    }

    @Test("scan: named doors are asked who is there, what comes out is a proposal, and nothing is overwritten")
    func scan() async throws {
        let (fixture, _) = try await bench()
        let doors = [15025, 15026, 15502].map { "127.0.0.1:\(fixture.ports[$0] ?? 0)" }
        let file = fixture.path + "/found.yaml"
        let found = try await meterbench(["instruments", "scan"] + doors + ["--bench", file])
        #expect(found.exit == 0, "\(found.output)")
        #expect(found.output.contains("MeterBench Simulated Source SIM-S-1"), "\(found.output)")
        #expect(found.output.contains("MeterBench Simulated Standard SIM-R-1"), "\(found.output)")
        let proposal = try text(file)
        #expect(proposal.contains("wire: { tcp: \(doors[0]) }"), "\(proposal)")
        #expect(proposal.contains("serial: SIM-S-1"))
        // Nobody was switched on or reset by being looked for.
        #expect(try await fixture.ask(15025, "OUTP:STAT?").hasPrefix("0,"))
        let again = try await meterbench(["instruments", "scan"] + doors + ["--bench", file])
        #expect(again.exit == 73, "\(again.output)")
        #expect(try text(file) == proposal)
        // What the proposal lacks is told with its place.
        let checked = try await meterbench(["check", file])
        #expect(checked.exit == 65)
        #expect(checked.output.contains(try Regex("found.yaml:[0-9]+:[0-9]+: ")), "\(checked.output)")
    }

    @Test("scan: an empty door is 69, and JSON is a list")
    func empty() async throws {
        let nothing = try await meterbench(["instruments", "scan", "127.0.0.1:1", "--json"])
        // A machine with instruments plugged in finds those.
        let list = try #require(nothing.output.firstIndex(of: "["))
        let parsed = try JSONDecoder().decode([Door].self, from: Data(nothing.output[list...].utf8))
        #expect(nothing.exit == (parsed.isEmpty ? 69 : 0), "\(nothing.output)")
    }

    private struct Door: Decodable { let note: String }

    @Test("check: one line each, who and until when calibrated; another serial number is 65, an absent one 69")
    func check() async throws {
        let (fixture, path) = try await bench()
        let fine = try await meterbench(["instruments", "check", path])
        #expect(fine.exit == 0, "\(fine.output)")
        let lines = fine.output.split(separator: "\n")
        for id in ["source", "standard", "counter", "climate", "contactor", "position 1", "position 6"] {
            #expect(lines.contains { $0.contains("  \(id)  ") && !$0.hasPrefix("FAIL") }, "\(id): \(fine.output)")
        }
        #expect(lines.contains { $0.contains("standard") && $0.contains("DEMO-2026-0815 valid until 2099-12-31") })

        let original = try text(path)
        let other = fixture.path + "/Benches/other.yaml"
        try Data(original.replacing("serial: SIM-R-1", with: "serial: SIM-R-2").utf8).write(
            to: URL(fileURLWithPath: other))
        let wrong = try await meterbench(["instruments", "check", other])
        #expect(wrong.exit == 65, "\(wrong.output)")
        #expect(wrong.output.contains("serial number is «SIM-R-1»; the bench file says «SIM-R-2»"), "\(wrong.output)")

        let port = fixture.ports[15027] ?? 0
        try Data(original.replacing("127.0.0.1:\(port)", with: "127.0.0.1:1").utf8).write(
            to: URL(fileURLWithPath: other))
        let absent = try await meterbench(["instruments", "check", other])
        #expect(absent.exit == 69, "\(absent.output)")
        #expect(absent.output.split(separator: "\n").count { $0.hasPrefix("FAIL") } == 1, "\(absent.output)")
    }

    @Test("console: questions are asked, energising wants its word, the end leaves the bench safe; the log is readable")
    func console() async throws {
        let (fixture, path) = try await bench()
        let log = fixture.path + "/console.jsonl"
        let words = ["instruments", "console", "source", "--bench", path, "--log", log]
        let talk = try await meterbench(words, input: "*IDN?\\nOUTP:APPL\\nquit\\n")
        #expect(talk.output.contains("MeterBench,Simulated Source,SIM-S-1"), "\(talk.output)")
        #expect(talk.output.contains("energise"), "\(talk.output)")
        #expect(try await fixture.ask(15025, "OUTP:STAT?").hasPrefix("0,"))
        let shown = try await meterbench(["wire", "show", log])
        #expect(shown.exit == 0, "\(shown.output)")
        #expect(shown.output.contains("*IDN?") && shown.output.contains("MeterBench,Simulated Source"))
        #expect(!shown.output.contains("OUTP:APPL"), "what was refused was not sent: \(shown.output)")
        // A log is never overwritten, and an unknown instrument is named.
        #expect(try await meterbench(words, input: "quit\\n").exit == 73)
        let unknown = try await meterbench(["instruments", "console", "sauce", "--bench", path])
        #expect(unknown.exit != 0 && unknown.output.contains("sauce"), "\(unknown.output)")
    }

    @Test("conform: the standard of the bench keeps its contract, nothing is switched")
    func conform() async throws {
        let (fixture, path) = try await bench()
        let result = try await meterbench(["instruments", "conform", "standard", "--bench", path])
        #expect(try await fixture.ask(15025, "OUTP:STAT?").hasPrefix("0,"))
        #expect(result.exit == 0, "\(result.output)")
    }

    @Test("a run leaves a wire log that «wire show» prints: SCPI as text, Modbus decoded")
    func wireLog() async throws {
        let fixture = try await WiredFixture(steps: WaysOutTests.short)
        let end = try await fixture.run().finish(within: 300)
        #expect(end.exit == 0, "\(end.output)")
        let shown = try await meterbench(["wire", "show", fixture.runFolder])
        #expect(shown.exit == 0, "\(shown.output)")
        #expect(shown.output.contains("*IDN?") && shown.output.contains("OUTP:APPL"), "\(shown.output.prefix(2000))")
        #expect(shown.output.contains(try Regex("read (input|holding) registers")), "\(shown.output.prefix(2000))")
        let one = try await meterbench(["wire", "show", fixture.runFolder, "--instrument", "standard"])
        #expect(one.output.contains("standard") && !one.output.contains("OUTP:APPL"))
        // A log that was cut short is read as far as it goes, and the cut is named.
        let name = try #require(
            try FileManager.default.contentsOfDirectory(atPath: fixture.runFolder + "/wire").min())
        let whole = try Data(contentsOf: URL(fileURLWithPath: fixture.runFolder + "/wire/" + name))
        let cut = fixture.path + "/cut.jsonl"
        try whole.prefix(whole.count - 20).write(to: URL(fileURLWithPath: cut))
        let short = try await meterbench(["wire", "show", cut])
        #expect(short.exit == 65 && short.output.contains("cut.jsonl:"), "\(short.output.suffix(500))")
        #expect(try await meterbench(["wire", "show", "nowhere.jsonl"]).exit == 66)
    }
}
