internal import BenchCore
internal import CBench

#if canImport(Glibc)
    import Glibc
#endif

/// A pseudo-terminal that stands for a serial line, reachable under the device path of a bench file.
struct PseudoTerminal: Sendable {
    /// The simulator's end.
    let master: Int32
    /// The driver's end, held open so that the line stays up while nobody uses it.
    private let slave: Int32
    private let device: String, link: String

    /// Opens a line and links `path` to it; folders on the way are made.
    ///
    /// A symbolic link that stands there is replaced (a simulator that was killed leaves one); anything else is refused.
    init(path: String, id: String) throws {
        func fail(_ what: String) -> Fault { Fault(.refused, id, "\(what): \(SystemError.text(errno))") }
        var name = [CChar](repeating: 0, count: 256)
        let master = cbench_pseudo_terminal(&name, name.count)
        guard master >= 0 else { throw fail("no pseudo-terminal") }
        let device = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let slave = open(device, O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard slave >= 0 else {
            defer { Glibc.close(master) }
            throw fail("cannot open \(device)")
        }
        // Raw from the start: an echo would answer our own answers.
        var settings = termios()
        tcgetattr(slave, &settings)
        cfmakeraw(&settings)
        tcsetattr(slave, TCSANOW, &settings)
        do {
            try Self.makeFolders(path, id)
            var status = stat()
            if lstat(path, &status) == 0 {
                guard status.st_mode & S_IFMT == S_IFLNK else {
                    throw Fault(.refused, id, "\(path) is there already and is no link of a simulator")
                }
                unlink(path)
            }
            guard symlink(device, path) == 0 else { throw fail("cannot make \(path)") }
        } catch {
            Glibc.close(slave)
            Glibc.close(master)
            throw error
        }
        self.master = master
        self.slave = slave
        self.device = device
        link = path
    }

    /// Closes the driver's end and removes the link, unless it leads elsewhere by now; the server closes the master.
    func close() {
        Glibc.close(slave)
        var target = [CChar](repeating: 0, count: 4096)
        let n = readlink(link, &target, target.count)
        let bytes = target.prefix(max(0, n)).map { UInt8(bitPattern: $0) }
        if String(decoding: bytes, as: UTF8.self) == device { unlink(link) }
    }

    private static func makeFolders(_ path: String, _ id: String) throws {
        var folder = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/").dropLast() {
            folder += part + "/"
            if mkdir(folder, 0o755) != 0, errno != EEXIST {
                throw Fault(.refused, id, "cannot make \(folder): \(SystemError.text(errno))")
            }
        }
    }
}
