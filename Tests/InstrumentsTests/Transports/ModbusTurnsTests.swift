import Testing

@testable import Instruments

@Suite("Whose turn it is on a line")
struct ModbusTurnsTests {
    private func order(_ waiting: [(unit: Int, urgent: Bool)]) -> [Int] {
        var turns = ModbusTurns<Int>()
        for (number, waiter) in waiting.enumerated() { turns.put(number, unit: waiter.unit, urgent: waiter.urgent) }
        var order: [Int] = []
        while let next = turns.next() { order.append(next) }
        return order
    }

    @Test("a unit with a hundred requests lets every other unit through after each of them")
    func fair() {
        let greedy = (0..<100).map { _ in (unit: 1, urgent: false) }
        let order = order(greedy + [(2, false), (3, false), (2, false)])
        #expect(order.count == 103)
        // Units 1, 2, 3, 1, 2, 1, 1 …
        #expect(Array(order.prefix(7)) == [0, 100, 101, 1, 102, 2, 3])
    }

    @Test("the requests of one unit keep their order")
    func inOrder() {
        let waiting = (0..<30).map { (unit: $0 % 3, urgent: false) }
        let order = order(waiting)
        for unit in 0..<3 { #expect(order.filter { $0 % 3 == unit } == order.filter { $0 % 3 == unit }.sorted()) }
        #expect(Set(order).count == 30)
    }

    @Test("a safe action goes before all others, and two of them in their order")
    func urgent() {
        #expect(order([(1, false), (2, false), (3, true), (1, true)]) == [2, 3, 0, 1])
    }

    @Test("a unit that comes late waits for one turn of each other unit at most")
    func late() {
        var turns = ModbusTurns<Int>()
        for number in 0..<10 { turns.put(number, unit: 1, urgent: false) }
        let first = turns.next()
        #expect(first == 0)
        turns.put(100, unit: 2, urgent: false)
        let following = [turns.next(), turns.next(), turns.next()]
        #expect(following == [1, 100, 2])
        #expect(turns.count == 7)
    }
}
