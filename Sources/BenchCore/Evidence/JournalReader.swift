/// Reads a journal and believes nothing: form, numbering, hash chain and order in time of every line.
public enum JournalReader {
    /// What a journal holds.
    public struct Content: Sendable {
        /// The whole lines.
        public var entries: [JournalEntry]
        /// SHA-256 of the last whole line; 64 zeros without lines.
        public var lastHash: String
        /// Length of the whole lines in bytes.
        public var length: Int
        /// Bytes after the last newline: a line that was being written when the program died; usually empty.
        public var torn: [UInt8]
    }

    /// Reads a file. Throws `Fault(.storage)` that names the first line at which the journal is not whole.
    public static func read(_ path: String) throws -> Content { try parse(try Disk.read(path), name: path) }

    /// Checks the bytes of a journal; `name` is the file's name in messages. Throws `Fault(.storage)`.
    public static func parse(_ bytes: [UInt8], name: String) throws -> Content {
        var content = Content(entries: [], lastHash: Hash.none, length: 0, torn: [])
        var rest = bytes[...]
        while let newline = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let line = Array(rest[..<newline])
            let number = content.entries.count + 1
            func trouble(_ text: String) -> Fault { Fault(.storage, name, "line \(number) \(text)") }
            let entry: JournalEntry
            switch JournalLine.decode(line) {
            case .success(let read): entry = read
            case .failure(let error): throw trouble(error.text)
            }
            guard entry.seq == number else {
                throw trouble("bears the number \(entry.seq): a line was taken out or put in")
            }
            guard entry.prev == content.lastHash else {
                throw trouble(
                    number == 1
                        ? "does not begin a journal: lines before it were taken away"
                        : "does not follow from line \(number - 1): one of the two was altered")
            }
            content.lastHash = Hash.sha256Hex(line)
            content.entries.append(entry)
            rest = rest[(newline + 1)...]
        }
        content.length = bytes.count - rest.count
        content.torn = Array(rest)
        return content
    }
}
