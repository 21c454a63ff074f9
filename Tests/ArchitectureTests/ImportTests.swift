import FoundationEssentials
import Testing

/// The import rules of the house: which module may know which. The test reads the `import` lines.
@Suite("Import rules")
struct ImportTests {
    /// What a room may import, beside its own C libraries; anything else fails.
    static let rooms: [(folder: String, may: Set<String>)] = [
        (
            "Sources/BenchCore",
            ["Synchronization", "FoundationEssentials", "Glibc", "CBench", "CCrypto", "CSQLite", "CWavPack", "CYAML"]
        ),
        (
            "Sources/Instruments",
            [
                "BenchCore", "Synchronization", "FoundationEssentials", "Glibc", "CALSA", "CBench", "CLibModbus",
                "CLibUSB",
            ]
        ),
        ("Sources/Plugins", ["BenchCore", "Instruments", "Synchronization", "FoundationEssentials", "Glibc"]),
        (
            "Sources/Reports",
            ["BenchCore", "Synchronization", "FoundationEssentials", "Glibc", "CCairo", "CCrypto", "CFontconfig"]
        ),
        (
            "Sources/meterbench",
            [
                "BenchCore", "Instruments", "Plugins", "Reports", "Synchronization", "FoundationEssentials", "Glibc",
                "CBench",
            ]
        ),
        ("Sources/meterbench-guard", ["Glibc", "CBench"]),
        (
            "Benchmarks",
            [
                "BenchCore", "Instruments", "Plugins", "Reports", "Synchronization", "FoundationEssentials", "Glibc",
                "CFigures",
            ]
        ),
    ]

    @Test("each room imports only what the house allows", arguments: rooms)
    func imports(room: (folder: String, may: Set<String>)) throws {
        let files = try Tree.swiftFiles(under: room.folder)
        for file in files {
            for (number, module) in Tree.imports(of: file.text) {
                #expect(room.may.contains(module), "\(file.path):\(number) imports \(module)")
            }
        }
    }

    @Test("the rule finds an import that is not allowed")
    func ruleCanFail() {
        let found = Tree.imports(
            of: "public import BenchCore\n@testable import Reports\nimport struct Foundation.Data\n")
        #expect(found.map(\.module) == ["BenchCore", "Reports", "Foundation"])
        #expect(!Self.rooms[0].may.contains("Instruments"))
    }

    /// What BenchCore must never do: wait or look at the clock behind the back of `Time/`.
    @Test("BenchCore starts no task of its own and reads no wall clock outside Time")
    func coreWaitsThroughItsClock() throws {
        let banned = ["Task.detached", "Task.sleep", "DispatchQueue", "clock_gettime", "Date()", " Task {"]
        for file in try Tree.swiftFiles(under: "Sources/BenchCore") where !file.path.contains("/Time/") {
            for (number, line) in file.text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                let code = line.prefix(upTo: line.firstRange(of: "//")?.lowerBound ?? line.endIndex)
                // A child task of a group stays on its executor; only a task of its own leaves it.
                let own = code.replacing("addTask {", with: "")
                for word in banned where own.contains(word) {
                    Issue.record("\(file.path):\(number + 1) uses \(word)")
                }
            }
        }
    }

    @Test("no file of ours grows far over the soft limit of 400 lines")
    func lengths() throws {
        for folder in ["Sources", "Benchmarks", "Tests"] {
            for file in try Tree.swiftFiles(under: folder) {
                let lines = file.text.split(separator: "\n", omittingEmptySubsequences: false).count
                #expect(lines <= 460, "\(file.path) has \(lines) lines: split it")
            }
        }
    }
}

/// The source tree, found from this file.
enum Tree {
    static var root: String {
        var path = #filePath.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        path.removeLast(3)
        return path.joined(separator: "/")
    }

    static func swiftFiles(under folder: String) throws -> [(path: String, text: String)] {
        let base = root + "/" + folder
        guard let walker = FileManager.default.subpathsOrEmpty(base) else { return [] }
        return try walker.filter { $0.hasSuffix(".swift") }.sorted().map { path in
            let data = try Data(contentsOf: URL(filePath: base + "/" + path))
            return (folder + "/" + path, String(decoding: data, as: UTF8.self))
        }
    }

    /// The modules imported by a text, with their line numbers.
    static func imports(of text: String) -> [(line: Int, module: String)] {
        text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap { number, line in
            var words = line.split(separator: " ").map(String.init)
            while let first = words.first,
                first.hasPrefix("@") || ["public", "internal", "package", "private", "fileprivate"].contains(first)
            {
                words.removeFirst()
            }
            guard words.first == "import", words.count >= 2 else { return nil }
            let kinds = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
            let name = kinds.contains(words[1]) && words.count > 2 ? words[2] : words[1]
            return (number + 1, String(name.split(separator: ".")[0]))
        }
    }
}

extension FileManager {
    fileprivate func subpathsOrEmpty(_ path: String) -> [String]? { try? subpathsOfDirectory(atPath: path) }
}
