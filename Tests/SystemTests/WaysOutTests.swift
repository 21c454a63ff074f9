import BenchCore
import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// Every way out of a run over real wires ends in the safe state, and the time each step took is on record.
@Suite("Ways out over real wires", .serialized)
struct WaysOutTests {
    static let short = """
          - accuracy: balanced load
            matrix:
              power-factor: [1, 0.5 ind]
              current: [100 % In]
            settle: 10 s
            measure: { repeats: 3, uncertainty: at most 1/5 of limit }
            accept: error >= limit.lower and error <= limit.upper
        """
    /// An hour of bench time, 12 s of life: long enough to interrupt.
    static let long = "  - include: Parts/warm-up.yaml\n" + short

    private func safeSteps(_ journal: String) throws -> [SafeStepDone] {
        try journal.split(separator: "\n").compactMap { line in
            let entry = try JSONDecoder().decode(JournalEntry.self, from: Data(line.utf8))
            if case .safe(let done) = entry.what { return done }
            return nil
        }
    }

    @Test("success: certificates are signed, verify and openssl agree, and the outputs are off")
    func success() async throws {
        let bench = try await WiredFixture(steps: Self.short)
        let end = try await bench.run().finish(within: 300)
        #expect(end.exit == 0, "\(end.output)")
        let summary = try Summary.read(end.output)
        #expect(summary.complete)
        #expect(try await bench.ask(15025, "OUTP:STAT?").hasPrefix("0"))
        let steps = try safeSteps(bench.journal())
        #expect(steps.map(\.step.action) == [.currentOff, .voltageOff, .open])
        #expect(steps.allSatisfy { $0.fault == nil && $0.took > 0 && $0.took <= $0.step.within })
        // How late the machine was stands in the evidence of every run.
        let late = try RunRecord.load(RunFolder(path: summary.folder)).lateness.map(\.what)
        #expect(late.count == 1 && (late.first?.lateness?.count ?? 0) > 20 && late.first?.interval == 0.01)
        let check = try await Peer.run(
            Product.path("meterbench"), ["verify", summary.folder, "--anchor", bench.anchor], within: 300)
        #expect(check.exit == 0, "\(check.output)")
        guard let openssl = Checkout.program("openssl") else {
            print("skipped: no openssl")
            return
        }
        let reports = summary.folder + "/reports/"
        let names = try FileManager.default.contentsOfDirectory(atPath: reports).filter { $0.hasSuffix(".pdf") }
        #expect(names.count == 7)
        for name in names {
            let result = try await Peer.run(
                openssl,
                [
                    "cms", "-verify", "-binary", "-inform", "DER", "-in", reports + name + ".p7s", "-content",
                    reports + name, "-CAfile", bench.anchor, "-purpose", "any", "-out", "/dev/null",
                ], mergeErrors: true)
            #expect(result.exit == 0, "\(result.output)")
        }
    }

    @Test("Ctrl-C: stop all, exit code 2, and the run goes on later", arguments: [SIGINT, SIGTERM])
    func stopAll(signal: Int32) async throws {
        let bench = try await WiredFixture(steps: Self.long)
        let run = try bench.run()
        try await bench.journal(holds: "\"state\":\"settled\"")
        run.signal(signal)
        let end = try await run.finish(within: 300)
        #expect(end.exit == 2, "\(end.output)")
        #expect(try await bench.ask(15025, "OUTP:STAT?").hasPrefix("0"))
        let journal = try bench.journal()
        #expect(journal.contains("\"event\":\"stopped\"") && journal.contains("stop all"))
        let steps = try safeSteps(journal)
        #expect(steps.map(\.step.action) == [.currentOff, .voltageOff, .open])
        #expect(steps.allSatisfy { $0.fault == nil && $0.took > 0 })
        guard signal == SIGINT else { return }
        let again = try await bench.resume(bench.runFolder).finish(within: 300)
        #expect(again.exit == 0, "\(again.output)")
        let check = try await Peer.run(
            Product.path("meterbench"), ["verify", bench.runFolder, "--anchor", bench.anchor], within: 300)
        #expect(check.exit == 0, "\(check.output)")
    }

    @Test("Ctrl-\\: the currents go off and the meters keep their voltage")
    func keepVoltage() async throws {
        let bench = try await WiredFixture(steps: Self.long)
        let run = try bench.run()
        try await bench.journal(holds: "\"state\":\"settled\"")
        run.signal(SIGQUIT)
        let end = try await run.finish(within: 300)
        #expect(end.exit == 2, "\(end.output)")
        let reading = try await bench.ask(15026, "MEAS:ALL?").split(separator: ",").compactMap { Double($0) }
        #expect(reading.count == 13)
        #expect(reading.prefix(3).allSatisfy { abs($0 - 230) < 3 })
        #expect(reading.dropFirst(3).prefix(3).allSatisfy { abs($0) < 0.001 })
        #expect(try safeSteps(bench.journal()).map(\.step.action) == [.currentOff])
    }

