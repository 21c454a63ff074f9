import BenchCore
import Glibc

/// Holds a serial line for one program: two programs that talk on one line garble each other's frames.
///
/// flock(2) on the device tells programs of the same mind; TIOCEXCL keeps out those that do not ask (root excepted). Both
/// end with the descriptor, also when the program is killed. A pseudo-terminal gets no TIOCEXCL: its other end may outlive
/// us, and the mark with it.
enum SerialLock {
    /// Locks an open serial line; throws `Fault(.refused)` with the name of the program that holds it, where `/proc` tells.
    ///
    /// For a line that another library opens (libmodbus): open the device yourself, lock that descriptor, let the library
    /// open its own, and keep yours until the library has closed.
    static func take(
        _ line: Int32, device: String, instrument: String, control: any SerialControl = KernelSerialControl()
    ) throws(Fault) {
        guard flock(line, LOCK_EX | LOCK_NB) == 0 else {
            throw Fault(.refused, instrument, "\(device) is in use\(holder(of: device))")
        }
        if !control.isPseudoTerminal(line) { try? control.exclusive(line, true) }
    }

    /// Gives a line free, before it is closed: a child process that is just being started may hold a copy of the descriptor for
    /// a moment longer, and the lock with it. TIOCEXCL ends with the last descriptor, and may be another program's: it is left.
    static func release(_ line: Int32) { _ = flock(line, LOCK_UN) }

    /// Opens a device for reading and writing without waiting for a carrier, and without becoming its terminal's owner.
    static func open(_ device: String, instrument: String) throws(Fault) -> Int32 {
        let line = Glibc.open(device, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
        if line >= 0 { return line }
        switch errno {
        case ENOENT: throw Fault(.connectionRefused, instrument, "there is no \(device): is the adapter plugged in?")
        case EACCES:
            throw Fault(
                .connectionRefused, instrument,
                "\(device) may not be opened by this user; the group «dialout» may: «sudo adduser $USER dialout», then log in again"
            )
        case EBUSY: throw Fault(.refused, instrument, "\(device) is in use\(holder(of: device))")
        default:
            throw Fault(
                .connectionRefused, instrument, "\(device) cannot be opened: \(String(cString: strerror(errno)))")
        }
    }

    /// ` by «minicom» (process 4711)` for each program that has the device open; empty where `/proc` does not tell.
    static func holder(of device: String, proc: String = "/proc") -> String {
        guard let target = Self.resolved(device) else { return "" }
        let found = (try? Disk.names(in: proc)) ?? []
        let holders = found.filter { Int32($0) != nil }.sorted().filter { process in
            let files = (try? Disk.names(in: "\(proc)/\(process)/fd")) ?? []
            return files.contains { Self.resolved("\(proc)/\(process)/fd/\($0)") == target }
        }
        let named = holders.map { process in
            if Int32(process) == getpid() { return "this program itself" }
            let name = (try? Disk.read("\(proc)/\(process)/comm")).map { String(decoding: $0, as: UTF8.self) } ?? ""
            return "«\(name.split(separator: "\n").first ?? "?")» (process \(process))"
        }
        return named.isEmpty ? "" : " by " + named.joined(separator: " and ")
    }

    /// Where a path leads when all links are followed; `nil` where it leads nowhere.
    static func resolved(_ path: String) -> String? {
        guard let raw = realpath(path, nil) else { return nil }
        defer { free(raw) }
        return String(cString: raw)
    }
}
