/// What changes at a meter while its load stays the same: the influence quantities of the standards.
public enum Influence: String, Sendable, Codable, Hashable, CaseIterable {
    /// Voltage beside Un.
    case voltage
    /// Frequency beside fn.
    case frequency
    /// Two phases interchanged.
    case phaseSequence = "phase-sequence"
    /// One or two voltages of a polyphase meter interrupted.
    case voltageUnbalance = "voltage-unbalance"
    /// The fifth harmonic in voltage and current (IEC 62053-21:2003, -22:2003, 8.2.2).
    case fifthHarmonic = "fifth-harmonic"
    /// A half-wave rectified current: a direct component and even harmonics (IEC 62053-21:2003, annex A).
    case halfWave = "half-wave"
    /// A current fired at 90°: odd harmonics (IEC 62053-21:2003, annex A).
    case phaseFired = "phase-fired"
    /// A current in bursts of whole cycles: sub-harmonics (IEC 62053-21:2003, annex A).
    case burst
    /// Air temperature, per kelvin.
    case temperature
    /// Self-heating by the meter's own current.
    case selfHeating = "self-heating"
}
