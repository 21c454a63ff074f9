/// An index of orders, meters, runs and certificates in one SQLite file; the run folders are the truth, and rebuild it.
public final class Archive {
    private let database: Database

    /// Opens or makes the index. Throws `ArchiveError`.
    public init(_ path: String) throws {
        database = try Database(path)
        // WAL: readers go on while a run is added (sqlite.org/wal.html).
        try database.execute("PRAGMA journal_mode = WAL")
        try database.execute("PRAGMA foreign_keys = ON")
        let version = try database.rows("PRAGMA user_version").first?.first.flatMap { $0 } ?? "0"
        guard version == "0" || version == Self.version else {
            throw ArchiveError("\(path): is an index of another form (\(version)); take the file away and rebuild")
        }
        for statement in Self.schema { try database.execute(statement) }
        try database.execute("PRAGMA user_version = \(Self.version)")
    }

    private static let version = "1"
    private static let schema = [
        """
        CREATE TABLE IF NOT EXISTS run (
            id TEXT NOT NULL, folder TEXT PRIMARY KEY, customer TEXT NOT NULL, order_id TEXT NOT NULL,
            batch TEXT NOT NULL, bench TEXT NOT NULL, operator TEXT NOT NULL, started TEXT NOT NULL, ended TEXT NOT NULL,
            simulated INTEGER NOT NULL, state TEXT NOT NULL, root TEXT)
        """,
        """
        CREATE TABLE IF NOT EXISTS meter (
            folder TEXT NOT NULL REFERENCES run(folder) ON DELETE CASCADE, position INTEGER NOT NULL,
            serial TEXT NOT NULL, type TEXT NOT NULL, verdict TEXT NOT NULL, reason TEXT,
            PRIMARY KEY (folder, position))
        """,
        "CREATE INDEX IF NOT EXISTS meter_serial ON meter(serial)",
        """
        CREATE TABLE IF NOT EXISTS certificate (
            folder TEXT NOT NULL REFERENCES run(folder) ON DELETE CASCADE, file TEXT NOT NULL, sha256 TEXT NOT NULL,
            signed INTEGER NOT NULL, PRIMARY KEY (folder, file))
        """,
    ]

    /// What a rebuild found.
    public struct Rebuilt: Sendable, Hashable {
        /// Runs indexed.
        public var runs = 0
        /// Folders that could not be read, with the reason; they are not in the index.
        public var troubles: [String] = []
    }

    /// Empties the index and reads every run folder below `runs` again; all in one transaction.
    public func rebuild(from runs: String) throws -> Rebuilt {
        var result = Rebuilt()
        let folders = try RunFolder.list(runs)
        try database.transaction {
            for table in ["certificate", "meter", "run"] { try database.execute("DELETE FROM \(table)") }
            for folder in folders {
                do {
                    try insert(folder)
                    result.runs += 1
                } catch let fault as Fault {
                    result.troubles.append("\(folder.path): \(fault)")
                }
            }
        }
        return result
    }

    /// Adds a run, or brings its entry up to date.
    public func add(_ folder: RunFolder) throws { try database.transaction { try insert(folder) } }

    private func insert(_ folder: RunFolder) throws {
        let record = try RunRecord.load(folder)
        let order = record.started.order
        let seal = Disk.exists(folder.seal) ? try? Seal.parse(try Disk.read(folder.seal), folder.seal) : nil
        let state: String
        switch record.finished {
        case .some(let finished): state = finished.complete ? (seal == nil ? "complete" : "sealed") : "stopped"
        case nil: state = "interrupted"
        }
        try database.execute("DELETE FROM run WHERE folder = ?", [folder.path])
        try database.execute(
            "INSERT INTO run VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                record.started.run, folder.path, order.customer.joined(separator: ", "), order.id, order.batch,
                record.bench.id, order.operator, record.firstUTC, record.lastUTC, record.started.simulated ? "1" : "0",
                state, seal?.root,
            ])
        for meter in record.orderedMeters {
            let verdict = record.verdict(meter)
            try database.execute(
                "INSERT INTO meter VALUES (?, ?, ?, ?, ?, ?)",
                [folder.path, String(meter.position), meter.serial, meter.type, verdict.word, verdict.reason])
        }
        guard Disk.isFolder(folder.reports) else { return }
        for file in try Disk.files(below: folder.reports) where !file.hasSuffix(".p7s") {
            let path = folder.reports + "/" + file
            try database.execute(
                "INSERT INTO certificate VALUES (?, ?, ?, ?)",
                [folder.path, file, try Hash.sha256Hex(file: path), Disk.exists(path + ".p7s") ? "1" : "0"])
        }
    }

    /// A run of the index.
    public struct Run: Sendable, Hashable, Codable {
        /// Identifier, folder, order, batch, customer.
        public var id: String, folder: String, order: String, batch: String, customer: String
        /// UTC of the first and last journal line.
        public var started: String, ended: String
        /// `sealed`, `complete`, `stopped` or `interrupted`.
        public var state: String
        /// Whether it was simulated.
        public var simulated: Bool
        /// Number of meters, and how many of them passed and failed.
        public var meters: Int, passed: Int, failed: Int
    }

    /// Every run, oldest first.
    public func runs() throws -> [Run] {
        try database.rows(
            """
            SELECT id, folder, order_id, batch, customer, started, ended, state, simulated,
                (SELECT count(*) FROM meter m WHERE m.folder = run.folder),
                (SELECT count(*) FROM meter m WHERE m.folder = run.folder AND verdict = 'pass'),
                (SELECT count(*) FROM meter m WHERE m.folder = run.folder AND verdict = 'fail')
            FROM run ORDER BY started, folder
            """
        ).map { row in
            let cell = { (i: Int) in row[i] ?? "" }
            return Run(
                id: cell(0), folder: cell(1), order: cell(2), batch: cell(3), customer: cell(4), started: cell(5),
                ended: cell(6), state: cell(7), simulated: cell(8) == "1", meters: Int(cell(9)) ?? 0,
                passed: Int(cell(10)) ?? 0, failed: Int(cell(11)) ?? 0)
        }
    }

    /// One test of a meter.
    public struct MeterTest: Sendable, Hashable, Codable {
        /// Serial number, type, position, run and its folder.
        public var serial: String, type: String, position: Int, run: String, folder: String
        /// When the run began, UTC.
        public var started: String
        /// The verdict's word and reason.
        public var verdict: String, reason: String?
        /// Whether the run was simulated.
        public var simulated: Bool
        /// Reports of the run whose name contains the serial number.
        public var certificates: [String]
    }

    /// Every test of the meter with that serial number, oldest first.
    public func find(serial: String) throws -> [MeterTest] {
        try database.rows(
            """
            SELECT serial, type, position, run.id, run.folder, started, verdict, reason, simulated
            FROM meter JOIN run USING (folder) WHERE serial = ? ORDER BY started, run.folder, position
            """, [serial]
        ).map { row in
            let folder = row[4] ?? ""
            let files = try database.rows(
                "SELECT file FROM certificate WHERE folder = ? AND instr(file, ?) > 0 ORDER BY file", [folder, serial])
            return MeterTest(
                serial: row[0] ?? "", type: row[1] ?? "", position: Int(row[2] ?? "") ?? 0, run: row[3] ?? "",
                folder: folder, started: row[5] ?? "", verdict: row[6] ?? "", reason: row[7],
                simulated: row[8] == "1", certificates: files.compactMap { $0[0] })
        }
    }
}

/// Trouble with the index; the evidence is not touched by it.
public struct ArchiveError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What a person needs to know.
    public var description: String

    init(_ description: String) { self.description = description }
}
