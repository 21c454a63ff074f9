import CSQLite

/// A connection to SQLite, used by one thread at a time: text in, text out.
final class Database {
    private var handle: OpaquePointer?
    private let path: String
    /// Tells SQLite to copy what is bound (SQLITE_TRANSIENT, a casting macro that Swift does not see).
    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    init(_ path: String) throws {
        self.path = path
        guard sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nil) == SQLITE_OK else {
            let message = handle.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
            sqlite3_close(handle)
            handle = nil
            throw ArchiveError("\(path): cannot be opened: \(message)")
        }
        sqlite3_busy_timeout(handle, 5000)
    }

    deinit { sqlite3_close(handle) }

    private var trouble: ArchiveError {
        ArchiveError("\(path): \(handle.map { String(cString: sqlite3_errmsg($0)) } ?? "is not open")")
    }

    /// Runs a statement and throws its rows away.
    func execute(_ sql: String, _ values: [String?] = []) throws { _ = try rows(sql, values) }

    /// Runs a statement with values for its question marks; NULL is `nil`.
    func rows(_ sql: String, _ values: [String?] = []) throws -> [[String?]] {
        var statement: OpaquePointer?
        guard sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK else { throw trouble }
        defer { sqlite3_finalize(statement) }
        for (index, value) in values.enumerated() {
            let place = Int32(index + 1)
            let result =
                value.map { sqlite3_bind_text(statement, place, $0, Int32($0.utf8.count), Self.transient) }
                ?? sqlite3_bind_null(statement, place)
            guard result == SQLITE_OK else { throw trouble }
        }
        var found: [[String?]] = []
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_DONE: return found
            case SQLITE_ROW:
                found.append(
                    (0..<sqlite3_column_count(statement)).map { column in
                        sqlite3_column_text(statement, column).map { String(cString: $0) }
                    })
            default: throw trouble
            }
        }
    }

    /// All of `body`, or nothing of it.
    func transaction(_ body: () throws -> Void) throws {
        try execute("BEGIN IMMEDIATE")
        do {
            try body()
            try execute("COMMIT")
        } catch {
            try? execute("ROLLBACK")
            throw error
        }
    }
}
