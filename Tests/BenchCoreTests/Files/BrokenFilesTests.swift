import TestSupport
import Testing

@testable import BenchCore

/// Files with a fault in them: `# expect: LINE:COLUMN: text` at the top says what must be complained about.
@Suite("Broken files are answered with place and reason")
struct BrokenFilesTests {
    /// What a broken file must be answered with.
    private struct Expected {
        var mark: Mark, text: String

        /// Reads `# expect: 3:14: text`.
        init?(_ line: some StringProtocol) {
            guard line.hasPrefix("# expect: ") else { return nil }
            let parts = line.dropFirst("# expect: ".count).split(separator: ":", maxSplits: 2)
            guard parts.count == 3, let line = Int(parts[0]), let column = Int(parts[1]) else { return nil }
            mark = Mark(line: line, column: column)
            text = String(parts[2].dropFirst())
        }
    }

    private static func files() throws -> [String] {
        try ["benches", "corrections", "limits", "meters", "orders"].flatMap { kind in
            try Checkout.names("Fixtures/Broken/" + kind).map { "\(kind)/\($0)" }
        }
    }

    /// Every complaint about a file of a kind, also those of the checks behind the loaders.
    private static func complaints(_ kind: String, _ bytes: [UInt8], _ name: String) throws -> [Diagnostic] {
        do {
            switch kind {
            case "benches": return BenchCheck.expired(try BenchFile.read(bytes, file: name), on: "2026-11-21")
            case "corrections": try CorrectionFile.check(bytes, file: name)
            case "limits": _ = try LimitTableFile.read(bytes, file: name)
            case "meters": _ = try MeterTypeFile.read(bytes, file: name)
            default:
                let order = try OrderFile.read(bytes, file: name)
                let bench = try BenchFile.load(try Checkout.bytes("Fixtures/Benches/demo.yaml"), file: "demo.yaml")
                let types = try Checkout.names("Fixtures/Meters").map { String($0.dropLast(".yaml".count)) }
                return OrderFile.check(order, bench: bench, types: types)
            }
            return []
        } catch let error as Diagnostics {
            return error.all
        }
    }

    @Test("Every complaint that is expected comes at its line and column, and no other", arguments: try files())
    func expected(_ file: String) throws {
        let bytes = try Checkout.bytes("Fixtures/Broken/" + file)
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        let expected = lines.compactMap { Expected($0) }
        let found = try Self.complaints(file.split(separator: "/").first.map(String.init) ?? "", bytes, file)
        #expect(!expected.isEmpty && found.count == expected.count, "found:\n\(Diagnostics(all: found))")
        for (complaint, wanted) in zip(found, expected) {
            #expect(complaint.mark == wanted.mark, "\(complaint)")
            #expect(complaint.message.contains(wanted.text), "\(complaint)")
            #expect(complaint.file == file)
        }
    }

