#if canImport(Glibc)
    import Glibc
#endif

/// A file written in pieces under a temporary name: it is there whole, or not at all.
final class PiecewiseFile {
    private let path: String
    private var descriptor: Int32
    private var buffer: [UInt8] = []

    /// Begins a file. Throws `Fault(.storage)`.
    init(_ path: String) throws {
        self.path = path
        descriptor = open(path + ".part", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Disk.fault(path, "cannot be created", errno) }
    }

    deinit {
        guard descriptor >= 0 else { return }
        close(descriptor)
        unlink(path + ".part")
    }

    /// Adds bytes.
    func write(_ bytes: some Collection<UInt8>) throws {
        buffer.append(contentsOf: bytes)
        if buffer.count >= 1 << 18 { try drain() }
    }

    /// Flushes everything and gives the file its name.
    func finish() throws {
        try drain()
        guard fsync(descriptor) == 0 else { throw Disk.fault(path, "cannot be flushed", errno) }
        guard rename(path + ".part", path) == 0 else { throw Disk.fault(path, "cannot be put in place", errno) }
        close(descriptor)
        descriptor = -1
        try Disk.flushFolder(of: path)
    }

    private func drain() throws {
        guard descriptor >= 0 else { throw Fault(.storage, path, "the file is finished") }
        try Disk.write(buffer, to: descriptor, path)
        buffer.removeAll(keepingCapacity: true)
    }
}
