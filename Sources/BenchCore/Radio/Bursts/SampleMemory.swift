/// The last samples of a stream, for looking back at the edges of a burst; its length is fixed.
struct SampleMemory {
    /// I and Q by turns.
    private let room: UnsafeMutablePointer<Float>
    private let capacity: Int
    private let keep: Int
    /// Number of the first sample that is held, and of the one behind the last.
    private(set) var first = 0, end = 0

    /// For looking back `keep` samples.
    init(keep: Int, piece: Int) {
        self.keep = keep
        capacity = 2 * keep + piece
        // A filter may look at a few samples more than it counts.
        room = .allocate(capacity: 2 * capacity + 16)
        room.initialize(repeating: 0, count: 2 * capacity + 16)
    }

    func free() { room.deallocate() }

    /// Samples that can be taken at once.
    var space: Int { capacity - (end - first) }

    /// Adds samples, at most as many as there is space for after `forget`.
    mutating func append(_ samples: UnsafePointer<Float>, _ count: Int) {
        (room + 2 * (end - first)).update(from: samples, count: 2 * count)
        end += count
    }

    /// Lets go of all but the last samples.
    mutating func forget() {
        let drop = end - first - keep
        guard drop > 0 else { return }
        room.update(from: room + 2 * drop, count: 2 * keep)
        first += drop
    }

    /// The samples from a number on; it must be held.
    @inline(__always)
    func samples(from number: Int) -> UnsafePointer<Float> { UnsafePointer(room + 2 * (number - first)) }
}
