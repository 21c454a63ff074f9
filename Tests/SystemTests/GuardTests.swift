import FoundationEssentials
import Glibc
import Instruments
import Testing

@testable import BenchCore

/// A TCP listener on a free port that records every line it hears and answers each query with `1`.
private final class Listener: Sendable {
    let port: Int
    private let descriptor: Int32

    init() {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let fd = descriptor
        port = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { plain in
                guard bind(fd, plain, size) == 0, listen(fd, 8) == 0, getsockname(fd, plain, &size) == 0 else {
                    return 0
                }
                return 1
            } == 1 ? Int(UInt16(bigEndian: pointer.pointee.sin_port)) : 0
        }
    }

    deinit { close(descriptor) }

    /// Serves connections until `count` lines were heard or the seconds are over; returns the lines.
    func lines(_ count: Int, within seconds: Int) -> [String] {
        var result: [String] = []
        for _ in 0..<(seconds * 20) {
            var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            if poll(&poller, 1, 50) == 1 {
                let peer = accept(descriptor, nil, nil)
                var buffer = [UInt8](repeating: 0, count: 512)
                let n = recv(peer, &buffer, buffer.count, 0)
                if n > 0 {
                    result += String(decoding: buffer[..<n], as: UTF8.self).split(separator: "\n").map(String.init)
                    _ = send(peer, "1\n", 2, Int32(MSG_NOSIGNAL))
                }
                close(peer)
            }
            if result.count >= count { break }
        }
        return result
    }
}

/// The guard outlives the host: it switches off when the host is gone or silent, and does nothing when told all is done.
@Suite("Guard", .serialized)
struct GuardTests {
    static let program = Product.path("meterbench-guard")

    private func chain(port: Int) throws -> GuardChain {
        let source = InstrumentDescription(
            id: "source", role: .referenceSource, driver: "scpi-source", wire: .tcp(host: "127.0.0.1", port: port),
            manufacturer: "", model: "", serial: "", traceability: nil, source: nil, accuracy: [], counter: nil,
            climate: nil)
        var line = source
        line.id = "line-source"
        line.wire = .modbusRTU(device: "bus", baud: 9600, format: "8N1", unit: 1)
        let bench = BenchDescription(
            id: "b", title: "", laboratory: Laboratory(name: "", address: [], accreditation: nil),
            instruments: [source, line], positions: [],
            safe: [
                SafeStep(instrument: "source", action: .currentOff, within: 0.5),
                SafeStep(instrument: "source", action: .voltageOff, within: 1),
                SafeStep(instrument: "line-source", action: .voltageOff, within: 1),
            ], world: nil, timeScale: 1)
        return GuardChain(bench: bench)
    }

    @Test("a step on a wire the guard cannot speak is named, not silently left out")
    func unguarded() throws {
        let chain = try chain(port: 5025)
        #expect(chain.lines.count == 2)
        #expect(chain.unguarded.count == 1)
        #expect(chain.unguarded.first?.hasPrefix("line-source:voltage-off") == true)
    }

    @Test("when the host is gone the chain is performed in order")
    func hostGone() throws {
        let listener = Listener()
        var host: GuardProcess? = try GuardProcess(
            program: Self.program, chain: try chain(port: listener.port), silence: 30)
        let process = try #require(host?.process)
        host = nil  // closes the guard's input, as the kernel does when the host is killed
        #expect(listener.lines(4, within: 10) == ["OUTP:CURR OFF", "*OPC?", "OUTP:VOLT OFF", "*OPC?"])
        var status: Int32 = 0
        waitpid(process, &status, 0)
        #expect(status == 0)
    }

    @Test("when the host falls silent the chain is performed")
    func hostSilent() throws {
        let listener = Listener()
        let host = try GuardProcess(program: Self.program, chain: try chain(port: listener.port), silence: 0.2)
        host.beat()
        #expect(listener.lines(4, within: 10).first == "OUTP:CURR OFF")
        withExtendedLifetime(host) {}
    }

    @Test("when the host has made the bench safe itself the guard leaves without a word")
    func done() throws {
        let listener = Listener()
        let host = try GuardProcess(program: Self.program, chain: try chain(port: listener.port), silence: 30)
        host.beat()
        host.stop()
        #expect(listener.lines(1, within: 1).isEmpty)
    }

    @Test("a source that does not answer fails its step, and the next step is still tried")
    func deafSource() throws {
        let listener = Listener()  // accepts in the backlog but never answers
        var host: GuardProcess? = try GuardProcess(
            program: Self.program, chain: try chain(port: listener.port), silence: 30)
        let process = try #require(host?.process)
        host = nil
        var status: Int32 = 0
        waitpid(process, &status, 0)
        #expect(status >> 8 == 1)
        #expect(listener.lines(4, within: 2) == ["OUTP:CURR OFF", "*OPC?", "OUTP:VOLT OFF", "*OPC?"])
    }
}
