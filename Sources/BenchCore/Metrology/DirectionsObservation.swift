/// A register before and after, with what it counts.
public struct DirectedRegister: Sendable, Hashable, Codable {
    /// What it counts.
    public var role: RegisterRole
    /// Its values, kWh or kvarh.
    public var pair: RegisterPair

    /// A register by its parts.
    public init(role: RegisterRole, pair: RegisterPair) {
        self.role = role
        self.pair = pair
    }
}

/// Registers of both directions around a load, and what standard and meter said of the load while it was there.
public struct DirectionsObservation: Sendable, Hashable, Codable {
    /// The energy registers of the meter, read with the current off before and after.
    public var registers: [DirectedRegister]
    /// Energy by the reference standard over the same time.
    public var reference: SplitEnergy
    /// Standard's reading under load, and temperature.
    public var during: StandardReading, temperature: Double?
    /// Active and reactive power as the meter shows them under load, W and var; `nil` where its type has no register of them.
    public var power: Double?, reactivePower: Double?
    /// The meter's sign for energy that flows backwards, under load: 0 for none; `nil` where its type declares none.
    public var reverseFlag: Double?

    /// An observation by its parts.
    public init(
        registers: [DirectedRegister], reference: SplitEnergy, during: StandardReading, temperature: Double?,
        power: Double? = nil, reactivePower: Double? = nil, reverseFlag: Double? = nil
    ) {
        self.registers = registers
        self.reference = reference
        self.during = during
        self.temperature = temperature
        self.power = power
        self.reactivePower = reactivePower
        self.reverseFlag = reverseFlag
    }
}