    @Test("kill -9: the guard switches off what the host cannot any more")
    func killed() async throws {
        let bench = try await WiredFixture(steps: Self.long)
        let run = try bench.run()
        try await bench.journal(holds: "\"state\":\"settled\"")
        #expect(try await bench.ask(15025, "OUTP:STAT?").hasPrefix("1"))
        run.signal(SIGKILL)
        _ = try await run.finish(within: 300)
        var state = "1"
        for _ in 0..<100 where !state.hasPrefix("0") {
            usleep(50_000)
            state = try await bench.ask(15025, "OUTP:STAT?")
        }
        #expect(state.hasPrefix("0"))
    }

    @Test("the guard dies: without it nothing stays energised, and the run goes on later")
    func guardGone() async throws {
        let bench = try await WiredFixture(steps: Self.long)
        let run = try bench.run()
        try await bench.journal(holds: "\"state\":\"settled\"")
        kill(try #require(Self.child(of: run.process, named: "meterbench-guar")), SIGKILL)
        let end = try await run.finish(within: 300)
        #expect(end.exit == 2, "\(end.output)")
        #expect(try await bench.ask(15025, "OUTP:STAT?").hasPrefix("0"))
        let journal = try bench.journal()
        #expect(journal.contains("the guard is gone"))
        #expect(try safeSteps(journal).map(\.step.action) == [.currentOff, .voltageOff, .open])
    }

    @Test("nobody reads what the program prints: it measures to the end all the same")
    func unheard() async throws {
        let bench = try await WiredFixture(steps: Self.short)
        let end = try await Peer.run(
            "/bin/bash",
            [
                "-c", "\"$0\" run \"$1\" --runs \"$2\" | true; exit ${PIPESTATUS[0]}", Product.path("meterbench"),
                bench.order, bench.path + "/Runs",
            ], within: 300)
        #expect(end.exit == 0, "\(end.output)")
        #expect(try bench.journal().contains("\"event\":\"run-finished\""))
    }

    /// The child of a process that has this name, as `/proc` tells it (the first 15 characters).
    private static func child(of parent: Int32, named name: String) -> Int32? {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return all.compactMap { Int32($0) }.first { process in
            guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
                let end = text.lastIndex(of: ")")
            else { return false }
            let after = text[end...].split(separator: " ")
            return text.contains("(\(name))") && after.count > 2 && Int32(after[2]) == parent
        }
    }

    @Test("a source that stops answering: its steps fail in time, and the contactor still opens")
    func deafSource() async throws {
        let bench = try await WiredFixture(
            steps: Self.long, world: "faults:\n  - { at: source, fault: silent, after: 900 s }\n")
        let end = try await bench.run().finish(within: 300)
        #expect(end.exit == 69, "\(end.output)")
        let steps = try safeSteps(bench.journal())
        #expect(steps.map(\.step.action) == [.currentOff, .voltageOff, .open])
        #expect(steps.map { $0.fault == nil } == [false, false, true])
        let reading = try await bench.ask(15026, "MEAS:ALL?").split(separator: ",").compactMap { Double($0) }
        #expect(reading.prefix(6).allSatisfy { abs($0) < 1 })
    }

    @Test("a source that reports a fault ends the run in the safe state")
    func sourceFault() async throws {
        let bench = try await WiredFixture(
            steps: Self.long, world: "faults:\n  - { fault: source-fault, after: 900 s, text: over-temperature }\n")
        let end = try await bench.run().finish(within: 300)
        #expect(end.exit == 70, "\(end.output)")
        #expect(try bench.journal().contains("over-temperature"))
        #expect(try safeSteps(bench.journal()).allSatisfy { $0.fault == nil })
    }

    @Test("a meter that never answers by its wire does not spoil the others")
    func deafMeter() async throws {
        let bench = try await WiredFixture(
            steps: Self.short, world: "faults:\n  - { at: position 2, fault: silent }\n")
        let end = try await bench.run().finish(within: 300)
        let summary = try Summary.read(end.output)
        #expect(summary.complete)
        // Its pulses are measured all the same: no register is asked for here.
        #expect(summary.verdicts.count == 6)
        #expect(summary.verdicts.filter { $0.key != "DM-26-0002" }.allSatisfy { $0.value.word == "pass" })
        #expect(try bench.journal().contains("\"position\":2"))
    }
}
