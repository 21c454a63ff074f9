import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// The journal of a run on the disk: one event a line, each with the hash of the line before, flushed before `append` returns.
///
/// In real and scaled time the disk is waited for on a thread of its own, and events that arrive meanwhile share one
/// flush; under virtual time, which must not go on while the disk works, the caller waits. One program at a time: the
/// file is locked (flock(2)). After a fault of the disk the file is cut back to whole lines and nothing more is accepted.
public final class Journal: EventSink {
    /// Where it is.
    public let path: String
    private let time: any Timekeeper
    private let chain: Mutex<Chain>
    private let writer: JournalWriter
    private let inline: Bool

    /// Begins a journal; there must be none of that name. Throws `Fault`.
    public static func create(_ path: String, time: any Timekeeper) throws -> Journal {
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Disk.fault(path, "cannot be created", errno) }
        do {
            try lock(descriptor, path)
            try Disk.flushFolder(of: path)
        } catch {
            close(descriptor)
            throw error
        }
        return try Journal(path: path, descriptor: descriptor, length: 0, chain: Chain(), time: time)
    }

    /// What resuming found.
    public struct Resumed: Sendable {
        /// The journal, ready for the next line.
        public var journal: Journal
        /// Every whole line.
        public var entries: [JournalEntry]
        /// SHA-256 and length of a torn last line, which now stands in `torn-N.bin` beside the journal.
        public var tornHash: String?, tornBytes: Int?
    }

    /// Opens a journal to go on: checks every line, sets a torn last line aside into `torn-N.bin` and cuts it off.
    ///
    /// Throws `Fault(.storage)` with the line where the journal is not whole, and where another program holds it;
    /// `Fault(.refused)` where the run is sealed.
    public static func resume(_ path: String, time: any Timekeeper) throws -> Resumed {
        guard !Disk.exists(Disk.parent(path) + "/seal.json") else {
            throw Fault(.refused, path, "the run is sealed: nothing can be added to it")
        }
        let descriptor = open(path, O_RDWR | O_APPEND | O_CLOEXEC)
        guard descriptor >= 0 else { throw Disk.fault(path, "cannot be opened", errno) }
        do {
            try lock(descriptor, path)
            let content = try JournalReader.read(path)
            if !content.torn.isEmpty {
                try setAside(content.torn, besides: path)
                guard ftruncate(descriptor, off_t(content.length)) == 0, fsync(descriptor) == 0 else {
                    throw Disk.fault(path, "cannot be cut to whole lines", errno)
                }
            }
            let chain = Chain(lines: content.entries.count, last: content.lastHash)
            let journal = try Journal(
                path: path, descriptor: descriptor, length: content.length, chain: chain, time: time)
            return Resumed(
                journal: journal, entries: content.entries,
                tornHash: content.torn.isEmpty ? nil : Hash.sha256Hex(content.torn),
                tornBytes: content.torn.isEmpty ? nil : content.torn.count)
        } catch {
            close(descriptor)
            throw error
        }
    }

    init(path: String, descriptor: Int32, length: Int, chain: Chain, time: any Timekeeper) throws {
        self.path = path
        self.time = time
        self.chain = Mutex(chain)
        inline = time.scale == nil
        writer = try JournalWriter(path: path, descriptor: descriptor, length: length, threaded: !inline)
    }

    deinit { writer.stop() }

    /// Appends an event; returns when it is safe on the disk. Throws `Fault(.diskFull)` or `Fault(.storage)`.
    public func append(_ event: JournalEvent) async throws {
        guard !inline else {
            try chain.withLock { try writer.write($0.next(event, time).line + [UInt8(ascii: "\n")]) }
            return
        }
        try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
            chain.withLock { chain in
                do {
                    // Queued inside the lock: lines reach the disk in the order of their numbers.
                    writer.queue(try chain.next(event, time).line + [UInt8(ascii: "\n")], done)
                } catch {
                    done.resume(throwing: error)
                }
            }
        }
    }

    /// Lets go of the file and its lock once everything queued is written; `append` throws from now on.
    public func close() { writer.stop() }

    private static func close(_ descriptor: Int32) { Glibc.close(descriptor) }

    private static func lock(_ descriptor: Int32, _ path: String) throws {
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw Fault(.storage, path, "another program writes this journal; only one may")
        }
    }

    /// Keeps the bytes of a torn line under the next free name.
    private static func setAside(_ torn: [UInt8], besides path: String) throws {
        var number = 1
        while Disk.exists("\(Disk.parent(path))/torn-\(number).bin") { number += 1 }
        try Disk.write(torn, to: "\(Disk.parent(path))/torn-\(number).bin")
    }
}

/// The end of a hash chain: how many lines there are, and the hash of the last.
struct Chain: Sendable {
    var lines = 0
    var last = Hash.none

    /// The next entry with the bytes of its line, and one step on.
    mutating func next(_ event: JournalEvent, _ time: any Timekeeper) throws -> (entry: JournalEntry, line: [UInt8]) {
        let now = time.now
        let entry = JournalEntry(seq: lines + 1, at: now, utc: time.utc(now), prev: last, what: event)
        let line = try JournalLine.encode(entry)
        lines += 1
        last = Hash.sha256Hex(line)
        return (entry, line)
    }
}

/// A journal in memory, with the very bytes that a file would get: for tests and for runs that nobody certifies.
public final class MemoryJournal: EventSink {
    private let time: any Timekeeper
    private let state = Mutex((chain: Chain(), lines: [[UInt8]](), entries: [JournalEntry]()))

    /// An empty journal.
    public init(time: any Timekeeper) { self.time = time }

    /// Appends an event.
    public func append(_ event: JournalEvent) async throws {
        try state.withLock { state in
            let (entry, line) = try state.chain.next(event, time)
            state.lines.append(line)
            state.entries.append(entry)
        }
    }

    /// Everything appended so far.
    public var entries: [JournalEntry] { state.withLock { $0.entries } }
    /// The bytes that a journal file with these events has.
    public var bytes: [UInt8] { state.withLock { $0.lines.flatMap { $0 + [UInt8(ascii: "\n")] } } }
}
