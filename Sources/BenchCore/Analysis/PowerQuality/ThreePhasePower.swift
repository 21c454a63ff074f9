/// How many wires carry the current of a three-phase system.
public enum PhaseWires: Int, Sendable, Hashable, Codable, CaseIterable {
    /// Three conductors, no neutral.
    case three = 3
    /// Three conductors and a neutral.
    case four = 4
}

/// The powers of a three-phase system after IEEE 1459-2010, 3.2 (effective powers), and the older arithmetic and vector
/// apparent powers, from the harmonic phasors of each phase.
public struct ThreePhasePower: Sendable, Hashable, Codable {
    /// Which formulas of the effective values hold.
    public let wires: PhaseWires
    /// The powers of L1, L2 and L3, voltages against neutral (or against the star point that the phasors refer to).
    public let phases: [SinglePhasePower]
    /// Effective voltage Ue, V: √((3·ΣUa² + ΣUab²)/18) with four wires, √(ΣUab²/9) with three.
    public let effectiveVoltage: Double
    /// Effective current Ie, A: √((ΣIa² + In²)/3) with four wires, √(ΣIa²/3) with three.
    public let effectiveCurrent: Double
    /// The same Ue of the fundamental, V.
    public let fundamentalEffectiveVoltage: Double
    /// The same Ie of the fundamental, A.
    public let fundamentalEffectiveCurrent: Double
    /// Symmetrical components of the fundamental voltages.
    public let voltageComponents: SymmetricalComponents
    /// Symmetrical components of the fundamental currents.
    public let currentComponents: SymmetricalComponents

    /// From the orders of the three phases.
    ///
    /// - Parameters:
    ///   - orders: three lists, L1 to L3, all angles against one reference; an order missing in a list is zero there.
    ///   - neutral: effective value of the measured neutral current and of its fundamental, A; without it the sum of the
    ///     phase currents.
    /// - Throws: `PowerQualityTrouble` where there are not three lists, or an order stands twice in one.
    public init(
        _ orders: [[HarmonicPair]], wires: PhaseWires, neutral: (rms: Double, fundamental: Double)? = nil
    ) throws(PowerQualityTrouble) {
        guard orders.count == 3 else {
            throw PowerQualityTrouble("\(orders.count) phases where three-phase power needs three")
        }
        for (phase, list) in orders.enumerated() {
            guard Set(list.map(\.order)).count == list.count else {
                throw PowerQualityTrouble(
                    "L\(phase + 1) has a harmonic order twice: one pair of phasors for each order")
            }
        }
        self.wires = wires
        let parts = orders.map { SinglePhasePower($0) }
        phases = parts
        let all = Set(orders.flatMap { $0.map(\.order) })
        var line = 0.0
        var line1 = 0.0
        var neutralSquare = 0.0
        var neutral1Square = 0.0
        for order in all.sorted() {
            let pairs = orders.map { list in list.first { $0.order == order } }
            let u = pairs.map { $0?.u.plane ?? .zero }
            let i = pairs.map { $0?.i.plane ?? .zero }
            let between = Self.square(u[0] - u[1]) + Self.square(u[1] - u[2]) + Self.square(u[2] - u[0])
            let back = Self.square(i[0] + i[1] + i[2])
            line += between
            neutralSquare += back
            if order == 1 {
                line1 = between
                neutral1Square = back
            }
        }
        if let neutral {
            neutralSquare = neutral.rms * neutral.rms
            neutral1Square = neutral.fundamental * neutral.fundamental
        }
        func sum(_ part: (SinglePhasePower) -> Double) -> Double { parts.reduce(0) { $0 + part($1) * part($1) } }
        switch wires {
        case .four:
            effectiveVoltage = ((3 * sum(\.u) + line) / 18).squareRoot()
            effectiveCurrent = ((sum(\.i) + neutralSquare) / 3).squareRoot()
            fundamentalEffectiveVoltage = ((3 * sum(\.u1) + line1) / 18).squareRoot()
            fundamentalEffectiveCurrent = ((sum(\.i1) + neutral1Square) / 3).squareRoot()
        case .three:
            effectiveVoltage = (line / 9).squareRoot()
            effectiveCurrent = (sum(\.i) / 3).squareRoot()
            fundamentalEffectiveVoltage = (line1 / 9).squareRoot()
            fundamentalEffectiveCurrent = (sum(\.i1) / 3).squareRoot()
        }
        func first(_ phase: Int) -> HarmonicPair {
            let nothing = Phasor(rms: 0, angle: 0)
            return orders[phase].first { $0.order == 1 } ?? HarmonicPair(order: 1, u: nothing, i: nothing)
        }
        voltageComponents = SymmetricalComponents(first(0).u, first(1).u, first(2).u)
        currentComponents = SymmetricalComponents(first(0).i, first(1).i, first(2).i)
    }

