import FoundationEssentials
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import BenchCore
@testable import Instruments

/// A serial instrument of a test: writes down what it hears, and answers whole requests as a closure says.
private final class SerialPeer: WireProtocol {
    private let heard = Mutex<[UInt8]>([])
    private let answer: @Sendable (inout [UInt8]) -> [UInt8]?

    /// `answer` takes a request from the front of the bytes, or returns `nil` while there is none.
    init(_ answer: @escaping @Sendable (inout [UInt8]) -> [UInt8]?) { self.answer = answer }

    func session() -> any WireSession { Session(peer: self) }

    func hear(_ fresh: ArraySlice<UInt8>) { heard.withLock { $0 += fresh } }
    /// Everything heard so far.
    var bytes: [UInt8] { heard.withLock { $0 } }

    private struct Session: WireSession {
        let peer: SerialPeer
        var known = 0
        mutating func consume(_ buffer: inout [UInt8]) -> [WireReply] {
            let fresh = buffer.dropFirst(known)
            peer.hear(fresh)
            var replies: [WireReply] = []
            while let bytes = peer.answer(&buffer) { replies.append(WireReply(bytes: bytes)) }
            known = buffer.count
            return replies
        }
    }
}

/// The guard over serial lines: the same safe chain, bytes on a line that the host held.
@Suite("Guard on serial lines", .serialized)
struct SerialGuardTests {
    private func instrument(_ id: String, _ role: InstrumentRole, _ driver: String, _ wire: WireAddress)
        -> InstrumentDescription
    {
        InstrumentDescription(
            id: id, role: role, driver: driver, wire: wire, manufacturer: "", model: "", serial: "", traceability: nil,
            source: nil, accuracy: [], counter: nil, climate: nil)
    }

    private func chain(_ instruments: [InstrumentDescription], _ safe: [SafeStep]) -> GuardChain {
        GuardChain(
            bench: BenchDescription(
                id: "b", title: "", laboratory: Laboratory(name: "", address: [], accreditation: nil),
                instruments: instruments, positions: [], safe: safe, world: nil, timeScale: 1))
    }

    private static let zeraFormat = SerialFormat(baud: 9600, format: "8N2")

    /// Runs the chain as after the host's death; the guard's exit code.
    private func exitCode(_ chain: GuardChain) throws -> Int32 {
        var host: GuardProcess? = try GuardProcess(program: GuardTests.program, chain: chain, silence: 30)
        let process = try #require(host?.process)
        host = nil
        var status: Int32 = 0
        waitpid(process, &status, 0)
        return status >> 8
    }

    @Test("a ZERA source on a line is switched off, through half a command and a late OK")
    func zera() throws {
        let folder = try TemporaryFolder()
        // The OK for switching on is still on its way when the first «off» comes.
        let late = Mutex(true)
        let peer = SerialPeer { buffer in
            guard let end = buffer.firstIndex(of: 0x0D) else { return nil }
            let line = String(decoding: buffer[..<end], as: UTF8.self)
            buffer.removeSubrange(...end)
            guard line == "SUIAAAAAAAAA" else { return [] }
            return late.withLock { isLate in
                defer { isLate = false }
                return Array((isLate ? "SSM00000000000000000000\rSOKUI\rSOKUI\r" : "SOKUI\r").utf8)
            }
        }
        let path = folder.path + "/source"
        let server = try LoopbackServer(peer, path: path, format: Self.zeraFormat)
        defer { withExtendedLifetime(server) {} }
        let source = instrument("source", .referenceSource, "zera-mt786", server.address)
        let chain = chain([source], [SafeStep(instrument: "source", action: .voltageOff, within: 5)])
        #expect(chain.unguarded.isEmpty)
        #expect(try exitCode(chain) == 0)
        #expect(String(decoding: peer.bytes, as: UTF8.self) == "\rSUIAAAAAAAAA\rSUIAAAAAAAAA\r")
    }

    @Test("a GENY and a Modbus contactor are switched off; what is swallowed is sent again")
    func binary() throws {
        let folder = try TemporaryFolder()
        let swallowed = Mutex(false)
        let geny = SerialPeer { buffer in
            guard buffer.count >= 10 else { return nil }
            buffer.removeAll()
            // The first frame is taken for the end of the host's half frame.
            let first = swallowed.withLock { done in
                defer { done = true }
                return !done
            }
            return first ? [] : GenyFrame(command: 0xD3, data: [0]).bytes
        }
        let contactor = SerialPeer { buffer in
            guard buffer.count >= 8 else { return nil }
            defer { buffer.removeFirst(8) }
            return Array(buffer.prefix(8))
        }
        let genyServer = try LoopbackServer(
            geny, path: folder.path + "/geny", format: SerialFormat(baud: 115_200, format: "8N1"))
        let contactorServer = try LoopbackServer(
            contactor, path: folder.path + "/contactor", format: SerialFormat(baud: 19_200, format: "8E1"))
        defer { withExtendedLifetime((genyServer, contactorServer)) {} }
        let chain = chain(
            [
                instrument("source", .referenceSource, "geny-yc99t", genyServer.address),
                instrument(
                    "contactor", .contactor, "modbus-contactor",
                    .modbusRTU(device: folder.path + "/contactor", baud: 19_200, format: "8E1", unit: 2)),
            ],
            [
                SafeStep(instrument: "source", action: .currentOff, within: 3),
                SafeStep(instrument: "contactor", action: .open, within: 3),
            ])
        #expect(chain.unguarded.isEmpty)
        #expect(try exitCode(chain) == 0)
        let stop = GenyFrame(command: 0xD3, data: []).bytes
        #expect(geny.bytes == stop + stop)
        // Unit 2, function 5, coil 0, off; CRC CD F9 as pymodbus 3.8.6 computes it (`FramerRTU.compute_CRC`).
        #expect(contactor.bytes == [0x02, 0x05, 0x00, 0x00, 0x00, 0x00, 0xCD, 0xF9])
    }

