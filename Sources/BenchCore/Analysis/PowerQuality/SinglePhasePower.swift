/// The powers of one phase under distortion after IEEE 1459-2010, 3.1.2, and Budeanu, from the harmonic phasors of voltage
/// and current. Every figure has its own name: none is just «Q».
public struct SinglePhasePower: Sendable, Hashable, Codable {
    /// Effective value of the voltage with all orders, V.
    public let u: Double
    /// Effective value of the current with all orders, A.
    public let i: Double
    /// Effective value of the fundamental voltage U1, V.
    public let u1: Double
    /// Effective value of the fundamental current I1, A.
    public let i1: Double
    /// Active power P of all orders, W.
    public let active: Double
    /// Fundamental active power P1, W.
    public let fundamentalActive: Double
    /// Fundamental reactive power Q1 = U1·I1·sin φ1, var: what IEC 62053-24 calls reactive.
    public let fundamentalReactive: Double
    /// Budeanu's reactive power QB = Σ Uh·Ih·sin φh, var.
    public let budeanuReactive: Double

    /// From the orders of one phase; the order in which they come does not matter. Orders of the same number are summed as
    /// separate components.
    public init(_ pairs: [HarmonicPair]) {
        u = Aggregation.root(pairs.map(\.u.rms))
        i = Aggregation.root(pairs.map(\.i.rms))
        let first = pairs.filter { $0.order == 1 }
        u1 = Aggregation.root(first.map(\.u.rms))
        i1 = Aggregation.root(first.map(\.i.rms))
        active = pairs.reduce(0) { $0 + $1.active }
        fundamentalActive = first.reduce(0) { $0 + $1.active }
        fundamentalReactive = first.reduce(0) { $0 + $1.reactive }
        budeanuReactive = pairs.reduce(0) { $0 + $1.reactive }
    }

    /// Effective value of everything of the voltage but the fundamental, V.
    public var uH: Double { Self.leg(u, u1) }
    /// Effective value of everything of the current but the fundamental, A.
    public var iH: Double { Self.leg(i, i1) }
    /// Apparent power S = U·I, VA.
    public var apparent: Double { u * i }
    /// Fundamental apparent power S1 = U1·I1, VA.
    public var fundamentalApparent: Double { u1 * i1 }
    /// Harmonic active power PH = P − P1, W.
    public var harmonicActive: Double { active - fundamentalActive }
    /// Current distortion power DI = U1·IH, var.
    public var currentDistortion: Double { u1 * iH }
    /// Voltage distortion power DV = UH·I1, var.
    public var voltageDistortion: Double { uH * i1 }
    /// Harmonic apparent power SH = UH·IH, VA.
    public var harmonicApparent: Double { uH * iH }
    /// Harmonic distortion power DH = √(SH² − PH²), var.
    public var harmonicDistortion: Double { Self.leg(harmonicApparent, harmonicActive) }
    /// Nonfundamental apparent power SN, VA: SN² = DI² + DV² + SH² = S² − S1².
    public var nonfundamentalApparent: Double {
        Aggregation.root([currentDistortion, voltageDistortion, harmonicApparent])
    }
    /// Nonactive power N = √(S² − P²), var, without sign.
    public var nonactive: Double { Self.leg(apparent, active) }
    /// Budeanu's distortion power DB = √(S² − P² − QB²), var.
    public var budeanuDistortion: Double { Self.leg(nonactive, budeanuReactive) }
    /// Power factor PF = P/S; `nil` where S is zero.
    public var powerFactor: Double? { apparent > 0 ? active / apparent : nil }
    /// Fundamental (displacement) power factor PF1 = P1/S1; `nil` where S1 is zero.
    public var fundamentalPowerFactor: Double? {
        fundamentalApparent > 0 ? fundamentalActive / fundamentalApparent : nil
    }
    /// Harmonic pollution SN/S1; `nil` where S1 is zero.
    public var harmonicPollution: Double? {
        fundamentalApparent > 0 ? nonfundamentalApparent / fundamentalApparent : nil
    }

    /// √(a² − b²), 0 where rounding makes b the longer.
    static func leg(_ a: Double, _ b: Double) -> Double { max(0, (a - b) * (a + b)).squareRoot() }
}
