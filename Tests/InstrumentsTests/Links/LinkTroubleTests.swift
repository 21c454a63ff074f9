import BenchCore
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Instruments

@Suite("VXI-11 and HiSLIP with trouble on the way")
struct LinkTroubleTests {
    private func connection(_ address: WireAddress, response: Double) -> SCPIConnection {
        SCPIConnection(wire: address, timeouts: WireTimeouts(connect: 5, response: response, late: 0))
    }

    /// What a server says to a client that opens a connection and asks `ECHO? 1`, by connection.
    private func conversation(_ kind: LinkKind, _ server: LinkLoopback) async throws -> [Int: [UInt8]] {
        let said = Mutex<[Int: [UInt8]]>([:])
        let relay = try TroubleRelay(to: server.address.tcpPort) { connection, _, bytes in
            said.withLock { $0[connection, default: []] += bytes }
            return (bytes, false)
        }
        let wire = connection(server.address.through(relay.port), response: 10)
        #expect(try await wire.query("ECHO? 1", for: "x") == [.word("1")])
        return said.withLock { $0 }
    }

    @Test(
        "the connection is cut after each byte the server says: a fault each time, and then the next question is right",
        arguments: LinkKind.allCases)
    func cut(kind: LinkKind) async throws {
        let server = try kind.serve()
        let whole = try await conversation(kind, server)
        var cuts = 0
        for (connection, bytes) in whole.sorted(by: { $0.key < $1.key }) {
            for length in 0..<bytes.count {
                let done = Mutex(false)
                let relay = try TroubleRelay(to: server.address.tcpPort) { number, before, next in
                    guard number == connection, !done.withLock({ $0 }) else { return (next, false) }
                    if before + next.count <= length { return (next, false) }
                    // What is allowed still arrives, then the end.
                    let rest = Array(next.prefix(max(0, length - before)))
                    done.withLock { $0 = true }
                    return (rest, true)
                }
                let wire = self.connection(server.address.through(relay.port), response: 0.2)
                let code = await faultCode { try await wire.query("ECHO? 1", for: "x") }
                #expect(code != nil, "cut after \(length) bytes of connection \(connection)")
                #expect(
                    try await wire.query("ECHO? 2", for: "x") == [.word("2")], "after \(length) bytes of \(connection)")
                cuts += 1
            }
        }
        #expect(cuts == whole.values.reduce(0) { $0 + $1.count })
    }

    // Only bytes of headers: no LAN transport has a check sum over its data but TCP's own.
    @Test(
        "each byte of the header of an answer is spoilt: a fault or the right answer, never a wrong one",
        arguments: LinkKind.allCases)
    func garbage(kind: LinkKind) async throws {
        let server = try kind.serve()
        let whole = try await conversation(kind, server)
        // The first connection carries the answers; its last record is the answer to the question: header and «1\n» (VXI-11
        // pads it to four bytes).
        let answers = try #require(whole[1])
        let tail = kind == .vxi11 ? 4 : 2
        let header = kind == .vxi11 ? 40 : 16
        let begin = answers.count - tail - header
        for at in begin..<(answers.count - tail) {
            let spoilt = Mutex(false)
            let relay = try TroubleRelay(to: server.address.tcpPort) { number, before, next in
                guard number == 1, at >= before, at < before + next.count else { return (next, false) }
                var changed = next
                changed[at - before] ^= 0x55
                spoilt.withLock { $0 = true }
                return (changed, false)
            }
            let wire = connection(server.address.through(relay.port), response: 0.2)
            let answer = try? await wire.query("ECHO? 1", for: "x")
            #expect(answer == nil || answer == [.word("1")], "byte \(at - begin) of the header")
            #expect(spoilt.withLock { $0 })
            #expect(try await wire.query("ECHO? 2", for: "x") == [.word("2")], "byte \(at - begin) of the header")
        }
    }

    @Test(
        "an answer that stands still in the middle is a time-out, and then the next question is right",
        arguments: LinkKind.allCases)
    func half(kind: LinkKind) async throws {
        let server = try kind.serve()
        let held = Mutex(0)
        let relay = try TroubleRelay(to: server.address.tcpPort) { number, _, next in
            // The rest of this connection is swallowed.
            guard number == 1, next.count > 900 || held.withLock({ $0 }) > 0 else { return (next, false) }
            held.withLock { $0 += 1 }
            return (held.withLock { $0 } == 1 ? Array(next.prefix(500)) : [], false)
        }
        let wire = connection(server.address.through(relay.port), response: 0.5)
        #expect(await faultCode { try await wire.query("BIG? 5000", for: "x") } == .timeout)
        #expect(try await wire.query("ECHO? 2", for: "x") == [.word("2")])
        #expect(await wire.generation == 2)
    }

    @Test("a HiSLIP server whose asynchronous channel is silent is a time-out that says so")
    func silentChannel() async throws {
        let server = try LinkLoopback.hislip(TalkingInstrument())
        let relay = try TroubleRelay(to: server.address.tcpPort) { number, _, next in (number == 2 ? [] : next, false) }
        let wire = SCPIConnection(
            wire: server.address.through(relay.port), timeouts: WireTimeouts(connect: 0.5, response: 10, late: 0))
        var fault: Fault?
        do { _ = try await wire.query("*IDN?", for: "x") } catch { fault = error }
        #expect(fault?.code == .timeout)
        #expect(fault?.detail.contains("AsyncInitialize") == true, "\(String(describing: fault))")
    }

    @Test("a HiSLIP server that stops answering its asynchronous channel costs the session, not the next answer")
    func deafClear() async throws {
        let server = try LinkLoopback.hislip(TalkingInstrument())
        // AsyncInitializeResponse (16 bytes) and the size (24 bytes) pass; the acknowledge of the clear does not.
        let relay = try TroubleRelay(to: server.address.tcpPort) { number, before, next in
            (number == 2 && before >= 40 ? [] : next, false)
        }
        let wire = connection(server.address.through(relay.port), response: 0.3)
        #expect(await faultCode { try await wire.query("DEAF?", for: "x") } == .timeout)
        #expect(try await wire.query("ECHO? 3", for: "x") == [.word("3")])
        #expect(await wire.generation == 2)
    }

    @Test("a server that speaks something else is a bad answer", arguments: LinkKind.allCases)
    func other(kind: LinkKind) async throws {
        let server = try kind.serve()
        let relay = try TroubleRelay(to: server.address.tcpPort) { _, _, _ in
            (Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8), false)
        }
        let wire = connection(server.address.through(relay.port), response: 1)
        #expect(await faultCode { try await wire.query("*IDN?", for: "x") } == .badAnswer)
    }

    @Test(
        "an announced length beyond all reason ends the session at once, without waiting for it",
        arguments: LinkKind.allCases)
    func oversize(kind: LinkKind) async throws {
        let server = try kind.serve()
        let whole = try await conversation(kind, server)
        let tail = kind == .vxi11 ? 44 : 18
        let begin = (whole[1]?.count ?? 0) - tail
        let relay = try TroubleRelay(to: server.address.tcpPort) { number, before, next in
            guard number == 1, before <= begin, begin < before + next.count else { return (next, false) }
            var changed = next
            // VXI-11: the record's length, the mark of the last fragment left as it is; HiSLIP: the payload's.
            changed[begin - before + (kind == .vxi11 ? 1 : 8)] = 0x7F
            return (changed, false)
        }
        let wire = connection(server.address.through(relay.port), response: 20)
        #expect(await faultCode { try await wire.query("ECHO? 1", for: "x") } == .brokenFrame)
        #expect(try await wire.query("ECHO? 2", for: "x") == [.word("2")])
    }
}
