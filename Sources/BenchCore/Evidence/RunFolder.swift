#if canImport(Glibc)
    import Glibc
#endif

/// A file as it was read when the run began: what is frozen are these bytes.
public struct FrozenFile: Sendable, Hashable {
    /// Path below `frozen/`, e.g. `limits/iec62053-22.yaml`.
    public var name: String
    /// The exact bytes.
    public var bytes: [UInt8]

    /// A file by name and bytes.
    public init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }

    /// Reads a file that may be missing; `nil` where it is.
    public static func present(shelf: String, _ path: String) throws -> FrozenFile? {
        Disk.exists(path) ? try FrozenFile(shelf: shelf, reading: path) : nil
    }

    /// Reads a file; it is frozen as `<shelf>/<its own name>`. Throws `Fault(.storage)`.
    public init(shelf: String, reading path: String) throws {
        self.init(name: shelf + "/" + Disk.name(path), bytes: try Disk.read(path))
    }
}

/// The folder of one run: everything a certificate is made from, readable without this program (DESIGN §9).
///
/// `frozen/` the files people wrote, byte for byte; `plans/<type>.json` and `bench.json` what was understood from them;
/// `journal.jsonl`; `torn-N.bin` lines that a crash cut short; `seal.json` with `seal.json.p7s`; `reports/`.
public struct RunFolder: Sendable, Hashable {
    /// Where it is.
    public let path: String

    /// The run's identifier: the folder's name.
    public var id: String { Disk.name(path) }
    /// The journal.
    public var journal: String { path + "/journal.jsonl" }
    /// The seal's content; its signature stands in a file with `.p7s` behind this name.
    public var seal: String { path + "/seal.json" }
    /// The folder of reports.
    public var reports: String { path + "/reports" }

    /// Path for the wire log of a new process of this run: `wire/wire.jsonl`, and `wire/wire-2.jsonl` … when it is resumed.
    public func newWireLog() -> String {
        var number = 1
        var path: String
        repeat {
            path = self.path + "/wire/wire" + (number == 1 ? "" : "-\(number)") + ".jsonl"
            number += 1
        } while Disk.exists(path)
        return path
    }

    /// The folder at a path, with or without a slash at its end; nothing is read yet.
    public init(path: String) {
        var trimmed = path[...]
        while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed = trimmed.dropLast() }
        self.path = String(trimmed)
    }

    /// Opens a run. Throws `Fault(.notFound)` where there is no folder with a journal.
    public static func open(_ path: String) throws -> RunFolder {
        let folder = RunFolder(path: path)
        guard Disk.isFolder(folder.path) else {
            throw Fault(.notFound, folder.path, "there is no run folder of this name")
        }
        guard Disk.exists(folder.journal) else {
            throw Fault(.notFound, folder.path, "is not the folder of a run: it holds no journal.jsonl")
        }
        return folder
    }

    /// The runs in a folder, in order of order and number; folders without a journal are passed over.
    public static func list(_ runs: String) throws -> [RunFolder] {
        try Disk.names(in: runs).map { RunFolder(path: runs + "/" + $0) }.filter { Disk.exists($0.journal) }
            .sorted { ($0.order, $0.number, $0.id) < ($1.order, $1.number, $1.id) }
    }

    private var order: String { id.lastIndex(of: "-").map { String(id[..<$0]) } ?? id }
    private var number: Int { id.lastIndex(of: "-").flatMap { Int(id[id.index(after: $0)...]) } ?? 0 }

    /// Makes the folder of a new run and freezes its files; the run's number is the next that nobody has: `DEMO-0001-1`.
    ///
    /// Two programs that begin at the same moment get different numbers (mkdir(2) lets only one make a name).
    public static func create(
        in runs: String, order: Order, frozen: [FrozenFile], bench: BenchDescription, plans: [String: Plan]
    ) throws -> RunFolder {
        try Disk.makeFolder(runs)
        let stem = safeName(order.id)
        var number = try list(runs).filter { $0.order == stem }.map(\.number).max() ?? 0
        var folder: RunFolder
        repeat {
            number += 1
            folder = RunFolder(path: "\(runs)/\(stem)-\(number)")
            if mkdir(folder.path, 0o755) == 0 { break }
            guard errno == EEXIST else { throw Disk.fault(folder.path, "cannot be made", errno) }
        } while true
        try Disk.flushFolder(of: folder.path)
        for file in frozen { try folder.put(file.bytes, "frozen/" + file.name) }
        for (type, plan) in plans.sorted(by: { $0.key < $1.key }) {
            try folder.put(try CanonicalJSON.encode(plan), "plans/\(type).json")
        }
        try folder.put(try CanonicalJSON.encode(bench), "bench.json")
        try Disk.makeFolder(folder.reports)
        return folder
    }

    /// Writes a file of a new run; a name that leads out of the folder, or is taken, is a fault.
    private func put(_ bytes: [UInt8], _ name: String) throws {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard !parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." || $0.utf8.contains(10) }) else {
            throw Fault(.storage, path, "«\(name)» is no name for a file of a run")
        }
        let whole = path + "/" + name
        guard !Disk.exists(whole) else { throw Fault(.storage, path, "two files want to be frozen as «\(name)»") }
        try Disk.makeFolder(Disk.parent(whole))
        try Disk.write(bytes, to: whole)
    }

    /// Letters, digits, `-`, `_` and `.` as they are, anything else as `_`: an order's id as the name of a folder.
    static func safeName(_ id: String) -> String {
        let name = String(id.map { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) ? $0 : "_" })
        return name.isEmpty || name.hasPrefix(".") ? "_" + name : name
    }

    /// SHA-256 of every file that the run was made from, by its path: what the journal's first line states.
    public func fileHashes() throws -> [String: String] {
        var hashes: [String: String] = [:]
        for name in try Disk.files(below: path) where Self.isFrozen(name) {
            hashes[name] = try Hash.sha256Hex(file: path + "/" + name)
        }
        return hashes
    }

    /// Whether a path in a run folder is one of the files that the run was made from.
    public static func isFrozen(_ name: String) -> Bool {
        name.hasPrefix("frozen/") || name.hasPrefix("plans/") || name == "bench.json"
    }

    /// The plans by meter type.
    public func plans() throws -> [String: Plan] {
        var plans: [String: Plan] = [:]
        for name in try Disk.names(in: path + "/plans") {
            let file = path + "/plans/" + name
            guard name.hasSuffix(".json") else { throw Fault(.storage, file, "is not a plan") }
            plans[String(name.dropLast(5))] = try CanonicalJSON.decode(Plan.self, try Disk.read(file), file)
        }
        return plans
    }

    /// The bench as it was understood.
    public func bench() throws -> BenchDescription {
        let file = path + "/bench.json"
        return try CanonicalJSON.decode(BenchDescription.self, try Disk.read(file), file)
    }
}
