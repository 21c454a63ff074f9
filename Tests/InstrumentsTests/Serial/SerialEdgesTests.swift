import BenchCore
import Glibc
import Testing

@testable import Instruments

@Suite("Edges of modem lines")
struct SerialEdgesTests {
    /// Edges until so many have come, 20 s at most.
    private func take(_ count: Int, from edges: SerialEdges) throws -> [ModemEdge] {
        var taken: [ModemEdge] = []
        for _ in 0..<2000 where taken.count < count {
            taken += try edges.take()
            usleep(10_000)
        }
        return taken
    }

    @Test("each edge has its line, its level and a stamp between question and answer")
    func edges() throws {
        // The driver's count runs over: after 4 294 967 295 comes 0.
        let control = FakeSerialControl { $0.counts = [.dsr: UInt32.max] }
        let edges = try SerialEdges(line: 0, lines: .inputs, control: control, device: "line", instrument: "counter")
        let before = WireTime.now
        control.change(.dsr, high: true)
        let first = try take(1, from: edges)
        control.change(.dsr, high: false)
        let second = try take(1, from: edges)
        let after = WireTime.now
        edges.stop()
        #expect(first.map(\.line) == [.dsr] && first.map(\.high) == [true] && first.map(\.missed) == [0])
        #expect(second.map(\.line) == [.dsr] && second.map(\.high) == [false])
        #expect(first[0].time >= before && second[0].time >= first[0].time && second[0].time <= after)
    }

    @Test("edges that came too fast for a stamp of their own are counted as missed")
    func missed() throws {
        let control = FakeSerialControl()
        let edges = try SerialEdges(line: 0, lines: [.cts], control: control, device: "line", instrument: "counter")
        control.change(.cts, high: true, times: 5)
        let taken = try take(1, from: edges)
        edges.stop()
        #expect(taken.map(\.missed) == [4])
    }

    @Test("a port that goes away ends the listening with its error")
    func gone() throws {
        let control = FakeSerialControl()
        let edges = try SerialEdges(line: 0, lines: [.cts], control: control, device: "line", instrument: "counter")
        var byte: UInt8 = 0
        _ = write(control.edge, &byte, 1)
        #expect(throws: SystemTrouble(number: EIO)) { _ = try self.take(1, from: edges) }
        edges.stop()
    }

    @Test("a pseudo-terminal counts no edges, and says so")
    func pseudoTerminal() throws {
        let line = try TestLine()
        let descriptor = try SerialLock.open(line.path, instrument: "counter")
        defer { close(descriptor) }
        let fault = try #require(
            faultOf { try SerialEdges(line: descriptor, lines: [.cts], device: line.path, instrument: "counter") })
        #expect(fault.code == .refused && fault.detail.contains("TIOCGICOUNT"))
    }
}