    @Test("There are enough of them to mean something")
    func enough() throws { #expect(try Self.files().count >= 40) }

    /// Bytes that no text file should hold, and what is said of them.
    private static let bytes: [(name: String, bytes: [UInt8], place: String, text: String)] = [
        ("nothing at all", [], "1:1", "the file is empty"),
        (
            "a line of 10 MB", Array(repeating: UInt8(ascii: "x"), count: 10_000_000), "1:1",
            "the file has 10000000 bytes"
        ),
        ("a program", [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0, 0], "1:1", "a control character (U+7F)"),
        ("zero bytes", Array("a: b\nc: ".utf8) + [0, 0, 0], "2:4", "a zero byte: this is a binary file"),
        ("UTF-16", [0xFF, 0xFE, 0x61, 0, 0x3A, 0], "1:1", "not UTF-8 text"),
        ("a character cut short", Array("title: 23 ".utf8) + [0xC2], "1:11", "not UTF-8 text"),
        ("Latin-1", Array("title: 23 ".utf8) + [0xB0, 0x43, 0x0A], "1:11", "not UTF-8 text"),
        ("an overlong slash", Array("a: b\n\nc: ".utf8) + [0xC0, 0xAF], "3:4", "not UTF-8 text"),
        ("half a surrogate pair", Array("a: ".utf8) + [0xED, 0xA0, 0x80], "1:4", "not UTF-8 text"),
        ("a bell", Array("a: b\nc: \u{07}".utf8), "2:4", "a control character (U+7)"),
        (
            "brackets without end", Array(repeating: UInt8(ascii: "["), count: 100_000), "1:33",
            "nested more than 32 deep"
        ),
        ("braces without end", Array(repeating: UInt8(ascii: "{"), count: 100_000), "1:33", "nested more than 32 deep"),
    ]

    @Test("Bytes that are no text are named at the first of them", arguments: bytes.indices)
    func binary(_ index: Int) throws {
        let one = Self.bytes[index]
        for kind in ["benches", "limits", "meters", "orders"] {
            let found = try Self.complaints(kind, one.bytes, "f")
            #expect(found.first?.description.hasPrefix("f:\(one.place): \(one.text)") == true, "\(one.name): \(found)")
        }
    }

    @Test("A byte order mark at the start and lines that end with CR LF are read")
    func otherLineEnds() throws {
        let text = String(decoding: try Checkout.bytes("Fixtures/Orders/demo.yaml"), as: UTF8.self)
        let order = try OrderFile.load(Array(text.utf8), file: "o")
        #expect(try OrderFile.load([0xEF, 0xBB, 0xBF] + Array(text.utf8), file: "o") == order)
        #expect(try OrderFile.load(Array(text.replacing("\n", with: "\r\n").utf8), file: "o") == order)
    }

    /// Files as large as are read, and wrong all over.
    private static let large: [(kind: String, text: String)] = [
        ("limits", (0..<15_000).map { "key\($0): \($0)\n" }.joined()),
        ("limits", "sources:\n" + (0..<15_000).map { "  s\($0): x\n" }.joined()),
        (
            "limits",
            "rows:\n"
                + String(repeating: "  - { current: 1 % In to Imax, load: balanced, power-factor: 1 }\n", count: 4000)
        ),
        ("orders", "meters:\n" + String(repeating: "  - { position: 1, serial: A, type: t }\n", count: 6000)),
        ("benches", "positions:\n" + String(repeating: "  - { position: 1, channel: 2 }\n", count: 6000)),
        ("meters", "registers:\n" + String(repeating: "  - { name: a, role: other, sunspec: W }\n", count: 6000)),
    ]

    @Test("Large files that are wrong all over are answered in time", .timeLimit(.minutes(5)), arguments: large.indices)
    func largeFiles(_ index: Int) throws {
        let (kind, text) = Self.large[index]
        #expect(text.utf8.count < StrictYAML.longestFile)
        #expect(try Self.complaints(kind, Array(text.utf8), "f").count > 3000)
    }

    // Every loader must answer any text at all: whole files with one piece cut out, doubled or replaced.
    @Test(
        "Whatever is cut out of a good file, the loaders answer and never trap",
        arguments: ["benches", "limits", "meters", "orders"])
    func mutilated(_ kind: String) throws {
        let good = [
            "benches": "Fixtures/Benches/demo.yaml", "limits": "Procedures/Limits/iec62053-22.yaml",
            "meters": "Fixtures/Meters/demo-05s.yaml", "orders": "Fixtures/Orders/demo.yaml",
        ]
        let bytes = try Checkout.bytes(try #require(good[kind]))
        var random = SeededGenerator(seed: 62053)
        var refused = 0
        for _ in 0..<150 {
            var copy = bytes
            let start = Int.random(in: 0..<copy.count, using: &random)
            let end = min(copy.count, start + Int.random(in: 1...40, using: &random))
            switch Int.random(in: 0..<3, using: &random) {
            case 0: copy.removeSubrange(start..<end)
            case 1: copy.insert(contentsOf: copy[start..<end], at: start)
            default: for index in start..<end { copy[index] = UInt8.random(in: 0...255, using: &random) }
            }
            let found = try Self.complaints(kind, copy, "f")
            if !found.isEmpty { refused += 1 }
            let lines = copy.count { $0 == UInt8(ascii: "\n") } + 1
            for complaint in found {
                #expect((1...lines + 1).contains(complaint.mark.line) && complaint.mark.column >= 1, "\(complaint)")
                #expect(!complaint.message.isEmpty)
            }
        }
        #expect(refused > 50, "\(refused) of 150 refused")
    }
}
