import Testing

@testable import BenchCore

@Suite("Trains of pulse edges")
struct PulseTrainTests {
    /// Edges one second apart with a jitter, the reference counting 1000 a second.
    static func regular(_ count: Int, jitter: Double = 0, seed: UInt64 = 1) -> [PulseEdge] {
        var random = SeededGenerator(seed: seed)
        return (0..<count).map { i in
            let t = Double(i) + random.normal(mean: 0, standardDeviation: jitter)
            return PulseEdge(tick: Int64((t * 1e9).rounded()), referenceCount: 1000 * t)
        }
    }

    @Test("the error from pulses and reference pulses is that of the definition")
    func definition() throws {
        // a-accuracy.json, test case error-from-pulses: 10 imp of 1000 imp/kWh, 99 800 imp of 10⁷ imp/kWh: +0.200401 %.
        let gate = PulseGate(
            pulses: 10, first: PulseEdge(tick: 0, referenceCount: 500),
            last: PulseEdge(tick: 1_000_000_000, referenceCount: 100_300))
        let error = try #require(gate.error(meterConstant: 1000, referenceConstant: 10_000_000))
        #expect(abs(error - 0.200401) < 5e-7)
        #expect(gate.error(meterConstant: 0, referenceConstant: 1) == nil)
        #expect(
            PulseGate(pulses: 1, first: gate.last, last: gate.first).error(meterConstant: 1, referenceConstant: 1)
                == nil)
    }

    @Test("a clean train has no findings, and its gates are contiguous")
    func clean() {
        let train = PulseTrain(Self.regular(31))
        #expect(train.findings == EdgeFindings(missing: 0, double: 0, jitter: 0))
        #expect(train.intervals == 30 && train.interval == 1)
        let gates = train.gates(of: 10, count: 5)
        #expect(gates.map(\.pulses) == [10, 10, 10])
        #expect(zip(gates, gates.dropFirst()).allSatisfy { $0.last == $1.first })
        #expect(gates[0].first == train.edges[0] && gates[2].last == train.edges[30])
        #expect(train.gates(of: 10, count: 2).count == 2)
        #expect(train.gates(of: 31, count: 1).isEmpty)
        #expect(train.gates(of: 0, count: 1).isEmpty)
    }

    @Test("jitter is the standard deviation of the interval over its mean")
    func jitter() {
        // The interval between edges with jitter σ scatters by √2·σ.
        let train = PulseTrain(Self.regular(4000, jitter: 0.01))
        #expect(train.findings.missing == 0 && train.findings.double == 0)
        #expect(abs(train.findings.jitter / (0.01 * 2.0.squareRoot()) - 1) < 0.05)
    }

    @Test("missing edges are counted, and a gate over them keeps its count", arguments: 1...3)
    func missing(gap: Int) throws {
        var edges = Self.regular(31, jitter: 0.005)
        edges.removeSubrange(14..<14 + gap)
        let train = PulseTrain(edges)
        #expect(train.findings.missing == gap && train.findings.double == 0)
        #expect(train.intervals == 30)
        for gate in train.gates(of: 5, count: 6) {
            let error = try #require(gate.error(meterConstant: 1, referenceConstant: 1000))
            #expect(abs(error) < 2)
        }
    }

    @Test("a gate whose closing edge is missing runs to the next edge and counts what it holds")
    func missingEnd() {
        var edges = Self.regular(21)
        edges.remove(at: 10)
        #expect(PulseTrain(edges).gates(of: 10, count: 2).map(\.pulses) == [11])
        #expect(PulseTrain(edges).gates(of: 5, count: 9).map(\.pulses) == [5, 6, 5])
    }

    @Test("doubled edges are set aside wherever they fall", arguments: [0.001, 0.2, 0.5])
    func doubled(after: Double) {
        var edges = Self.regular(21)
        for i in [3, 10, 20].reversed() {
            let t = Double(i) + after
            edges.insert(PulseEdge(tick: Int64(t * 1e9), referenceCount: 1000 * t), at: i + 1)
        }
        let train = PulseTrain(edges)
        #expect(train.findings.double == 3 && train.findings.missing == 0)
        #expect(train.edges == Self.regular(21))
        #expect(train.gates(of: 10, count: 2).map(\.pulses) == [10, 10])
    }

    @Test("up to a third of edges missing or doubled at random are all found, and never silently miscounted")
    func random() {
        var random = SeededGenerator(seed: 11)
        for trial in 0..<200 {
            let clean = Self.regular(60, jitter: 0.02, seed: UInt64(trial))
            var edges: [PulseEdge] = []
            var lost = 0
            var extra = 0
            for (i, edge) in clean.enumerated() {
                let dice = random.uniform()
                if dice < 0.15, i > 0, i < 59 {
                    lost += 1
                    continue
                }
                edges.append(edge)
                if dice > 0.85 {
                    extra += 1
                    edges.append(PulseEdge(tick: edge.tick + 20_000_000, referenceCount: edge.referenceCount + 20))
                }
            }
            let train = PulseTrain(edges)
            #expect(train.findings.missing == lost && train.findings.double == extra, "trial \(trial)")
            #expect(train.intervals == 59)
        }
    }

    @Test("no edge, one edge and edges at one instant make no interval")
    func degenerate() {
        #expect(PulseTrain([]).intervals == 0 && PulseTrain([]).gates(of: 1, count: 1).isEmpty)
        #expect(PulseTrain(Self.regular(1)).interval == nil)
        let same = PulseTrain([PulseEdge](repeating: PulseEdge(tick: 5, referenceCount: 1), count: 4))
        #expect(same.findings.double == 3 && same.intervals == 0)
        // A clock that goes backwards is a doubled edge, not a trap.
        let back = PulseTrain(Self.regular(5) + Self.regular(2))
        #expect(back.findings.double == 2)
        // Ticks at both ends of the clock do not trap either.
        let ends = [Int64.min, 0, 1, Int64.max].map { PulseEdge(tick: $0, referenceCount: 0) }
        #expect(PulseTrain(ends).edges.first == ends[0])
        #expect(PulseGate(pulses: 1, first: ends[0], last: ends[3]).seconds.isFinite)
    }
}
