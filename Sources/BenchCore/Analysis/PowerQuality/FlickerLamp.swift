/// The lamp and supply that a flicker meter stands for (IEC 61000-4-15:2010, edition 2).
public enum FlickerLamp: String, Sendable, Hashable, Codable, CaseIterable {
    /// Coiled-coil lamp of 230 V, 60 W on 50 Hz.
    case v230f50 = "230 V/50 Hz"
    /// Lamp of 230 V on 60 Hz.
    case v230f60 = "230 V/60 Hz"
    /// Lamp of 120 V, 60 W on 50 Hz.
    case v120f50 = "120 V/50 Hz"
    /// Lamp of 120 V on 60 Hz.
    case v120f60 = "120 V/60 Hz"

    /// Nominal frequency of the supply.
    public var frequency: NominalFrequency {
        switch self {
        case .v230f50, .v120f50: .fifty
        case .v230f60, .v120f60: .sixty
        }
    }

    /// Whether the lamp is the one of 120 V.
    var low: Bool { self == .v120f50 || self == .v120f60 }

    /// Constants of the weighting filter of block 3, frequencies in Hz (ω/2π): IEC 61000-4-15, 5.5; seen in two public
    /// places (qwtb alg_flicker_sim/flicker_sim.m and pqopen-lib for 230 V; qwtb and a recomputation of the tables for 120 V).
    var weighting: (k: Double, lambda: Double, w1: Double, w2: Double, w3: Double, w4: Double) {
        low
            ? (1.6357, 4.167375, 9.077169, 2.939902, 1.394468, 17.31512)
            : (1.74802, 4.05981, 9.15494, 2.27979, 1.22535, 21.9)
    }

    /// Corner of the sixth-order Butterworth low-pass of block 3, Hz: 35 Hz at 50 Hz, 42 Hz at 60 Hz (IEC 61000-4-15, 5.5).
    var corner: Double { frequency == .fifty ? 35 : 42 }

    /// ΔV/V of the sinusoidal modulation at 8.8 Hz whose Pinst,max is 1 (IEC 61000-4-15:2010, tables 1a and 1b).
    var unity: Double { low ? 0.321e-2 : 0.250e-2 }
}
