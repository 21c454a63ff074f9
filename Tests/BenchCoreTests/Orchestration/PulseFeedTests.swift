import Synchronization
import Testing

@testable import BenchCore

/// A counter that knows beforehand when its edges come, in bench seconds.
final class PlannedCounter: PulseCounter {
    let id = "counter"
    let time: any Timekeeper
    let moments: [Double]
    let forgets: Int
    private let count = Mutex(0)
    init(_ time: any Timekeeper, _ moments: [Double], forgets: Int = 0) {
        self.time = time
        self.moments = moments
        self.forgets = forgets
    }
    var polls: Int { count.withLock { $0 } }
    func identify() async throws -> InstrumentIdentity {
        InstrumentIdentity(manufacturer: "", model: "", serial: "", firmware: "", simulated: true)
    }
    func arm(channels: [Int]) async throws {}
    func disarm() async throws {}
    func edges(channel: Int, from: Int) async throws -> EdgeBlock {
        count.withLock { $0 += 1 }
        let now = time.now.seconds
        let there = moments.prefix { $0 <= now }
        let begin = max(from, min(forgets, there.count))
        let block = there[begin...].prefix(1000).map {
            PulseEdge(tick: Int64(($0 * 1e9).rounded()), referenceCount: $0 * 100)
        }
        return EdgeBlock(
            edges: block, next: begin + block.count, overrun: from < begin, now: Int64((now * 1e9).rounded()))
    }
}

@Suite struct PulseFeedTests {
    private func collect(
        _ moments: [Double], intervals: Int, nominal: Double, forgets: Int = 0
    ) throws -> (result: Result<PulseTrain, any Error>, polls: Int, seconds: Double) {
        let time = VirtualTime()
        let counter = PlannedCounter(time, moments, forgets: forgets)
        let result: Result<PulseTrain, any Error> = try time.run {
            var feed = PulseFeed(counter, channel: 1, time: time, name: "position 1")
            do {
                return .success(try await feed.collect(intervals: intervals, interval: nominal) { _ in })
            } catch { return .failure(error) }
        }
        return (result, counter.polls, time.now.seconds)
    }

    private func code(_ result: Result<PulseTrain, any Error>) -> Fault.Code? {
        if case .failure(let error as PositionFault) = result { error.fault.code } else { nil }
    }

    @Test("A steady train is fetched with a handful of polls, and the last soon after the last edge")
    func steady() throws {
        // 50 intervals of 2.003 s, nominally 2 s; first edge after 1.7 s.
        let moments = (0...80).map { 1.7 + 2.003 * Double($0) }
        let (result, polls, seconds) = try collect(moments, intervals: 50, nominal: 2)
        #expect(try result.get().intervals >= 50)
        #expect(polls <= 10)
        let last = 1.7 + 2.003 * 50
        #expect(seconds >= last && seconds < last + 0.05)
    }

    @Test("A train of twenty thousand edges is fetched block by block")
    func long() throws {
        let moments = (0...20_100).map { 0.01 + 0.01 * Double($0) }
        let (result, polls, _) = try collect(moments, intervals: 20_000, nominal: 0.01)
        #expect(try result.get().intervals >= 20_000)
        #expect(polls < 40)
    }

    @Test("No edge at all is a fault of the position after two and a half intervals")
    func none() throws {
        let (result, _, seconds) = try collect([], intervals: 3, nominal: 10)
        #expect(code(result) == .noPulses)
        #expect((25...31).contains(seconds))
    }

    @Test("A train that breaks off is a gap")
    func gap() throws {
        let (result, _, _) = try collect([1, 3, 5, 7], intervals: 50, nominal: 2)
        #expect(code(result) == .pulseGap)
    }

    @Test("A meter ten times too fast or half as fast as its nameplate is measured all the same")
    func wrongConstant() throws {
        let fast = try collect((0...200).map { 0.1 + 0.2 * Double($0) }, intervals: 5, nominal: 2)
        #expect(try fast.result.get().intervals >= 5)
        let slow = try collect((0...20).map { 3 + 4 * Double($0) }, intervals: 5, nominal: 2)
        #expect(try slow.result.get().intervals == 5)
    }

    @Test("Edges that the counter has forgotten are an overrun")
    func overrun() throws {
        let (result, _, _) = try collect((0...20).map { Double($0) }, intervals: 10, nominal: 1, forgets: 5)
        #expect(code(result) == .pulseOverrun)
    }
}
