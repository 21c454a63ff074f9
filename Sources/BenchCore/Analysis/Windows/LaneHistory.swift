/// The newest frames of eight channels (two vectors each) in one run of memory, found by their number since the start.
final class LaneHistory {
    /// Vectors in a frame.
    let width: Int
    /// Frames that are kept at least, and the number of one that stays with all that follow; at most as many as the history was made for.
    var least: Int, needed = Int.max
    private let memory: UnsafeMutablePointer<Lanes>
    private let capacity: Int, holding: Int
    /// Number of the oldest frame held, and of the one that comes next.
    private(set) var first = 0, end = 0

    /// A history that can hold `holding` frames, and takes `most` at once.
    init(width: Int, holding: Int, most: Int) {
        self.width = width
        least = holding
        self.holding = holding
        capacity = holding + holding / 2 + 2 * most
        memory = .lanes(width * capacity)
    }

    deinit { memory.deallocate() }

    /// Where the next frames are to be written, `frames` of them at most.
    func room(_ frames: Int) -> UnsafeMutablePointer<Lanes> {
        if end - first + frames > capacity {
            // What is moved once in a while is little beside what comes meanwhile.
            let kept = min(holding, end - first, max(least, end - needed))
            memory.update(from: memory + width * (end - kept - first), count: width * kept)
            first = end - kept
        }
        return memory + width * (end - first)
    }

    /// So many of them were written.
    func append(_ frames: Int) { end += frames }

    /// The frame of that number, which is held.
    @inline(__always)
    func frame(_ number: Int) -> UnsafeMutablePointer<Lanes> { memory + width &* (number &- first) }

    /// Whether everything from one place to another is held.
    func holds(_ from: Double, _ to: Double) -> Bool {
        from >= Double(first) && to <= Double(end - 1) && from <= to
    }
}
