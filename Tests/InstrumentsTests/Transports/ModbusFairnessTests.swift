import BenchCore
import Synchronization
import TestSupport
import Testing

@testable import Instruments

@Suite("64 meters on 16 lines")
struct ModbusFairnessTests {
    private static let request = ModbusRequest.readHoldingRegisters(address: 0, count: 1)

    /// Holds the threads of the lines until all requests wait.
    private final class Gate: Sendable {
        private let open = Atomic<Bool>(false), waiting = Atomic<Int>(0)
        var held: Int { waiting.load(ordering: .acquiring) }
        func release() { open.store(true, ordering: .releasing) }
        func pass() {
            waiting.add(1, ordering: .releasing)
            while !open.load(ordering: .acquiring) { WireTime.pause(0.002) }
        }
    }

    @Test("a greedy meter and a dead one starve nobody")
    func fair() async throws {
        let gate = Gate()
        // Unit 2 of the first line is dead.
        let peers = try (0..<16).map { line in
            try ScriptedLine { _, request in
                return line == 0 && request[0] == 2 ? [] : [WireReply(bytes: ScriptedLine.answer(request))]
            }
        }
        // Unit 1 of each line wants twelve answers at once, the others three each.
        let wanted = [1: 12, 2: 3, 3: 3, 4: 3]
        let lines = peers.map { ModbusLine($0.address, timeouts: WireTimeouts(connect: 10, response: 2.5, late: 0)) }
        for line in lines { _ = try await line.exchange(Self.request, unit: 4, for: "opens") }
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { gate.release() }
            for line in lines { group.addTask { await line.hold { gate.pass() } } }
            try await wait { gate.held == 16 }
            // Every line's thread is held: the requests can only wait.
            for line in lines {
                for (unit, count) in wanted {
                    for _ in 0..<count {
                        group.addTask {
                            do throws(Fault) {
                                let answer = try await line.exchange(Self.request, unit: unit, for: "unit \(unit)")
                                #expect(answer == .words([UInt16(unit)]))
                            } catch {
                                #expect(error.code == .timeout && unit == 2 && line === lines[0], "\(error)")
                            }
                        }
                    }
                }
            }
            for line in lines { try await wait { line.jobsWaiting >= 21 } }
            gate.release()
            try await group.waitForAll()
        }
        for (index, (line, peer)) in zip(lines, peers).enumerated() {
            let order = peer.requests.map(\.unit)
            #expect(order.count == 22, "line \(index): \(order)")
            // One unit came first; from then on each round serves every unit that still waits, once.
            var left = wanted
            left[order[1], default: 0] -= 1
            var at = 2
            while at < order.count {
                let waiting = Set(left.filter { $0.value > 0 }.keys)
                let round = order[at..<min(order.count, at + waiting.count)]
                #expect(Set(round) == waiting, "line \(index): \(order)")
                for unit in waiting { left[unit, default: 0] -= 1 }
                at += waiting.count
            }
            let tally = await line.tally()
            for (unit, count) in wanted {
                let dead = index == 0 && unit == 2
                #expect(tally[unit]?.requests == count + (unit == 4 ? 1 : 0))
                #expect(tally[unit]?.answers == (dead ? 0 : count + (unit == 4 ? 1 : 0)))
                #expect(tally[unit]?.faults == (dead ? [.timeout: 3] : [:]))
            }
        }
    }

    /// Waits for something that comes soon; a test that waits for ever says nothing.
    private func wait(_ condition: @escaping @Sendable () -> Bool) async throws {
        for _ in 0..<12_000 where !condition() { try await blocking { WireTime.pause(0.005) } }
        try #require(condition())
    }
}

extension ModbusLine {
    /// Runs something on the line's own thread.
    fileprivate func hold(_ body: () -> Void) { body() }
}
