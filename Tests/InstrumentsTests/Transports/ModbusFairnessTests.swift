import BenchCore
import Synchronization
import TestSupport
import Testing

@testable import Instruments

@Suite("64 meters on 16 lines")
struct ModbusFairnessTests {
    private static let request = ModbusRequest.readHoldingRegisters(address: 0, count: 1)

    /// Holds the first answer of each line back until all requests wait.
    private final class Gate: Sendable {
        private let open = Atomic<Bool>(false)
        func release() { open.store(true, ordering: .releasing) }
        func pass() { while !open.load(ordering: .acquiring) { WireTime.pause(0.002) } }
    }

    @Test("a greedy meter and a dead one starve nobody")
    func fair() async throws {
        let gate = Gate()
        // Unit 2 of the first line is dead.
        let peers = try (0..<16).map { line in
            try ScriptedLine { number, request in
                if number == 1 { gate.pass() }
                return line == 0 && request[0] == 2 ? [] : [WireReply(bytes: ScriptedLine.answer(request))]
            }
        }
        // Unit 1 of each line wants twelve answers at once, the others three each.
        let wanted = [1: 12, 2: 3, 3: 3, 4: 3]
        let lines = peers.map { ModbusLine($0.address, timeouts: WireTimeouts(connect: 10, response: 2.5, late: 0)) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for line in lines {
                group.addTask { _ = try await line.exchange(Self.request, unit: 4, for: "opens") }
            }
            for peer in peers { while peer.requests.isEmpty { try await blockingPause() } }
            // Every line is held by its first request: the others can only wait.
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
            for line in lines { while line.jobsWaiting < 21 { try await blockingPause() } }
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

    private func blockingPause() async throws { try await blocking { WireTime.pause(0.005) } }
}
