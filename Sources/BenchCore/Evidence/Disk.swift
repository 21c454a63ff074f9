#if canImport(Glibc)
    import Glibc
#endif

/// Files of the evidence: read whole, written safely, listed in order; every trouble is a `Fault` that names the file.
public enum Disk {
    /// The fault behind the C library's error number.
    static func fault(_ path: String, _ what: String, _ number: Int32) -> Fault {
        let full = number == ENOSPC || number == EDQUOT || number == EFBIG
        return Fault(full ? .diskFull : .storage, path, "\(what): \(String(cString: strerror(number)))")
    }

    /// Hands a file to `use` in pieces. Throws `Fault(.storage)` where it cannot be read.
    static func read(_ path: String, _ use: (UnsafeRawBufferPointer) -> Void) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw fault(path, "cannot be opened", errno) }
        defer { close(descriptor) }
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = piece.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw fault(path, "cannot be read", errno)
            }
            if count == 0 { return }
            piece.withUnsafeBytes { use(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
    }

    /// All bytes of a file. Throws `Fault(.storage)`.
    public static func read(_ path: String) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try read(path) { bytes.append(contentsOf: $0) }
        return bytes
    }

    /// Writes all bytes to a descriptor.
    static func write(_ bytes: [UInt8], to descriptor: Int32, _ path: String) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw fault(path, "cannot be written", errno)
            }
            rest = rest.dropFirst(count)
        }
    }

    /// Writes a file under a temporary name, flushes it and renames it: it is there whole, or not at all.
    public static func write(_ bytes: [UInt8], to path: String) throws {
        let temporary = path + ".part"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw fault(path, "cannot be created", errno) }
        do {
            defer { close(descriptor) }
            try write(bytes, to: descriptor, path)
            guard fsync(descriptor) == 0 else { throw fault(path, "cannot be flushed", errno) }
        } catch {
            unlink(temporary)
            throw error
        }
        guard rename(temporary, path) == 0 else { throw fault(path, "cannot be put in place", errno) }
        try flushFolder(of: path)
    }

    /// Flushes the folder that holds a file, so that its name survives a power failure.
    static func flushFolder(of path: String) throws {
        let folder = parent(path)
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw fault(folder, "cannot be opened", errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw fault(folder, "cannot be flushed", errno) }
    }

    /// Makes a folder and those above it; one that is there already is fine.
    public static func makeFolder(_ path: String) throws {
        if isFolder(path) { return }
        if parent(path) != path { try makeFolder(parent(path)) }
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw fault(path, "cannot be made", errno) }
    }

    /// The names in a folder, in order of their bytes, without `.` and `..`.
    public static func names(in folder: String) throws -> [String] {
        guard let directory = opendir(folder) else { throw fault(folder, "cannot be listed", errno) }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
    }

    /// Every plain file below a folder by its path there (`frozen/order.yaml`), in order of their bytes.
    public static func files(below folder: String) throws -> [String] {
        var found: [String] = []
        for name in try names(in: folder) {
            let path = folder + "/" + name
            if isFolder(path) {
                found += try files(below: path).map { name + "/" + $0 }
            } else {
                found.append(name)
            }
        }
        return found.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
    }

    /// Takes a file away. Throws `Fault(.storage)`.
    public static func remove(_ path: String) throws {
        guard unlink(path) == 0 else { throw fault(path, "cannot be removed", errno) }
    }

    /// Whether there is a folder of that name.
    public static func isFolder(_ path: String) -> Bool {
        var information = stat()
        return stat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFDIR
    }

    /// Whether there is anything of that name.
    public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// The folder part of a path; `.` for a plain name.
    public static func parent(_ path: String) -> String {
        var trimmed = path[...]
        while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed = trimmed.dropLast() }
        guard let slash = trimmed.lastIndex(of: "/") else { return "." }
        return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
    }

    /// The last part of a path.
    public static func name(_ path: String) -> String {
        String(path.split(separator: "/").last ?? "")
    }
}
