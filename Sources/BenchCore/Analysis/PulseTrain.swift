/// The edges of one pulse output in order, with what is odd about them repaired and reported.
///
/// The median interval is the measure: it stays right while fewer than half of the intervals are wrong. An edge that
/// comes less than 0.6 median intervals after the one before is a doubled edge and is set aside; an interval that
/// rounds to two, three … median intervals holds missing edges, and counts as that many pulses. So gates keep the right
/// count where the repair is right, and `findings` says that there was one: a verdict then waits for a clean train. A
/// train needs two intervals for anything to be noticed at all.
public struct PulseTrain: Sendable, Hashable {
    /// The edges that stand for a pulse, doubled ones left out.
    public let edges: [PulseEdge]
    /// Pulses from the first edge to each of `edges`, missing ones counted.
    public let pulses: [Int]
    /// The median interval, s; `nil` with fewer than two edges.
    public let interval: Double?
    /// What was noticed over all edges.
    public let findings: EdgeFindings

    /// The edges at or below this share of the median interval are doubled.
    static let shortest = 0.6

    /// A train from all edges of a channel in order of arrival.
    public init(_ all: [PulseEdge]) {
        let steps = zip(all, all.dropFirst()).map { $1.tick &- $0.tick }.sorted()
        guard !steps.isEmpty, case let median = Double(steps[steps.count / 2]), median > 0 else {
            edges = Array(all.prefix(1))
            pulses = edges.isEmpty ? [] : [0]
            interval = nil
            findings = EdgeFindings(missing: 0, double: max(0, all.count - 1), jitter: 0)
            return
        }
        var kept = [all[0]]
        var numbers = [0]
        var missing = 0
        var double = 0
        var clean: [Double] = []
        for edge in all.dropFirst() {
            let step = Double(edge.tick &- kept[kept.count - 1].tick)
            guard step > Self.shortest * median else {
                double += 1
                continue
            }
            let count = max(1, Int(min(step / median, 1e9).rounded()))
            missing += count - 1
            if count == 1 { clean.append(step) }
            kept.append(edge)
            numbers.append(numbers[numbers.count - 1] + count)
        }
        edges = kept
        pulses = numbers
        interval = median / 1e9
        findings = EdgeFindings(missing: missing, double: double, jitter: Self.spread(clean))
    }

    /// Standard deviation over mean; 0 with fewer than two numbers.
    private static func spread(_ steps: [Double]) -> Double {
        guard steps.count > 1, let s = Statistics.standardDeviation(steps) else { return 0 }
        return s / Statistics.mean(steps)
    }

    /// How many pulse intervals the train holds.
    public var intervals: Int { pulses.last ?? 0 }

    /// Contiguous gates of `pulses` intervals each, at most `count` of them: the first edge opens the first gate, and
    /// the edge that closes a gate opens the next. A gate whose last edge is missing runs to the next edge and counts
    /// what it holds.
    public func gates(of pulses: Int, count: Int) -> [PulseGate] {
        guard pulses > 0, count > 0, !edges.isEmpty else { return [] }
        var gates: [PulseGate] = []
        var begin = 0
        for i in edges.indices.dropFirst() where self.pulses[i] - self.pulses[begin] >= pulses {
            gates.append(
                PulseGate(pulses: self.pulses[i] - self.pulses[begin], first: edges[begin], last: edges[i]))
            if gates.count == count { break }
            begin = i
        }
        return gates
    }
}

extension PulseGate {
    /// How long the gate was open, s of the counter's clock.
    public var seconds: Double { Double(last.tick &- first.tick) / 1e9 }
    /// Pulses of the reference standard inside the gate.
    public var referenceCount: Double { last.referenceCount - first.referenceCount }

    /// Percentage error of the meter over the gate: (W_meter − W_ref)/W_ref·100 with W = pulses/constant
    /// (IEC 62052-11, definition of the percentage error; constants in imp/kWh).
    ///
    /// `nil` where the reference gave no pulses or a constant is not positive.
    public func error(meterConstant: Double, referenceConstant: Double) -> Double? {
        guard meterConstant > 0, referenceConstant > 0, referenceCount > 0 else { return nil }
        let reference = referenceCount / referenceConstant
        return 100 * (Double(pulses) / meterConstant - reference) / reference
    }
}
