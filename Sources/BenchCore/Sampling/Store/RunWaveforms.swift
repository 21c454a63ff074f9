#if canImport(Glibc)
    import Glibc
#endif

extension RunFolder {
    /// The folder of what digitizers saw: an index and chunks, or a folder of these for each capture.
    public var waveforms: String { path + "/waveforms" }
}

extension Disk {
    /// Length of a file in bytes. Throws `Fault(.storage)`.
    static func length(_ path: String) throws -> Int {
        var information = stat()
        guard stat(path, &information) == 0 else { throw fault(path, "cannot be looked at", errno) }
        return Int(information.st_size)
    }
}
