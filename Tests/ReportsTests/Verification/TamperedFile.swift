import FoundationEssentials

/// Writes a file of evidence behind the back of the program.
enum TamperedFile {
    static func write(_ bytes: [UInt8], _ path: String) throws {
        try Data(bytes).write(to: URL(filePath: path))
    }
}