    @Test("a line that is held is waited for, and used as soon as its holder lets go")
    func held() throws {
        let folder = try TemporaryFolder()
        let peer = SerialPeer { buffer in
            guard let end = buffer.firstIndex(of: 0x0D) else { return nil }
            buffer.removeSubrange(...end)
            return Array("SOKUI\r".utf8)
        }
        let path = folder.path + "/source"
        let server = try LoopbackServer(peer, path: path, format: Self.zeraFormat)
        defer { withExtendedLifetime(server) {} }
        let source = instrument("source", .referenceSource, "zera-mt786", server.address)
        let chain = chain([source], [SafeStep(instrument: "source", action: .voltageOff, within: 20)])
        var port: (any BytePort)? = try Ports.open(
            server.address, timeouts: .scpi, tap: nil, instrument: "source")
        #expect(port != nil)
        var host: GuardProcess? = try GuardProcess(program: GuardTests.program, chain: chain, silence: 30)
        let process = try #require(host?.process)
        host = nil
        usleep(300_000)
        #expect(peer.bytes.isEmpty, "nothing is sent while the line is held")
        port = nil
        var status: Int32 = 0
        waitpid(process, &status, 0)
        #expect(status >> 8 == 0)
        #expect(!peer.bytes.isEmpty)
    }

    @Test("a host that lives, holds the line and is silent is ended before the chain")
    func silentHost() async throws {
        guard Checkout.program("flock") != nil else {
            print("skipped: no flock")
            return
        }
        let folder = try TemporaryFolder()
        let peer = SerialPeer { buffer in
            guard let end = buffer.firstIndex(of: 0x0D) else { return nil }
            buffer.removeSubrange(...end)
            return Array("SOKUI\r".utf8)
        }
        let path = folder.path + "/source"
        let server = try LoopbackServer(peer, path: path, format: Self.zeraFormat)
        defer { withExtendedLifetime(server) {} }
        let source = instrument("source", .referenceSource, "zera-mt786", server.address)
        let chain = chain([source], [SafeStep(instrument: "source", action: .voltageOff, within: 10)])
        try WiredFixture.write((chain.lines + ["armed", ""]).joined(separator: "\n"), folder.path + "/chain")
        // A shell is the host: it starts the guard, locks the line, arms the guard, and says nothing more.
        let script = """
            mkfifo "$1/pipe"
            "$2" 300 < "$1/pipe" > "$1/said" &
            exec 8> "$1/pipe" 9<> "$1/source"
            flock 9
            cat "$1/chain" >&8
            exec sleep 600
            """
        let host = try Peer("/bin/sh", ["-c", script, "sh", folder.path, GuardTests.program])
        let end = try await host.finish(within: 300)
        #expect(end.exit == 128 + SIGKILL)
        var said = ""
        for _ in 0..<200 where !said.contains("voltage-off") {
            try await Task.sleep(for: .milliseconds(50))
            said = (try? WiredFixture.text(folder.path + "/said")) ?? ""
        }
        #expect(said.contains("host silent\nhost ended: it held \(path)\n"), "\(said)")
        #expect(said.contains("source:voltage-off ok"), "\(said)")
    }

    @Test("wires that the guard cannot use, and speeds it cannot set, are named")
    func unguarded() {
        let wires: [WireAddress] = [
            .usbtmc(vendor: 1, product: 2, serial: nil), .hislip(host: "h", port: 4880, device: "hislip0"),
            .serial(device: "/dev/ttyUSB0", SerialFormat(baud: 12_345, format: "8N1")),
            .serial(device: "/dev/with blank", SerialFormat(baud: 9600, format: "8N1")),
        ]
        for wire in wires {
            let source = instrument("source", .referenceSource, "scpi-source", wire)
            let chain = chain([source], [SafeStep(instrument: "source", action: .voltageOff, within: 1)])
            #expect(chain.lines.isEmpty)
            #expect(chain.unguarded.first?.contains("cannot use the wire") == true, "\(chain.unguarded)")
        }
    }

    @Test("kill -9: a ZERA source on a serial line is switched off by the guard, although the host held the line")
    func killed() async throws {
        let bench = try await WiredFixture(steps: WaysOutTests.long) { base in
            let path = base + "/Benches/demo.yaml"
            let text = try WiredFixture.text(path)
            guard let old = text.firstRange(of: "    driver: scpi-source\n"),
                let end = text[old.upperBound...].firstRange(of: "    serial:")
            else { throw PeerError("the demonstration bench has no scpi-source") }
            let edited =
                text[..<old.lowerBound]
                + "    driver: zera-mt786\n    wire: { serial: \(base)/source, settings: 9600 8N2 }\n"
                + "    manufacturer: ZERA\n    model: MT786\n" + text[end.lowerBound...]
            try WiredFixture.write(edited, path)
        }
        let run = try bench.run()
        try await bench.journal(holds: "\"state\":\"settled\"")
        func voltages() async throws -> [Double] {
            try await bench.ask(15026, "MEAS:ALL?").split(separator: ",").prefix(3).compactMap { Double($0) }
        }
        #expect(try await voltages().allSatisfy { $0 > 200 })
        run.signal(SIGKILL)
        _ = try await run.finish(within: 300)
        var now = [230.0]
        for _ in 0..<200 where !now.allSatisfy({ $0 < 1 }) {
            try await Task.sleep(for: .milliseconds(50))
            now = try await voltages()
        }
        #expect(now.count == 3 && now.allSatisfy { $0 < 1 }, "\(now)")
    }
}
