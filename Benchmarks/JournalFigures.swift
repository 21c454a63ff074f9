import BenchCore
import FoundationEssentials
import Glibc

/// What the hash chain of the journal costs beside the disk: its lines against the same bytes, written and flushed plainly.
enum JournalFigures {
    static let lines = 300, rounds = 5

    static func show(_ shipped: SyntheticRun.Shipped, _ sheet: inout Sheet) throws {
        let run = try SyntheticRun(shipped, positions: 6, constant: 10_000, seed: 9) { $0.kind == .accuracy }.run()
        let events = Array(run.entries.map(\.what).prefix(lines))
        let template = "/var/tmp/meterbench-figures-XXXXXX"
        var name = Array(template.utf8CString)
        guard mkdtemp(&name) != nil else { throw Fault(.storage, template, "cannot be created") }
        let folder = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var ours: [Double] = []
        var plain: [Double] = []
        for round in 0..<rounds {
            let path = "\(folder)/journal-\(round).jsonl"
            let time = VirtualTime()
            let journal = try Journal.create(path, time: time)
            let begin = ContinuousClock.now
            try time.run { for event in events { try await journal.append(event) } }
            ours.append(Double(events.count) / ((ContinuousClock.now - begin) / .seconds(1)))
            journal.close()
            let written = try Data(contentsOf: URL(filePath: path)).split(separator: UInt8(ascii: "\n"))
            plain.append(try write(written.map { Array($0) + [UInt8(ascii: "\n")] }, to: "\(folder)/plain-\(round)"))
        }
        let a = ours.sorted()[rounds / 2]
        let b = plain.sorted()[rounds / 2]
        sheet.plain("journal: lines/s, chained, hashed, flushed one by one", Decimal.fixed(a, 0))
        sheet.plain("write + fdatasync of the same bytes, lines/s", Decimal.fixed(b, 0))
        sheet.plain("journal ÷ plain write + fdatasync (nothing demanded)", Decimal.fixed(a / b, 2))
    }

    /// Lines per second of plain write and fdatasync.
    private static func write(_ lines: [[UInt8]], to path: String) throws -> Double {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Fault(.storage, path, "cannot be created") }
        defer { close(descriptor) }
        let begin = ContinuousClock.now
        for line in lines {
            guard Glibc.write(descriptor, line, line.count) == line.count, fdatasync(descriptor) == 0 else {
                throw Fault(.storage, path, "cannot be written")
            }
        }
        return Double(lines.count) / ((ContinuousClock.now - begin) / .seconds(1))
    }
}
