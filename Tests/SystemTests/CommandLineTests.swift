import BenchCore
import FoundationEssentials
import TestSupport
import Testing

/// The verbs as a person types them: exit codes of sysexits.h, one clear message, never a trap.
@Suite("Command line")
struct CommandLineTests {
    private func meterbench(_ words: String...) async throws -> (exit: Int32, output: String) {
        try await Peer.run(
            Product.path("meterbench"), words, folder: Checkout.root, mergeErrors: true, within: 300)
    }

    @Test("check: every file that ships is fine")
    func shipped() async throws {
        for folder in ["Procedures", "Procedures/Limits", "Procedures/Parts", "Fixtures/Orders", "Fixtures/Meters"] {
            let names = try FileManager.default.contentsOfDirectory(atPath: Checkout.path(folder))
            for name in names.sorted() where name.hasSuffix(".yaml") {
                let result = try await meterbench("check", folder + "/" + name)
                #expect(result.exit == 0, "\(result.output)")
                #expect(result.output.contains("\(name): ok"))
            }
        }
    }

    @Test("check: a broken file gives file, line and column and 65; a missing one 66; no file 64")
    func broken() async throws {
        let folder = "Fixtures/Broken/procedures"
        let name = try #require(
            try FileManager.default.contentsOfDirectory(atPath: Checkout.path(folder)).filter {
                $0.hasSuffix(".yaml")
            }.min())
        let result = try await meterbench("check", folder + "/" + name)
        #expect(result.exit == 65)
        #expect(result.output.contains(try Regex("\(name):[0-9]+:[0-9]+: ")))
        #expect(try await meterbench("check", "nowhere.yaml").exit == 66)
        #expect(try await meterbench("check").exit == 64)
        #expect(try await meterbench("measure").exit == 64)
        #expect(try await meterbench("run", "--quickly").exit == 64)
    }

    @Test("--help after any verb shows its usage", arguments: ["check", "plan", "run", "instruments", "wire"])
    func help(verb: String) async throws {
        let result = try await meterbench(verb, "--help")
        #expect(result.exit == 0)
        #expect(result.output.hasPrefix("usage: meterbench \(verb) "), "\(result.output)")
    }

    @Test("plan: the table has every test point with its clause, and refuses a meter of another class")
    func plan() async throws {
        let bench = "Fixtures/Benches/demo.yaml"
        let fine = try await meterbench(
            "plan", "Procedures/iec62053-22.yaml", "--bench", bench, "--meter",
            "Fixtures/Meters/demo-05s.yaml")
        #expect(fine.exit == 0, "\(fine.output)")
        #expect(fine.output.contains("IEC 62053-22:2003, 8.1 Table 4") && fine.output.contains("0.5 ind"))
        #expect(fine.output.split(separator: "\n").allSatisfy { $0.count <= 140 })
        let other = try await meterbench(
            "plan", "Procedures/iec62053-22.yaml", "--bench", bench, "--meter",
            "Fixtures/Meters/eastron-sdm630.yaml")
        #expect(other.exit == 65)
        let own = try await meterbench(
            "plan", "Procedures/iec62053-21.yaml", "--bench", bench, "--meter",
            "Fixtures/Meters/eastron-sdm630.yaml")
        // The SDM630's outputs count import only as far as its manual says: export points are left out and named.
        #expect(own.exit == 0, "\(own.output)")
        #expect(own.output.contains("no pulse output for export"))
    }

    @Test("an expired standard blocks a run with its place in the bench file, before anything is energised")
    func expired() async throws {
        let folder = try TemporaryFolder()
        for name in ["Fixtures", "Procedures"] {
            try FileManager.default.copyItem(atPath: Checkout.path(name), toPath: folder.path + "/" + name)
        }
        let bench = folder.path + "/Fixtures/Benches/demo.yaml"
        try WiredFixture.write(try WiredFixture.text(bench).replacing("2099-12-31", with: "2026-03-03"), bench)
        let result = try await meterbench(
            "run", folder.path + "/Fixtures/Orders/demo.yaml", "--virtual", "--runs", folder.path + "/Runs")
        #expect(result.exit == 65)
        #expect(result.output.contains(try Regex("demo.yaml:[0-9]+:[0-9]+: .*has expired")), "\(result.output)")
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/Runs"))
    }

    @Test(
        "one byte flipped anywhere in what a run left is refused by verify, and the place is named",
        .timeLimit(.minutes(10)))
    func tampering() async throws {
        let folder = try TemporaryFolder()
        let end = try await Peer.run(
            Product.path("meterbench"),
            ["run", Checkout.path("Fixtures/Orders/demo.yaml"), "--virtual", "--json", "--runs", folder.path],
            within: 900)
        let run = try Summary.read(end.output).folder
        let anchor = Checkout.path("Fixtures/Keys/demonstration-root.pem")
        #expect(try await meterbench("verify", run, "--anchor", anchor).exit == 0)
        let certificate = try #require(
            try FileManager.default.contentsOfDirectory(atPath: run + "/reports").filter { $0.hasSuffix(".pdf") }.min())
        let files = [
            "journal.jsonl", "seal.json", "seal.json.p7s", "reports/" + certificate, "reports/\(certificate).p7s",
            "frozen/procedure/Limits/iec62053-22.yaml", "plans/demo-05s.json", "bench.json",
        ]
        var random = SeededGenerator(seed: 5, label: "tampering")
        for file in files {
            let path = URL(filePath: run + "/" + file)
            let good = try Data(contentsOf: path)
            for place in [0, good.count - 1, Int.random(in: 1..<good.count - 1, using: &random)] {
                var bad = good
                bad[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                try bad.write(to: path)
                let result = try await meterbench("verify", run, "--anchor", anchor)
                #expect(result.exit != 0, "\(file), byte \(place)")
                let complaints = result.output.split(separator: "\n").filter { !$0.hasPrefix("VALID") }
                let name = String(file.split(separator: "/").last ?? "")
                #expect(complaints.contains { $0.contains(name.replacing(".p7s", with: "")) }, "\(complaints)")
            }
            try good.write(to: path)
        }
        #expect(try await meterbench("verify", run, "--anchor", anchor).exit == 0)
    }

    @Test("certificates made again from the evidence are the same bytes")
    func again() async throws {
        let folder = try TemporaryFolder()
        let end = try await Peer.run(
            Product.path("meterbench"),
            ["run", Checkout.path("Fixtures/Orders/demo.yaml"), "--virtual", "--json", "--runs", folder.path],
            within: 900)
        let run = try Summary.read(end.output).folder
        let report = try await meterbench("report", run)
        #expect(report.exit == 0, "\(report.output)")
        let lines = report.output.split(separator: "\n")
        #expect(!lines.isEmpty && lines.allSatisfy { $0.hasSuffix("the same as issued") }, "\(report.output)")
        let show = try await meterbench("show", run)
        #expect(show.exit == 0 && show.output.contains("DM-26-0003"))
        let found = try await meterbench("archive", "find", "DM-26-0003", folder.path)
        #expect(found.exit == 0 && found.output.contains("fail"), "\(found.output)")
        #expect(try await meterbench("archive", "rebuild", folder.path).exit == 0)
    }
}
