/// The noise of every bin, followed like a median, so that bursts do not lift it.
///
/// Each slot moves a bin's floor by a small factor towards its power; bins in which something is sent hold still, nearly. The floor of one bin never
/// is more than 10 dB above the median of all: so a carrier that never goes off stands out still.
struct NoiseFloor {
    /// Mean noise power of each bin.
    let mean: UnsafeMutablePointer<Double>
    private let count: Int
    private var sorted: [Double]
    private var slots = 0

    /// Share of a slot's mean that half of all slots exceed: the median of a mean over `NoiseFloor.freedom` exponential variables, by Wilson and
    /// Hilferty's approximation.
    private static let median = cube(1 - 1 / (9 * freedom))
    /// Independent spectra in a slot: four frames that overlap by half under a Hann window (Welch 1967).
    private static let freedom = 3.8
    /// How far above the median of all bins one may be.
    private static let highest = 10.0

    private static func cube(_ x: Double) -> Double { x * x * x }

    init(count: Int) {
        self.count = count
        mean = .allocate(capacity: count)
        mean.initialize(repeating: 0, count: count)
        sorted = Array(repeating: 0, count: count)
    }

    func free() { mean.deallocate() }

    /// From the first slots: the third lowest tenth of each bin, which bursts of less than two thirds of the time do not reach.
    mutating func begin(_ slots: [[Double]]) {
        guard !slots.isEmpty else { return }
        // z(0.3) = −0.5244
        let share =
            slots.count < 4 ? 1 : Self.cube(1 - 1 / (9 * Self.freedom) - 0.5244 * (1 / (9 * Self.freedom)).squareRoot())
        for bin in 0..<count {
            let values = slots.map { $0[bin] }.sorted()
            mean[bin] = max(1e-30, values[values.count * 3 / 10] / share)
        }
        limit()
    }

    /// One slot: its powers, their smoothed ratio to the floor, and from which ratio on a bin counts as sent in.
    @inline(never)
    mutating func follow(_ power: UnsafePointer<Double>, _ ratio: UnsafePointer<Double>, quietBelow: Double, busy: Int)
    {
        typealias Four = SIMD4<Double>
        // A step of 0.02 dB a slot; a thousandth of it upwards where something is sent, unless nearly everything is (then the receiver's gain has
        // changed, not the air).
        let step = 0.005
        let held = busy * 4 > count * 3 ? step : step / 1000
        let up = Four(repeating: 1 + step), down = Four(repeating: 1 - step), slow = Four(repeating: 1 + held)
        let share = Four(repeating: Self.median), quiet = Four(repeating: quietBelow)
        let p = UnsafeRawPointer(power), r = UnsafeRawPointer(ratio), m = UnsafeMutableRawPointer(mean)
        var at = 0
        while at < count {
            let offset = at &* 8
            let floor = m.loadUnaligned(fromByteOffset: offset, as: Four.self)
            let above = p.loadUnaligned(fromByteOffset: offset, as: Four.self) .> floor * share
            let still = r.loadUnaligned(fromByteOffset: offset, as: Four.self) .>= quiet
            let factor = down.replacing(with: up.replacing(with: slow, where: still), where: above)
            m.storeBytes(of: floor * factor, toByteOffset: offset, as: Four.self)
            at &+= 4
        }
        slots &+= 1
        if slots & 63 == 0 { limit() }
    }

    private mutating func limit() {
        for bin in 0..<count { sorted[bin] = mean[bin] }
        sorted.sort()
        let middle = sorted[count / 2]
        for bin in 0..<count { mean[bin] = max(min(mean[bin], middle * Self.highest), 1e-30) }
    }
}
