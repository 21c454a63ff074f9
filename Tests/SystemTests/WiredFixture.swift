import FoundationEssentials
import Glibc
import TestSupport

/// A demonstration bench in a folder of its own, on free ports, with a short procedure: whole programs talking over real wires.
final class WiredFixture: Sendable {
    let folder: TemporaryFolder
    /// Ports by those of the demonstration bench.
    let ports: [Int: Int]
    /// Names of the bench's and the order's file; number of the order.
    private let name: String, number: String
    private let simulator: Peer

    var path: String { folder.path }
    var order: String { path + "/Orders/\(name).yaml" }
    var anchor: String { path + "/Keys/demonstration-root.pem" }

    /// Starts the simulators. `steps` are those of the procedure (`nil` for its own), `world` is appended to the world file; `edit` may change the files
    /// of the folder before.
    init(
        steps: String?, world: String = "", procedure: String = "iec62053-22", bench name: String = "demo",
        number: String = "DEMO-0001", edit: (String) throws -> Void = { _ in }
    ) async throws {
        folder = try TemporaryFolder()
        self.name = name
        self.number = number
        let base = folder.path
        let files = FileManager.default
        for shelf in ["Benches", "Meters", "Orders", "Keys"] {
            try files.copyItem(atPath: Checkout.path("Fixtures/" + shelf), toPath: base + "/" + shelf)
        }
        try files.copyItem(atPath: Checkout.path("Procedures"), toPath: base + "/Procedures")
        var bench = try Self.text(base + "/Benches/\(name).yaml")
        let known = Set(bench.matches(of: /127\.0\.0\.1:([0-9]+)/).compactMap { Int($0.output.1) }).sorted()
        ports = Dictionary(uniqueKeysWithValues: zip(known, Self.freePorts(known.count)))
        for (old, new) in ports { bench = bench.replacing("127.0.0.1:\(old)", with: "127.0.0.1:\(new)") }
        bench = bench.replacing("Runs/wires/bus-a", with: base + "/bus-a")
        try Self.write(bench, base + "/Benches/\(name).yaml")
        let truth = try Self.text(base + "/Benches/\(name)-world.yaml")
        try Self.write(truth + "\n" + world, base + "/Benches/\(name)-world.yaml")
        let order = try Self.text(base + "/Orders/\(name).yaml").replacing("../../Procedures", with: "../Procedures")
        try Self.write(order, base + "/Orders/\(name).yaml")
        if let steps {
            let text = try Self.text(base + "/Procedures/\(procedure).yaml")
            let head = text.prefix(upTo: text.firstRange(of: "\nsteps:")?.lowerBound ?? text.endIndex)
            try Self.write(
                head + "\nsteps:\n" + steps + "\nfinally:\n  - include: Parts/ramp-down.yaml\n",
                base + "/Procedures/\(procedure).yaml")
        }
        try edit(base)

        simulator = try Peer(
            Product.path("meterbench"), ["simulate", base + "/Benches/\(name).yaml"], mergeErrors: true)
        try await simulator.expect("ready")
    }

    /// Starts `meterbench run` on the order.
    func run(_ more: [String] = []) throws -> Peer {
        try Peer(Product.path("meterbench"), ["run", order, "--json", "--runs", path + "/Runs"] + more)
    }

    /// Goes on with a run.
    func resume(_ run: String) throws -> Peer {
        try Peer(Product.path("meterbench"), ["run", "--resume", run, "--json"])
    }

    /// The folder of the run, once it is there.
    var runFolder: String { path + "/Runs/\(number)-1" }

    /// Waits until the journal holds the text, at most so many seconds of life.
    func journal(holds text: String, within seconds: Int = 300) async throws {
        let path = runFolder + "/journal.jsonl"
        try await blocking {
            for _ in 0..<(seconds * 100) {
                if let journal = try? Self.text(path), journal.contains(text) { return }
                usleep(10_000)
            }
            throw PeerError("the journal never held «\(text)»")
        }
    }

    /// The whole journal.
    func journal() throws -> String { try Self.text(runFolder + "/journal.jsonl") }

    /// Asks one of the SCPI instruments a question over a connection of its own.
    func ask(_ port: Int, _ question: String) async throws -> String {
        let port = ports[port] ?? port
        return try await blocking {
            let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            defer { close(fd) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = UInt16(port).bigEndian
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            let size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let connected = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(fd, $0, size) }
            }
            let bytes = Array((question + "\n").utf8)
            guard connected == 0, send(fd, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
                throw PeerError("port \(port) does not answer: error \(errno)")
            }
            var answer: [UInt8] = []
            while answer.last != 10 {
                var poller = pollfd(fd: fd, events: Int16(POLLIN), revents: 0)
                var buffer = [UInt8](repeating: 0, count: 4096)
                guard poll(&poller, 1, 10_000) == 1 else { throw PeerError("no answer to «\(question)»") }
                let n = recv(fd, &buffer, buffer.count, 0)
                guard n > 0 else { throw PeerError("closed before an answer to «\(question)»") }
                answer += buffer[..<n]
            }
            return String(decoding: answer.dropLast(), as: UTF8.self)
        }
    }

    /// Ports that nobody listens on at the moment.
    private static func freePorts(_ count: Int) -> [Int] {
        let sockets = (0..<count).map { _ in socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0) }
        defer { sockets.forEach { close($0) } }
        return sockets.map { fd in
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            return withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    _ = bind(fd, $0, size)
                    _ = getsockname(fd, $0, &size)
                }
                return Int(UInt16(bigEndian: pointer.pointee.sin_port))
            }
        }
    }

    static func text(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
    }

    static func write(_ text: some StringProtocol, _ path: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path))
    }
}
