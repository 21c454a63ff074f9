/// One order of a distorted voltage and current of one phase.
public struct HarmonicPair: Sendable, Hashable, Codable {
    /// Harmonic order: 0 is the direct component (angles 0° or 180°), 1 the fundamental.
    public var order: Int
    /// Voltage of that order, V and degrees.
    public var u: Phasor
    /// Current of that order, A and degrees.
    public var i: Phasor

    /// One order of voltage and current.
    public init(order: Int, u: Phasor, i: Phasor) {
        self.order = order
        self.u = u
        self.i = i
    }

    /// Active power of the order, W: U·I·cos φ.
    public var active: Double { Phasor.power(u, i).active }
    /// Reactive power of the order, var: U·I·sin φ, φ = angle(u) − angle(i); nothing of the direct component.
    public var reactive: Double { order == 0 ? 0 : Phasor.power(u, i).reactive }
}

/// Total harmonic distortion from effective values of the orders (IEC 61000-4-7:2002 with A1:2008, 3.3; IEEE 1459-2010).
public enum TotalDistortion {
    /// THD of the fundamental, as a ratio: √Σ(h=2…highest) Gh²/G1 (IEC 61000-4-7, 3.3.1; with subgroups in place of lines
    /// it is THDS, 3.3.2, with groups THDG).
    ///
    /// - Parameters:
    ///   - orders: effective values; the place is the order, so place 0 is DC and place 1 the fundamental.
    ///   - highest: highest order: 40 (EN 50160) or 50.
    /// - Returns: `nil` where there is no fundamental.
    public static func ofFundamental(_ orders: [Double], highest: Int = 50) -> Double? {
        guard orders.count > 1, orders[1] > 0 else { return nil }
        return rest(orders, highest) / orders[1]
    }

    /// THD of the whole rms value («distortion factor», THD-R), as a ratio: √Σ(h=2…highest) Gh²/√Σ(h=1…highest) Gh².
    /// `nil` where all is zero.
    public static func ofRms(_ orders: [Double], highest: Int = 50) -> Double? {
        guard orders.count > 1 else { return nil }
        let rest = rest(orders, highest)
        let all = (rest * rest + orders[1] * orders[1]).squareRoot()
        return all > 0 ? rest / all : nil
    }

    /// THD of IEEE 1459-2010, 3.1.2.1: √(X² − X1²)/X1 with the rms value X of everything, also the direct component and
    /// interharmonics. `nil` where there is no fundamental.
    public static func ofTotal(rms: Double, fundamental: Double) -> Double? {
        guard fundamental > 0, rms.isFinite else { return nil }
        return max(0, rms * rms - fundamental * fundamental).squareRoot() / fundamental
    }

    private static func rest(_ orders: [Double], _ highest: Int) -> Double {
        orders.prefix(max(2, highest + 1)).dropFirst(2).reduce(0) { $0 + $1 * $1 }.squareRoot()
    }
}
