import FoundationEssentials
import Glibc

/// A folder of its own for one test; gone with the last reference to it.
public final class TemporaryFolder: Sendable {
    /// Where it is, without a slash at the end.
    public let path: String

    public init() throws {
        var template = Array("/tmp/meterbench-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw PeerError("no temporary folder: error \(errno)") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
