import FoundationEssentials

#if canImport(Glibc)
    import Glibc
#endif

/// A folder of its own for one test; gone with the last reference to it.
final class TemporaryFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/meterbench-test-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw CannotMake() }
        path = String(cString: made)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    struct CannotMake: Error {}
}
