/// Why a recording cannot be used: one sentence that says what, where, and what would be right.
public struct RecordingTrouble: Error, Sendable, Hashable, CustomStringConvertible {
    /// Where in a file.
    public enum Place: Sendable, Hashable {
        /// The file as a whole.
        case whole
        /// Line and column of a text, from 1.
        case text(line: Int, column: Int)
        /// Offset from the start of the file in bytes, from 0.
        case byte(Int)
    }

    /// The file as it was named.
    public var file: String
    /// Where in it.
    public var place: Place
    /// What is wrong, and what would be right.
    public var message: String

    /// A trouble by its parts.
    public init(_ file: String, _ place: Place, _ message: String) {
        self.file = file
        self.place = place
        self.message = message
    }

    /// What people read: `file:line:column: message`, or `file: at byte N: message`.
    public var description: String {
        switch place {
        case .whole: "\(file): \(message)"
        case .text(let line, let column): "\(file):\(line):\(column): \(message)"
        case .byte(let offset): "\(file): at byte \(offset): \(message)"
        }
    }

    /// The same trouble for whoever reads faults of the evidence.
    public var fault: Fault { Fault(.storage, file, description) }

    /// All bytes of a file; a fault of the disk becomes a trouble.
    static func read(_ path: String) throws(RecordingTrouble) -> [UInt8] {
        do {
            return try Disk.read(path)
        } catch {
            throw RecordingTrouble(path, .whole, (error as? Fault)?.detail ?? "\(error)")
        }
    }
}
