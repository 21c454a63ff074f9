/// When frames of a reduced rate stand, after the first sample that came in.
struct FrameTimes: Sendable, Hashable {
    /// s of frame 0, and from one to the next.
    let start: Double, step: Double

    /// Every frame of a rate.
    init(start: Double, step: Double) {
        self.start = start
        self.step = step
    }

    /// The frames that a cascade makes of those of `rate`.
    init(_ cascade: HalfBandCascade, rate: Double) {
        self.init(start: cascade.centre / rate, step: Double(cascade.factor) / rate)
    }

    /// s of a place, and the place of a moment.
    func seconds(_ place: Double) -> Double { start + place * step }
    func place(_ seconds: Double) -> Double { (seconds - start) / step }
}
