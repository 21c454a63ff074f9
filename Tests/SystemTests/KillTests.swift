import BenchCore
import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// What a run's summary says, as `run --json` prints it.
struct Summary: Decodable {
    struct Word: Decodable, Equatable { var word: String }
    var run: String, folder: String, complete: Bool
    var verdicts: [String: Word]

    static func read(_ output: String) throws -> Summary {
        let line = try #require(output.split(separator: "\n").last { $0.hasPrefix("{") })
        return try JSONDecoder().decode(Summary.self, from: Data(line.utf8))
    }
}

/// The program is killed with SIGKILL at random moments and resumed until the run is complete.
@Suite("Killed and resumed", .serialized)
struct KillTests {
    static let program = Product.path("meterbench")
    static let anchor = Checkout.path("Fixtures/Keys/demonstration-root.pem")

    @Test(
        "after 200 kills no load point is lost or silently repeated, and the verdicts are the same",
        .timeLimit(.minutes(20)))
    func killed() async throws {
        let folder = try TemporaryFolder()
        let order = try Self.importOnly(folder.path)
        let whole = try await Peer.run(
            Self.program, ["run", order, "--virtual", "--json", "--runs", folder.path + "/whole"], within: 900)
        #expect(whole.exit == 1)
        let expected = try Summary.read(whole.output)
        let size = try FileManager.default.attributesOfItem(atPath: expected.folder + "/journal.jsonl")[.size] as? Int
        let length = try #require(size)

        var random = SeededGenerator(seed: 200, label: "kills")
        var kills = 0
        var chain = 0
        while kills < 200 {
            chain += 1
            let runs = folder.path + "/chain-\(chain)"
            var run: String?
            var done: Summary?
            while done == nil {
                let arguments =
                    run.map { ["run", "--resume", $0, "--virtual", "--json"] }
                    ?? ["run", order, "--virtual", "--json", "--runs", runs]
                let begin = run.flatMap { Self.size($0) } ?? 0
                let peer = try Peer(Self.program, arguments)
                if kills < 200 {
                    // Somewhere in the next tenth of the journal, or within the first moments of the program's life.
                    let target = begin + Int(random.uniform(in: 0...Double(length) / 10))
                    let byTime = random.uniform(in: 0...1) < 0.2
                    let moment = random.uniform(in: 0...60_000)
                    let known = run
                    try await blocking {
                        if byTime {
                            usleep(UInt32(moment))
                        } else {
                            // The run may end before it gets there: then there is nothing to kill.
                            while kill(peer.process, 0) == 0, !Self.isOver(peer.process),
                                (known ?? Self.only(runs)).flatMap(Self.size) ?? 0 < target
                            { usleep(200) }
                        }
                    }
                    if !Self.isOver(peer.process) {
                        peer.signal(SIGKILL)
                        kills += 1
                        _ = try? await peer.finish()
                        // Killed before its first line was safe: there is no run yet, and it is begun anew.
                        if run == nil, let made = Self.only(runs), (Self.size(made) ?? 0) > 0,
                            Self.hasLine(made + "/journal.jsonl")
                        {
                            run = made
                        } else if run == nil, let made = Self.only(runs) {
                            try FileManager.default.removeItem(atPath: made)
                        }
                        continue
                    }
                }
                let end = try await peer.finish(within: 900)
                #expect(end.exit == 1, "\(end.output)")
                guard end.exit == 1 else { return }
                done = try Summary.read(end.output)
            }
            let summary = try #require(done)
            #expect(summary.complete)
            #expect(summary.verdicts == expected.verdicts)
            // The verifier recomputes every verdict and refuses a point that is lost or repeated without a word.
            let check = try await Peer.run(
                Self.program, ["verify", summary.folder, "--anchor", Self.anchor], within: 300)
            #expect(check.exit == 0, "\(check.output)")
        }
        #expect(kills >= 200)
    }

    /// The demonstration with the points of one direction: half as long a journal, every kind of test in it.
    private static func importOnly(_ base: String) throws -> String {
        for name in ["Fixtures", "Procedures"] {
            try FileManager.default.copyItem(atPath: Checkout.path(name), toPath: base + "/" + name)
        }
        let path = base + "/Procedures/iec62053-22.yaml"
        let text = try WiredFixture.text(path).replacing("[import, export]", with: "[import]")
        try WiredFixture.write(text, path)
        return base + "/Fixtures/Orders/demo.yaml"
    }

    private static func only(_ runs: String) -> String? {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: runs)) ?? []
        return names.filter { $0.hasPrefix("DEMO") }.max().map { runs + "/" + $0 }
    }

    private static func size(_ run: String) -> Int? {
        var info = stat()
        return stat(run + "/journal.jsonl", &info) == 0 ? Int(info.st_size) : nil
    }

    private static func hasLine(_ path: String) -> Bool {
        (try? Data(contentsOf: URL(filePath: path)).contains(10)) ?? false
    }

    /// Whether a child has ended (it stays a zombie until it is waited for).
    private static func isOver(_ process: Int32) -> Bool {
        var info = siginfo_t()
        return waitid(P_PID, UInt32(process), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_signo == SIGCHLD
    }
}
