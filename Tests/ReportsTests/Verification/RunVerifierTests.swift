import TestSupport
import Testing

@testable import BenchCore
@testable import Reports

@Suite struct RunVerifierTests {
    @Test("a sealed run with its report is valid, and says who signed")
    func valid() async throws {
        let run = try await EvidenceRun()
        let report = try run.verify()
        #expect(report.outcome == .valid, "\(report.text)")
        #expect(report.run == "ORD-7-1")
        #expect(report.signer?.contains("MeterBench DEMONSTRATION seal") == true)
        #expect(report.claimedTime == "2026-11-21T09:00:00Z")
        // The two meters of the sample: 0.1 % and −0.2 % inside ±0.5 %, 0.9 % outside.
        #expect(EvidenceRun.verdicts[1] == .pass)
        #expect(EvidenceRun.verdicts[2]?.word == "fail")
        let one = try EvidenceRun.verifier().verify(report: run.folder.reports + "/certificate-S-1.pdf", of: run.folder)
        #expect(one.exitCode == 0, "\(one.text)")
    }

    @Test(
        "openssl agrees on the seal", .enabled(if: OpenSSL.isThere, "skipped: no openssl program"))
    func openssl() async throws {
        let run = try await EvidenceRun()
        let code = try await OpenSSL.run([
            "cms", "-verify", "-binary", "-inform", "DER", "-in", run.folder.seal + ".p7s", "-content", run.folder.seal,
            "-CAfile", DemonstrationKeys.root, "-purpose", "any", "-out", "/dev/null",
        ])
        #expect(code == 0)
    }

    @Test("a run without seal, and a report without signature, are unsigned")
    func unsigned() async throws {
        var options = EvidenceRun.Options()
        options.seal = false
        #expect(try await EvidenceRun(options).verify().exitCode == 5)
        let run = try await EvidenceRun()
        try Disk.write([1], to: run.folder.reports + "/another.pdf")
        let report = try run.verify()
        #expect(report.exitCode == 5)
        #expect(report.findings.contains { $0.place == "reports/another.pdf" })
    }

    @Test("what is no run folder is unreadable")
    func unreadable() throws {
        let folder = try TemporaryFolder()
        #expect(try EvidenceRun.verifier().verify(run: RunFolder(path: folder.path)).exitCode == 2)
    }

    @Test(
        "another anchor, or another time, is not trusted", .enabled(if: OpenSSL.isThere, "skipped: no openssl program"))
    func untrusted() async throws {
        let run = try await EvidenceRun()
        let keys = try await OpenSSL.makeKey(in: run.runs, name: "lab", subject: "/O=Laboratory/CN=Seal")
        #expect(try EvidenceRun.verifier(keys.root).verify(run: run.folder).exitCode == 3)
        // Before the signing time it claims, and after the certificate has run out at the end of 2099.
        #expect(try run.verify(at: "2026-11-20").exitCode == 3)
        #expect(try run.verify(at: "2100-01-01").exitCode == 3)
        #expect(try run.verify(at: "2099-12-30").exitCode == 0)
        // The signer's own certificate is no anchor.
        #expect(
            try EvidenceRun.verifier(DemonstrationKeys.folder + "/demonstration-seal.pem").verify(run: run.folder)
                .exitCode == 3)
    }

    @Test(
        "a real run under a laboratory's key is valid; sealing refuses the wrong kind of key",
        .enabled(if: OpenSSL.isThere, "skipped: no openssl program"))
    func real() async throws {
        let keysFolder = try TemporaryFolder()
        let keys = try await OpenSSL.makeKey(in: keysFolder, name: "lab", subject: "/O=Laboratory/CN=Seal")
        let laboratory = try FileSigner(keyPath: keys.key, certificatePath: keys.certificate)
        var options = EvidenceRun.Options()
        options.simulated = false
        await #expect {
            _ = try await EvidenceRun(options)
        } throws: {
            ($0 as? SigningError)?.code == .demonstrationKey
        }
        options.signer = laboratory
        let run = try await EvidenceRun(options)
        let report = try EvidenceRun.verifier(keys.root).verify(run: run.folder)
        #expect(report.outcome == .valid, "\(report.text)")
        var simulated = EvidenceRun.Options()
        simulated.signer = laboratory
        await #expect {
            _ = try await EvidenceRun(simulated)
        } throws: {
            ($0 as? SigningError)?.code == .simulatedRun
        }
    }

    @Test("a signed report of another run cannot stand in, nor can one under another name")
    func swapped() async throws {
        let a = try await EvidenceRun()
        let b = try await EvidenceRun(
            EvidenceRun.Options(events: { events in
                events.filter { if case .efficiency = $0 { false } else { true } }
            }))
        let name = "/certificate-S-1.pdf"
        for suffix in ["", ".p7s"] {
            try Disk.write(try Disk.read(b.folder.reports + name + suffix), to: a.folder.reports + name + suffix)
        }
        #expect(try a.verify().exitCode == 1)
        for suffix in ["", ".p7s"] {
            let bytes = try Disk.read(b.folder.reports + name + suffix)
            try Disk.write(bytes, to: b.folder.reports + "/certificate-S-2.pdf" + suffix)
        }
        let report = try b.verify()
        #expect(report.exitCode == 1)
        #expect(report.findings.contains { $0.outcome == .tampered && $0.place == "reports/certificate-S-2.pdf" })
    }

    @Test("files put in, taken away or exchanged are named")
    func files() async throws {
        func verify(_ change: (RunFolder) throws -> Void) async throws -> VerificationReport {
            let run = try await EvidenceRun()
            try change(run.folder)
            return try run.verify()
        }
        func named(_ report: VerificationReport, _ place: String) -> Bool {
            report.exitCode == 1 && report.findings.contains { $0.outcome == .tampered && $0.place == place }
        }
        var report = try await verify { try Disk.write([1], to: $0.path + "/frozen/limits/more.yaml") }
        #expect(named(report, "frozen/limits/more.yaml"), "\(report.text)")
        report = try await verify { try Disk.write(Array("a: b\n".utf8), to: $0.path + "/frozen/limits/table.yaml") }
        #expect(named(report, "frozen/limits/table.yaml"), "\(report.text)")
        report = try await verify { try Disk.remove($0.path + "/plans/m.json") }
        #expect(named(report, "plans/m.json"), "\(report.text)")
        report = try await verify { try Disk.remove($0.reports + "/certificate-S-1.pdf") }
        #expect(named(report, "reports/certificate-S-1.pdf.p7s"), "\(report.text)")
        report = try await verify {
            let lines = try Disk.read($0.journal).split(separator: 10).dropLast()
            try Disk.write(lines.flatMap { Array($0) + [10] }, to: $0.journal)
        }
        #expect(report.exitCode == 1 && report.text.contains("journal.jsonl line"), "\(report.text)")
    }
}
