/// What is signed when a run is over: every file of its folder, the end of its journal, and the program that made it.
public struct Seal: Sendable, Hashable, Codable {
    /// `meterbench-seal-1`.
    public var format: String
    /// The run.
    public var run: String
    /// Whether anything of the run was simulated: then only a demonstration key signs.
    public var simulated: Bool
    /// SHA-256 of every file of the run folder by its path there, but of the seal itself and of the reports.
    public var files: [String: String]
    /// Number of journal lines, and SHA-256 of the last.
    public var lines: Int, lastHash: String
    /// SHA-256 of `listing`: one number that stands for the whole run.
    public var root: String
    /// Version and SHA-256 of the program that sealed.
    public var softwareVersion: String, softwareHash: String
    /// When, UTC.
    public var sealedAt: String

    /// The only form there is today.
    public static let form = "meterbench-seal-1"

    /// A seal over hashes already taken; computes the root.
    public init(
        run: String, simulated: Bool, files: [String: String], lines: Int, lastHash: String, softwareVersion: String,
        softwareHash: String, sealedAt: String
    ) {
        format = Self.form
        self.run = run
        self.simulated = simulated
        self.files = files
        self.lines = lines
        self.lastHash = lastHash
        root = Hash.sha256Hex(Self.listing(files, lines: lines, lastHash: lastHash))
        self.softwareVersion = softwareVersion
        self.softwareHash = softwareHash
        self.sealedAt = sealedAt
    }

    /// The seal of a run folder as it stands. Throws `Fault` where the journal is not whole or has no end.
    public static func make(
        _ folder: RunFolder, softwareVersion: String, softwareHash: String, at utc: String
    ) throws -> Seal {
        let content = try JournalReader.read(folder.journal)
        guard case .runStarted(let started) = content.entries.first?.what else {
            throw Fault(.storage, folder.journal, "line 1 is not the start of a run; there is nothing to seal")
        }
        guard case .runFinished = content.entries.last?.what, content.torn.isEmpty else {
            throw Fault(.storage, folder.journal, "the run has no end yet; resume it before sealing")
        }
        guard started.run == folder.id else {
            throw Fault(.storage, folder.path, "the journal is that of run \(started.run)")
        }
        return Seal(
            run: started.run, simulated: started.simulated, files: try sealedFiles(folder),
            lines: content.entries.count, lastHash: content.lastHash, softwareVersion: softwareVersion,
            softwareHash: softwareHash, sealedAt: utc)
    }

    /// SHA-256 of every file that a seal names, by its path in the folder.
    public static func sealedFiles(_ folder: RunFolder) throws -> [String: String] {
        var hashes: [String: String] = [:]
        for name in try Disk.files(below: folder.path) where isSealed(name) {
            hashes[name] = try Hash.sha256Hex(file: folder.path + "/" + name)
        }
        return hashes
    }

    /// Whether a path in a run folder is under the seal: all but the seal, its signature and the reports.
    public static func isSealed(_ name: String) -> Bool {
        !name.hasPrefix("reports/") && name != "seal.json" && name != "seal.json.p7s"
    }

    /// The text under the root: what `sha256sum` prints for the files in order of their names, then the journal's end.
    public static func listing(_ files: [String: String], lines: Int, lastHash: String) -> String {
        let ordered = files.sorted { Array($0.key.utf8).lexicographicallyPrecedes(Array($1.key.utf8)) }
        return ordered.map { "\($0.value)  \($0.key)\n" }.joined() + "\(lastHash)  journal.jsonl:\(lines)\n"
    }

    /// Reads a seal strictly: its one form, its root recomputed. Throws `Fault(.storage)`.
    public static func parse(_ bytes: [UInt8], _ name: String) throws -> Seal {
        let seal = try CanonicalJSON.decode(Seal.self, bytes, name)
        guard seal.format == form else { throw Fault(.storage, name, "is of the unknown form «\(seal.format)»") }
        guard seal.root == Hash.sha256Hex(listing(seal.files, lines: seal.lines, lastHash: seal.lastHash)) else {
            throw Fault(.storage, name, "the root does not follow from the files named in it")
        }
        return seal
    }

    /// The bytes that are signed.
    public func bytes() throws -> [UInt8] { try CanonicalJSON.encode(self) }
}
