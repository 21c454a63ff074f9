import BenchCore
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Instruments

private let noError = Array("0,\"No error\"\n".utf8)

@Suite("SCPI connection")
struct SCPIConnectionTests {
    private func connection(_ server: ScriptedServer, response: Double = 10) -> SCPIConnection {
        SCPIConnection(
            host: "127.0.0.1", port: server.port, timeouts: WireTimeouts(connect: 10, response: response, late: 0))
    }

    @Test("an answer that comes in pieces is put together")
    func pieces() async throws {
        let server = try ScriptedServer { line, _ in line == "Q?" ? Array("1,\"a,b\",#13xyz".utf8) : Array(",2\n".utf8)
        }
        let wire = connection(server)
        // The second line, sent by the instrument's own time, is played by a second command in the same write.
        #expect(
            try await wire.query("Q?\nGO", for: "x") == [
                .word("1"), .text("a,b"), .block(Array("xyz".utf8)), .word("2"),
            ])
    }

    @Test("after a time-out the late answer is not taken for the next query's")
    func late() async throws {
        let server = try ScriptedServer { line, _ in
            if line == "SLOW?" {
                usleep(1_500_000)
                return Array("111\n".utf8)
            }
            return Array("222\n".utf8)
        }
        let wire = connection(server, response: 1)
        #expect(await faultCode { try await wire.query("SLOW?", for: "x") } == .timeout)
        for _ in 0..<3 { #expect(try await wire.query("FAST?", for: "x") == [.word("222")]) }
    }

    @Test("two answers to one query: the second is not taken for the next query's")
    func unasked() async throws {
        let server = try ScriptedServer { line, _ in Array(line == "TWICE?" ? "1\n1\n".utf8 : "2\n".utf8) }
        let wire = connection(server)
        #expect(try await wire.query("TWICE?", for: "x") == [.word("1")])
        #expect(try await wire.query("ONCE?", for: "x") == [.word("2")])
    }

    @Test("nobody listening: connection refused; a closed connection: lost, and made anew")
    func lost() async throws {
        let nobody = SCPIConnection(host: "127.0.0.1", port: try freePort())
        #expect(await faultCode { try await nobody.query("*IDN?", for: "x") } == .connectionRefused)
        let server = try ScriptedServer { line, _ in line == "DIE?" ? nil : Array("ok\n".utf8) }
        let wire = connection(server)
        #expect(await faultCode { try await wire.query("DIE?", for: "x") } == .connectionLost)
        #expect(try await wire.query("LIVE?", for: "x") == [.word("ok")])
    }

    @Test("an unreadable answer is a bad answer, and the next query starts afresh")
    func unreadable() async throws {
        let server = try ScriptedServer { line, _ in Array(line == "BAD?" ? "1,\"a\"b\n".utf8 : "4\n".utf8) }
        let wire = connection(server)
        #expect(await faultCode { try await wire.query("BAD?", for: "x") } == .badAnswer)
        #expect(try await wire.query("GOOD?", for: "x") == [.word("4")])
    }

    @Test("a refused command carries the instrument's own words, all of them")
    func refused() async throws {
        let queue = Mutex(["-222,\"Data out of range\"", "5,\"Amplifier hot\""])
        let server = try ScriptedServer { line, _ in
            guard line == "SYST:ERR?" else { return [] }
            return queue.withLock { $0.isEmpty ? noError : Array(($0.removeFirst() + "\n").utf8) }
        }
        let wire = connection(server)
        do {
            try await wire.command(["SOUR:FREQ 900"], for: "source")
            Issue.record("taken")
        } catch {
            let fault: Fault = error
            #expect(fault.code == .refused)
            for words in ["-222 «Data out of range»", "5 «Amplifier hot»", "SOUR:FREQ 900"] {
                #expect(fault.detail.contains(words), "\(fault.detail)")
            }
        }
        try await wire.command(["SOUR:FREQ 50"], for: "source")
    }

    @Test("a safe action does not wait for a hanging query")
    func urgent() async throws {
        let server = try ScriptedServer { line, _ in line == "SYST:ERR?" ? noError : [] }
        let wire = connection(server, response: 600)
        let ended = Mutex<Fault.Code?>(nil)
        async let hanging: Void = {
            let code = await faultCode { try await wire.query("HANG?", for: "source") }
            ended.withLock { $0 = code ?? .internalError }
        }()
        while ended.withLock({ $0 }) == nil { try await wire.urgentCommand(["OUTP:CURR OFF"], for: "source") }
        await hanging
        #expect(ended.withLock { $0 } == .cancelled)
        #expect(server.lines.contains("OUTP:CURR OFF"))
    }
}
