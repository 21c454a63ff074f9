/// Running sums of eight channels U1 U2 U3 Un I1 I2 I3 In: everything that effective values and active powers are made of.
///
/// Works on raw numbers as they lie in the ring, frame after frame; scales come in when values are asked for. The hot loop has no branch and no call:
/// one frame is one load.
public struct PowerSums: Sendable, Hashable {
    /// Frames summed so far.
    public private(set) var frames = 0
    private var u = Lanes.zero, i = Lanes.zero, uu = Lanes.zero, ii = Lanes.zero, ui = Lanes.zero

    /// Nothing yet.
    public init() {}

    /// Adds frames of eight numbers each.
    @inline(never)
    public mutating func add(_ numbers: UnsafePointer<Int32>, frames count: Int) {
        let raw = UnsafeRawPointer(numbers)
        // Two sets of sums, so that one addition need not wait for the one before.
        var u0 = u, i0 = i, uu0 = uu, ii0 = ii, ui0 = ui
        var u1 = Lanes.zero, i1 = Lanes.zero, uu1 = Lanes.zero, ii1 = Lanes.zero, ui1 = Lanes.zero
        var n = 0
        while n &+ 2 <= count {
            let (ua, ia) = LaneFrames.frame(raw, n), (ub, ib) = LaneFrames.frame(raw, n &+ 1)
            u0 += ua
            i0 += ia
            uu0 = uu0.plus(ua, times: ua)
            ii0 = ii0.plus(ia, times: ia)
            ui0 = ui0.plus(ua, times: ia)
            u1 += ub
            i1 += ib
            uu1 = uu1.plus(ub, times: ub)
            ii1 = ii1.plus(ib, times: ib)
            ui1 = ui1.plus(ub, times: ib)
            n &+= 2
        }
        if n < count {
            let (ua, ia) = LaneFrames.frame(raw, n)
            u0 += ua
            i0 += ia
            uu0 = uu0.plus(ua, times: ua)
            ii0 = ii0.plus(ia, times: ia)
            ui0 = ui0.plus(ua, times: ia)
        }
        (u, i, uu, ii, ui) = (u0 + u1, i0 + i1, uu0 + uu1, ii0 + ii1, ui0 + ui1)
        frames &+= count
    }

    /// Mean of the raw numbers of a channel, 0 … 3 voltages and 4 … 7 currents.
    public func mean(_ channel: Int) -> Double { (channel < 4 ? u[channel] : i[channel - 4]) / Double(max(1, frames)) }
    /// Mean of their squares.
    public func square(_ channel: Int) -> Double {
        (channel < 4 ? uu[channel] : ii[channel - 4]) / Double(max(1, frames))
    }
    /// Mean of the products of voltage and current of a phase, 0 … 3 (3: the neutral).
    public func product(_ phase: Int) -> Double { ui[phase] / Double(max(1, frames)) }
}
