import FoundationEssentials
import Glibc

/// Whether USB devices can be emulated here, and the program that does it (Tests/USBDevice/usb-device.c).
public enum Umockdev {
    /// Its library, to be loaded before a program.
    public static let library = "libumockdev-preload.so.0"

    /// Whether this very process runs with umockdev's library loaded before the C library.
    public static let isPreloaded = getenv("LD_PRELOAD").map { String(cString: $0).contains(library) } ?? false

    /// Whether umockdev with its header, and a compiler, are installed (`Scripts/install-test-peers`).
    public static let isThere =
        Checkout.hasProgram("cc") && Checkout.hasProgram("pkg-config")
        && access("/usr/include/umockdev-1.0/umockdev.h", R_OK) == 0

    private static let built = Build()

    /// Builds the emulated device once a process and returns its path.
    public static func program() async throws -> String { try await built.path() }

    private actor Build {
        private var done: Task<String, any Error>?

        func path() async throws -> String {
            let task = done ?? Task { try await Umockdev.build() }
            done = task
            return try await task.value
        }
    }

    private static func build() async throws -> String {
        guard let tool = Checkout.program("pkg-config"), let compiler = Checkout.program("cc") else {
            throw PeerError("no C compiler")
        }
        let flags = try await Peer.run(tool, ["--cflags", "--libs", "umockdev-1.0"])
        guard flags.exit == 0 else { throw PeerError("no umockdev") }
        let program = Checkout.path(".build/usb-device"), fresh = "\(program).\(getpid())"
        let result = try await Peer.run(
            compiler,
            ["-O2", "-Wall", "-Wextra", "-Werror", Checkout.path("Tests/USBDevice/usb-device.c"), "-o", fresh]
                + flags.output.split(whereSeparator: \.isWhitespace).map(String.init),
            mergeErrors: true)
        guard result.exit == 0 else { throw PeerError("the emulated device does not compile: \(result.output)") }
        // Another test process may be starting the one that stands there.
        guard rename(fresh, program) == 0 else { throw PeerError("\(program) cannot be put there") }
        return program
    }
}

/// A USB device that exists in memory only; plugged in as long as this object lives.
///
/// Sets UMOCKDEV_DIR of a process that sees such devices, so only one test at a time may have one there.
public final class EmulatedDevice: Sendable {
    private let peer: Peer
    /// The folder that stands for it: UMOCKDEV_DIR of programs that see it.
    public let bed: String

    /// Plugs one in, with options of the program that plays it.
    public init(_ options: String...) async throws {
        if Umockdev.isPreloaded { unsetenv("UMOCKDEV_DIR") }
        peer = try Peer(
            try await Umockdev.program(), options.map { "--" + $0 }, environment: ["LD_PRELOAD": Umockdev.library])
        bed = try await peer.expect("bed ")
        if Umockdev.isPreloaded { setenv("UMOCKDEV_DIR", bed, 1) }
    }

    deinit {
        if Umockdev.isPreloaded { unsetenv("UMOCKDEV_DIR") }
        peer.tell("quit")
        // The device takes its folder with it; a deinit cannot await that.
        for _ in 0..<500 where access(bed, F_OK) == 0 { usleep(2000) }
    }

    /// Gives an order and waits until it is obeyed.
    public func order(_ line: String, answer: String) async throws {
        peer.tell(line)
        try await peer.expect(answer)
    }

    /// The next exchange that `fault` concerns goes wrong, after `skip` that go well.
    public func arm(_ fault: String, skip: Int = 0, value: Int = 0) async throws {
        try await order("arm \(fault) \(skip) \(value)", answer: "armed")
    }

    public func unplug() async throws { try await order("unplug", answer: "unplugged") }
    /// Pulls it out without waiting for it: the answer is the next one read.
    public func pull() { peer.tell("unplug") }
    public func plug() async throws { try await order("plug", answer: "plugged") }

    /// What the device has seen, by name.
    public func counts() async throws -> [String: Int] {
        peer.tell("counts")
        let words = try await peer.expect("counts ").split(separator: " ")
        return Dictionary(
            uniqueKeysWithValues: words.map {
                let pair = $0.split(separator: "=")
                return (String(pair[0]), Int(pair[1])!)
            })
    }

    public func count(_ name: String) async throws -> Int { try await counts()[name]! }
}
