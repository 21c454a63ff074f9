import Testing

@testable import BenchCore
@testable import Reports

/// One byte flipped anywhere is refused, and the place is named.
@Suite struct TamperingTests {
    /// Flips bytes of a file one after the other and verifies the whole run each time.
    static func flip(
        _ run: EvidenceRun, _ path: String, places: Set<String>, every stride: Int = 1, mask: (Int) -> UInt8
    ) throws -> Int {
        let whole = run.folder.path + "/" + path
        let good = try Disk.read(whole)
        let verifier = try EvidenceRun.verifier()
        var refused = 0
        for i in Swift.stride(from: 0, to: good.count, by: stride) {
            var bad = good
            bad[i] ^= mask(i)
            try overwrite(bad, whole)
            let report = verifier.verify(run: run.folder)
            #expect(report.exitCode == 1, "\(path) byte \(i): \(report.text)")
            let named = report.findings.contains { finding in
                finding.outcome == .tampered && places.contains { finding.place.hasPrefix($0) }
            }
            #expect(named, "\(path) byte \(i): \(report.text)")
            if report.exitCode == 1 { refused += 1 }
        }
        try overwrite(good, whole)
        #expect(verifier.verify(run: run.folder).exitCode == 0)
        return refused
    }

    /// In place and without flushing: the disk would make thousands of flips slow.
    static func overwrite(_ bytes: [UInt8], _ path: String) throws { try TamperedFile.write(bytes, path) }

    @Test("every byte of a certificate, and bytes of its signature (DetachedSignatureTests flip every one)")
    func certificate() async throws {
        let run = try await EvidenceRun()
        let name = "reports/certificate-S-1.pdf"
        var refused = try Self.flip(run, name, places: [name]) { _ in 0x20 }
        #expect(refused > 20)
        refused = try Self.flip(run, name + ".p7s", places: [name], every: 7) { 1 << UInt8($0 % 8) }
        #expect(refused > 150)
    }

    @Test("bytes of the seal and of its signature")
    func seal() async throws {
        let run = try await EvidenceRun()
        #expect(try Self.flip(run, "seal.json", places: ["seal.json"], every: 2) { 1 << UInt8($0 % 8) } > 300)
        #expect(try Self.flip(run, "seal.json.p7s", places: ["seal.json"], every: 7) { 1 << UInt8($0 % 8) } > 150)
    }

    @Test("every byte of the limit table, and bytes of plan and bench")
    func frozen() async throws {
        let run = try await EvidenceRun()
        let table = "frozen/limits/table.yaml"
        #expect(try Self.flip(run, table, places: [table]) { _ in 0x01 } == EvidenceRun.table.count)
        #expect(try Self.flip(run, "plans/m.json", places: ["plans/m.json"], every: 41) { _ in 0x04 } > 50)
        #expect(try Self.flip(run, "bench.json", places: ["bench.json"], every: 41) { _ in 0x04 } > 25)
    }

    @Test("bytes of the journal: the line, or the one that follows from it, is named")
    func journal() async throws {
        let run = try await EvidenceRun()
        let good = try Disk.read(run.folder.journal)
        let verifier = try EvidenceRun.verifier()
        var line = 1
        var flipped = 0
        for i in good.indices {
            if i % 149 == 0 {
                var bad = good
                bad[i] ^= 1 << UInt8(i % 8)
                try Self.overwrite(bad, run.folder.journal)
                let report = verifier.verify(run: run.folder)
                let places = report.findings.filter { $0.outcome == .tampered }.map { $0.place + " " + $0.message }
                let named = places.contains { text in
                    ["line \(line) ", "line \(line + 1) "].contains { text.contains($0) }
                }
                #expect(report.exitCode == 1 && named, "byte \(i) of line \(line): \(report.text)")
                flipped += 1
            }
            if good[i] == 10 { line += 1 }
        }
        #expect(flipped > 80)
    }
}
