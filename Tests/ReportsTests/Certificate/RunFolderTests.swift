import TestSupport
import Testing

@testable import BenchCore
@testable import Reports

/// Certificates from a folder on the disk, as `meterbench report` makes them.
@Suite struct RunFolderTests {
    /// A whole run folder with the shipped limit table among its frozen files.
    private func folder(_ run: SampleRun, in runs: String) throws -> RunFolder {
        let limits = try Disk.read(Checkout.path("Procedures/Limits/iec62053-22.yaml"))
        guard case .runStarted(var started) = run.events[0] else { throw PeerError("no first event") }
        let folder = try RunFolder.create(
            in: runs, order: started.order, frozen: [FrozenFile(name: "procedure/Limits/table.yaml", bytes: limits)],
            bench: run.bench, plans: ["demo-05s": run.plan])
        started.run = folder.id
        started.files = try folder.fileHashes()
        var entries = run.entries
        entries[0].what = .runStarted(started)
        var bytes: [UInt8] = []
        var last = Hash.none
        for entry in entries {
            var entry = entry
            entry.prev = last
            let line = try JournalLine.encode(entry)
            last = Hash.sha256Hex(line)
            bytes += line + [UInt8(ascii: "\n")]
        }
        try Disk.write(bytes, to: folder.journal)
        return folder
    }

    @Test("Reports made again from the folder are the very bytes that were issued, with the limits of the frozen table")
    func again() throws {
        let place = try TemporaryFolder()
        let folder = try folder(SampleRun(positions: 2), in: place.path)
        let issued = try CertificateWriter.write(try CertificateSource(folder), into: folder.reports)
        #expect(issued.refused.isEmpty)
        let again = try CertificateWriter.documents(try CertificateSource(try RunFolder.open(folder.path)))
        #expect(try CertificateWriter.compare(again, with: folder.reports).allSatisfy { $0.state == .same })
        let source = try CertificateSource(folder)
        let document = try MeterCertificate(source, position: 1)
        #expect(document.number == folder.id + "-01")
        // IEC 62053-22:2003 table 4: the limit at PF 1 steps at 5 % In.
        let limit = try #require(document.curves.first?.limits.first)
        #expect(limit.steps.map(\.from) == [0.01, 0.05])
    }

    @Test("A byte changed in a frozen file, or in an issued report, is seen")
    func tampered() throws {
        let place = try TemporaryFolder()
        let folder = try folder(SampleRun(positions: 1), in: place.path)
        let issued = try CertificateWriter.write(try CertificateSource(folder), into: folder.reports)
        let name = try #require(issued.files.first).name
        var bytes = try Disk.read(folder.reports + "/" + name)
        bytes[bytes.count / 2] ^= 1
        try Disk.write(bytes, to: folder.reports + "/" + name)
        let found = try CertificateWriter.compare(issued, with: folder.reports)
        #expect(found.filter { $0.state == .different }.map(\.name) == [name])

        let table = folder.path + "/frozen/procedure/Limits/table.yaml"
        try Disk.write(try Disk.read(table) + [UInt8(ascii: "\n")], to: table)
        #expect(throws: Fault.self) { try CertificateSource(folder) }
    }
}
