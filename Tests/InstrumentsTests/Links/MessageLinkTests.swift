import BenchCore
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Instruments

@Suite("VXI-11 and HiSLIP, our client with our server")
struct MessageLinkTests {
    private func connection(_ address: WireAddress, response: Double = 10) -> SCPIConnection {
        SCPIConnection(wire: address, timeouts: WireTimeouts(connect: 10, response: response, late: 0))
    }

    @Test("questions are answered, commands taken, and the errors read", arguments: LinkKind.allCases)
    func exchange(kind: LinkKind) async throws {
        let server = try kind.serve()
        let wire = connection(server.address)
        #expect(
            try await wire.query("*IDN?", for: "x") == [
                .word("MeterBench"), .word("Talking instrument"), .word("7"), .word("1"),
            ])
        try await wire.command(["*TRG", "*TRG"], for: "x")
        #expect(try await wire.query("TRG?", for: "x") == [.word("2")])
        #expect(await wire.generation == 1)
    }

    // The servers take 1024 bytes at once: commands and (HiSLIP) answers travel in pieces.
    @Test(
        "long commands and long answers go in pieces and come whole", arguments: LinkKind.allCases,
        [1, 1007, 1008, 1024, 1025, 100_000])
    func long(kind: LinkKind, count: Int) async throws {
        let server = try kind.serve()
        let wire = connection(server.address, response: 30)
        let text = "LENGTH? " + String(repeating: "a", count: count)
        #expect(try await wire.query(text, for: "x") == [.word(String(count + 8))])
        #expect(try await wire.query("BIG? \(count)", for: "x") == [.block(TalkingInstrument.pattern(count))])
    }

    @Test("a block of three megabytes comes whole", arguments: LinkKind.allCases)
    func megabytes(kind: LinkKind) async throws {
        let server = try kind.serve()
        let wire = connection(server.address, response: 60)
        #expect(try await wire.query("BIG? 3000000", for: "x") == [.block(TalkingInstrument.pattern(3_000_000))])
    }

    @Test(
        "after a time-out the device is cleared on the same connection, and the late answer is never taken for the next one",
        arguments: LinkKind.allCases)
    func late(kind: LinkKind) async throws {
        let server = try kind.serve()
        let wire = connection(server.address, response: 1)
        for _ in 0..<3 {
            #expect(await faultCode { try await wire.query("SLOW? 1.6,111", for: "x") } == .timeout)
            for number in 0..<10 {
                #expect(try await wire.query("ECHO? \(number)", for: "x") == [.word(String(number))])
            }
        }
        try await Task.sleep(for: .milliseconds(700))
        #expect(try await wire.query("ECHO? 5", for: "x") == [.word("5")])
        #expect(await wire.generation == 1)
    }

    @Test("a safe action does not wait for a hanging question, and the connection stays", arguments: LinkKind.allCases)
    func urgent(kind: LinkKind) async throws {
        let server = try kind.serve()
        let wire = connection(server.address, response: 600)
        _ = try await wire.query("*IDN?", for: "x")
        let ended = Mutex<Fault.Code?>(nil)
        async let hanging: Void = {
            let code = await faultCode { try await wire.query("DEAF?", for: "x") }
            ended.withLock { $0 = code ?? .internalError }
        }()
        while ended.withLock({ $0 }) == nil { try await wire.urgentCommand(["*TRG"], for: "x") }
        await hanging
        #expect(ended.withLock { $0 } == .cancelled)
        #expect(await wire.generation == 1)
    }

    @Test(
        "the status byte tells whether an answer waits, while the instrument is asked nothing",
        arguments: LinkKind.allCases)
    func status(kind: LinkKind) async throws {
        let server = try kind.serve()
        try await blocking {
            let port = try kind.open(server.address)
            let soon = WireTime.now + 20
            #expect(try port.statusByte(until: soon) == 0)
            try port.send(Array("ECHO? 1\n".utf8), until: soon)
            var status: UInt8 = 0
            while status == 0, WireTime.now < soon { status = try port.statusByte(until: soon) }
            // IEEE 488.2-1992, 11.2.1.2: bit 4.
            #expect(status == 0x10)
            let answer = try port.receive(until: soon, unless: nil)
            #expect(answer == PortBytes(bytes: Array("1\n".utf8), end: true))
            #expect(try port.statusByte(until: soon) == 0)
        }
    }

    @Test("trigger, remote and local are confirmed by the instrument", arguments: LinkKind.allCases)
    func trigger(kind: LinkKind) async throws {
        let server = try kind.serve()
        try await blocking {
            let port = try kind.open(server.address)
            let soon = WireTime.now + 20
            try port.remote(true, until: soon)
            for _ in 0..<3 { try port.trigger(until: soon) }
            try port.send(Array("TRG?\n".utf8), until: soon)
            #expect(try port.receive(until: soon, unless: nil).bytes == Array("3\n".utf8))
            try port.remote(false, until: soon)
        }
    }

    @Test("a locked instrument is closed to everybody else until it is given free", arguments: LinkKind.allCases)
    func locks(kind: LinkKind) async throws {
        let server = try kind.serve()
        try await blocking {
            let soon = WireTime.now + 20
            let one = try kind.open(server.address)
            let other = try kind.open(server.address)
            #expect(try one.lock(until: soon))
            #expect(try !other.lock(until: WireTime.now + 0.3))
            var trouble: PortTrouble?
            do throws(PortTrouble) {
                try other.send(Array("ECHO? 1\n".utf8), until: soon)
                _ = try other.receive(until: soon, unless: nil)
            } catch { trouble = error }
            guard case .broken(let words) = trouble else {
                Issue.record("the locked instrument answered: \(String(describing: trouble))")
                return
            }
            #expect(words.contains("locked"))
            try one.unlock(until: soon)
            #expect(try other.lock(until: soon))
        }
    }

    @Test("a lock goes with its connection", arguments: LinkKind.allCases)
    func lockEnds(kind: LinkKind) async throws {
        let server = try kind.serve()
        try await blocking {
            let soon = WireTime.now + 20
            do {
                let one = try kind.open(server.address)
                #expect(try one.lock(until: soon))
            }
            let other = try kind.open(server.address)
            // The server learns of the end in its own time.
            var locked = false
            while !locked, WireTime.now < soon { locked = try other.lock(until: WireTime.now + 0.3) }
            #expect(locked)
        }
    }

    @Test("a device that is not there, and a port where nobody listens", arguments: LinkKind.allCases)
    func missing(kind: LinkKind) async throws {
        let server = try kind.serve()
        let port = server.address.tcpPort
        let wrong: WireAddress =
            kind == .vxi11
            ? .vxi11(host: "127.0.0.1", device: "gpib0,9", port: port)
            : .hislip(host: "127.0.0.1", port: port, device: "hislip7")
        #expect(await faultCode { try await self.connection(wrong).query("*IDN?", for: "x") } == .badAnswer)
        let nobody = server.address.through(try freePort())
        #expect(await faultCode { try await self.connection(nobody).query("*IDN?", for: "x") } == .connectionRefused)
    }

    @Test("the port mapper is asked where no port is given, and says when it knows no VXI-11")
    func portMapper() async throws {
        let server = try LinkLoopback.vxi11(TalkingInstrument(), device: "gpib0,5")
        let times = WireTimeouts(connect: 10, response: 10, late: 0)
        try await blocking {
            let port = try VXI11Port(
                host: "127.0.0.1", device: "gpib0,5", portMapper: server.portMapper, timeouts: times, instrument: "x",
                tap: nil)
            try port.send(Array("ECHO? 7\n".utf8), until: WireTime.now + 10)
            #expect(try port.receive(until: WireTime.now + 10, unless: nil).bytes == Array("7\n".utf8))
            // A program that answers RPC but is no port mapper.
            let fault = try #require(
                faultOf {
                    try VXI11Port(
                        host: "127.0.0.1", device: "gpib0,5", portMapper: server.address.tcpPort, timeouts: times,
                        instrument: "x", tap: nil)
                })
            #expect(fault.code == .badAnswer && fault.detail.contains("the program is not served there"), "\(fault)")
        }
    }
}