    /// Active power P of the three phases, W.
    public var active: Double { phases.reduce(0) { $0 + $1.active } }
    /// Fundamental active power P1, W.
    public var fundamentalActive: Double { phases.reduce(0) { $0 + $1.fundamentalActive } }
    /// Fundamental reactive power Q1, the sum of the phases, var.
    public var fundamentalReactive: Double { phases.reduce(0) { $0 + $1.fundamentalReactive } }
    /// Budeanu's reactive power of the three phases, var.
    public var budeanuReactive: Double { phases.reduce(0) { $0 + $1.budeanuReactive } }
    /// Effective apparent power Se = 3·Ue·Ie, VA.
    public var effectiveApparent: Double { 3 * effectiveVoltage * effectiveCurrent }
    /// Fundamental effective apparent power Se1 = 3·Ue1·Ie1, VA.
    public var fundamentalEffectiveApparent: Double { 3 * fundamentalEffectiveVoltage * fundamentalEffectiveCurrent }
    /// Effective voltage of all but the fundamental UeH, V.
    public var effectiveVoltageH: Double { SinglePhasePower.leg(effectiveVoltage, fundamentalEffectiveVoltage) }
    /// Effective current of all but the fundamental IeH, A.
    public var effectiveCurrentH: Double { SinglePhasePower.leg(effectiveCurrent, fundamentalEffectiveCurrent) }
    /// Current distortion power DeI = 3·Ue1·IeH, var.
    public var currentDistortion: Double { 3 * fundamentalEffectiveVoltage * effectiveCurrentH }
    /// Voltage distortion power DeV = 3·UeH·Ie1, var.
    public var voltageDistortion: Double { 3 * effectiveVoltageH * fundamentalEffectiveCurrent }
    /// Harmonic apparent power SeH = 3·UeH·IeH, VA.
    public var harmonicApparent: Double { 3 * effectiveVoltageH * effectiveCurrentH }
    /// Nonfundamental effective apparent power SeN, VA: SeN² = DeI² + DeV² + SeH² = Se² − Se1².
    public var nonfundamentalApparent: Double {
        Aggregation.root([currentDistortion, voltageDistortion, harmonicApparent])
    }
    /// Harmonic distortion power DeH = √(SeH² − PH²), var.
    public var harmonicDistortion: Double { SinglePhasePower.leg(harmonicApparent, active - fundamentalActive) }
    /// Nonactive power N = √(Se² − P²), var.
    public var nonactive: Double { SinglePhasePower.leg(effectiveApparent, active) }
    /// Positive-sequence apparent power S1⁺ = 3·U1⁺·I1⁺, VA.
    public var positiveApparent: Double { 3 * voltageComponents.positive.rms * currentComponents.positive.rms }
    /// Positive-sequence active power P1⁺, W.
    public var positiveActive: Double {
        3 * Phasor.power(voltageComponents.positive, currentComponents.positive).active
    }
    /// Positive-sequence reactive power Q1⁺, var.
    public var positiveReactive: Double {
        3 * Phasor.power(voltageComponents.positive, currentComponents.positive).reactive
    }
    /// Fundamental unbalance power SU1 = √(Se1² − (S1⁺)²), VA.
    public var unbalancePower: Double { SinglePhasePower.leg(fundamentalEffectiveApparent, positiveApparent) }
    /// Power factor P/Se; `nil` where Se is zero.
    public var powerFactor: Double? { effectiveApparent > 0 ? active / effectiveApparent : nil }
    /// Positive-sequence power factor P1⁺/S1⁺; `nil` where S1⁺ is zero.
    public var positivePowerFactor: Double? { positiveApparent > 0 ? positiveActive / positiveApparent : nil }
    /// Arithmetic apparent power SA: the sum of the phases' apparent powers Ua·Ia + Ub·Ib + Uc·Ic, VA (IEEE 1459-2010, 3.2.2.5).
    public var arithmeticApparent: Double { phases.reduce(0) { $0 + $1.apparent } }
    /// Vector apparent power after Budeanu: √((ΣP)² + (ΣQB)² + (ΣDB)²), VA (IEEE 1459-2010, 3.2.2.6).
    public var vectorApparent: Double {
        Aggregation.root([active, budeanuReactive, phases.reduce(0) { $0 + $1.budeanuDistortion }])
    }

    /// Arithmetic apparent power of sinusoidal phases, VA: Σ√(P² + Q²).
    public static func arithmeticApparent(active: [Double], reactive: [Double]) -> Double {
        zip(active, reactive).reduce(0) { $0 + Aggregation.root([$1.0, $1.1]) }
    }

    /// Vector apparent power of sinusoidal phases, VA: √((ΣP)² + (ΣQ)²).
    public static func vectorApparent(active: [Double], reactive: [Double]) -> Double {
        Aggregation.root([active.reduce(0, +), reactive.reduce(0, +)])
    }

    private static func square(_ point: SIMD2<Double>) -> Double { point.x * point.x + point.y * point.y }
}
