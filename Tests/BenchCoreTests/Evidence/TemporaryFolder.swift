#if canImport(Glibc)
    import Glibc
#endif

/// A folder of its own for one test.
struct TemporaryFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/meterbench-test-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw CannotMake() }
        path = String(cString: made)
    }

    struct CannotMake: Error {}
}
