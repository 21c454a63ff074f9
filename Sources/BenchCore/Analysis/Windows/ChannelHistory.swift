/// The last samples of one channel, found by their number since the start.
struct ChannelHistory: Sendable {
    private(set) var samples: [Double] = []
    /// Number of the first sample kept.
    private(set) var first = 0

    /// Number of the sample that comes next.
    var end: Int { first + samples.count }

    mutating func append(_ more: [Double]) { samples += more }
    mutating func append(_ more: UnsafeBufferPointer<Double>) { samples.append(contentsOf: more) }

    /// Forgets what lies before a number. Done in large steps, so that a sample moves once or twice at most.
    mutating func forget(before number: Int) {
        let count = min(number - first, samples.count)
        guard count > samples.count / 2 else { return }
        samples.removeFirst(count)
        first += count
    }
}
