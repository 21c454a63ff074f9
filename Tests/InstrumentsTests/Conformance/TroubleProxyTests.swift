import BenchCore
import TestSupport
import Testing

@testable import Instruments

/// Answers every line with its own words.
private struct Echo: WireProtocol {
    struct Session: WireSession {
        mutating func consume(_ buffer: inout [UInt8]) -> [WireReply] {
            guard let end = buffer.firstIndex(of: 10) else { return [] }
            let line = Array(buffer[...end])
            buffer.removeSubrange(...end)
            return [WireReply(bytes: line)]
        }
    }
    func session() -> any WireSession { Session() }
}

@Suite("Trouble proxy")
struct TroubleProxyTests {
    /// A client of the proxy: sends a line and returns what comes. It waits long for the bytes that are due, or for the end of the
    /// line, and 0.2 s for more.
    private final class Client {
        let stream: TCPStream
        init(_ proxy: TroubleProxy) throws {
            stream = try TCPStream(host: "127.0.0.1", port: proxy.port, within: 5, instrument: "client")
        }
        func ask(_ line: String, due: String? = nil, closing: Bool = false) -> (text: String, closed: Bool) {
            _ = stream.send(Array((line + "\n").utf8), until: WireTime.now + 5)
            return hear(due: due ?? line + "\n", closing: closing)
        }
        func hear(due: String, closing: Bool = false) -> (text: String, closed: Bool) {
            var bytes: [UInt8] = []
            func patience() -> Double { closing || bytes.count < due.utf8.count ? 20 : 0.2 }
            while WireTime.wait(for: stream.descriptor, 1, until: WireTime.now + patience(), unless: nil) == .ready {
                switch stream.receive() {
                case .bytes(let more): bytes += more
                case .nothing: continue
                case .closed: return (String(decoding: bytes, as: UTF8.self), true)
                }
            }
            return (String(decoding: bytes, as: UTF8.self), false)
        }
    }

    private func made() throws -> (LoopbackServer, TroubleProxy) {
        let server = try LoopbackServer(Echo())
        guard case .tcp(_, let port) = server.address else { throw PeerError("no port") }
        return (server, try TroubleProxy(to: port, front: .tcp))
    }

    @Test("without a plan everything passes, and exchanges are counted over connections")
    func passes() throws {
        let (server, proxy) = try made()
        defer { withExtendedLifetime(server) {} }
        #expect(try Client(proxy).ask("abcdef").text == "abcdef\n")
        #expect(try Client(proxy).ask("ghi").text == "ghi\n")
        #expect(proxy.exchanges == 2 && proxy.injected == 0)
    }

    @Test("each trouble does at its exchange what its name says, and nothing at the others")
    func troubles() throws {
        let (server, proxy) = try made()
        defer { withExtendedLifetime(server) {} }
        let cases: [(WireTrouble, String, Bool, String)] = [
            (.silence, "", false, "ghi\n"), (.half, "abc", false, "ghi\n"), (.halfThenClose, "abc", true, ""),
            (.closeBeforeAnswer, "", true, ""), (.closeAtRequest, "", true, ""),
            (.before([33]), "!abcdef\n", false, "ghi\n"), (.instead([33]), "!", false, "ghi\n"),
            (.after([33]), "abcdef\n!", false, "ghi\n"), (.duplicated, "abcdef\nabcdef\n", false, "ghi\n"),
            (.held, "", false, "abcdef\nghi\n"), (.pieces(0.05), "abcdef\n", false, "ghi\n"),
            (.delay(0.05), "abcdef\n", false, "ghi\n"),
            (.rewritten { $0.reversed() }, "\nfedcba", false, "ghi\n"),
            (.rewritten { _ in nil }, "abcdef\n", false, "ghi\n"),
        ]
        for (trouble, text, closed, next) in cases {
            let client = try Client(proxy)
            proxy.plan(trouble, at: 2)
            #expect(client.ask("first").text == "first\n")
            let answer = client.ask("abcdef", due: text, closing: closed)
            #expect(answer.text == text && answer.closed == closed, "\(trouble)")
            if !closed { #expect(client.ask("ghi", due: next).text == next, "\(trouble)") }
        }
        // All but the change that changes nothing.
        #expect(proxy.injected == cases.count - 1)
    }

    @Test("words without a question, a cut and a vanished place")
    func idle() throws {
        let (server, proxy) = try made()
        defer { withExtendedLifetime(server) {} }
        let client = try Client(proxy)
        #expect(client.ask("x").text == "x\n")
        proxy.say([65, 10])
        #expect(client.hear(due: "A\n").text == "A\n")
        proxy.cut()
        #expect(client.hear(due: "", closing: true).closed)
        #expect(try Client(proxy).ask("y").text == "y\n")
        proxy.vanish()
        #expect(throws: Fault.self) { try Client(proxy) }
    }
}
