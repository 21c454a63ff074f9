/// What a register (constant) test says: the register against the standard, against the meter's own pulses, and whether
/// registers moved that must not.
public struct RegisterError: Sendable {
    /// Energy of the tested register between begin and end, kWh.
    public let registered: Double
    /// Percentage error of the register against the reference energy.
    public let error: Double
    /// Deviation of the register from pulses/constant, percent (OIML R 46-2:2012, 6.2.6); `nil` without pulses.
    public let deviation: Double?
    /// How far resolution alone may shift the deviation, percent: one step of the register and one pulse.
    public let deviationBound: Double?
    /// Registers that had to stand still and moved, with their change in kWh.
    public let moved: [(name: String, change: Double)]

    /// Compares; `nil` where the reference energy is not positive.
    public init?(_ observation: RegisterObservation) {
        let reference = observation.referenceEnergy / 3.6e6
        guard reference > 0 else { return nil }
        registered = observation.tested.end - observation.tested.begin
        error = 100 * (registered - reference) / reference
        moved = observation.still.compactMap { pair in
            let change = pair.end - pair.begin
            // Both readings are multiples of the resolution: half a step tells movement from rounding of the number.
            return abs(change) > pair.resolution / 2 ? (pair.name, change) : nil
        }
        if let pulses = observation.pulses, let constant = observation.meterConstant, pulses > 0, constant > 0 {
            let byPulses = Double(pulses) / constant
            deviation = 100 * (registered - byPulses) / byPulses
            deviationBound = 100 * (observation.tested.resolution + 1 / constant) / byPulses
        } else {
            deviation = nil
            deviationBound = nil
        }
    }

    /// The role of the register that counts a direction.
    public static func role(_ direction: EnergyDirection) -> RegisterRole {
        direction == .import ? .activeEnergyImport : .activeEnergyExport
    }

    /// The role of the register that counts the energy of a test point.
    public static func role(_ point: TestPoint) -> RegisterRole { roles(point)[0] }

    /// The register that must move at a test point, and those that must not: the other direction's; for reactive energy also those of quadrants.
    public static func roles(_ point: TestPoint) -> [RegisterRole] {
        guard point.energyKind == .reactive else {
            return [role(point.direction), role(point.direction == .import ? .export : .import)]
        }
        let both: [RegisterRole] =
            point.counted == .import
            ? [.reactiveEnergyImport, .reactiveEnergyExport] : [.reactiveEnergyExport, .reactiveEnergyImport]
        // At sin φ = 1 a source may stand on either side of the border of two quadrants.
        let onBorder = point.sine?.magnitude == 1
        return both
            + Quadrant.allCases.filter { $0.reactive != point.counted || (!onBorder && $0.active != point.direction) }
            .map(\.role)
    }

    /// The smallest step of an energy register in kWh; `nil` where it is not stated or the unit is no unit of energy.
    public static func resolution(_ register: RegisterDefinition) -> Double? {
        guard let resolution = register.resolution, let factor = kiloHours[register.unit] else { return nil }
        return resolution * factor
    }

    /// How many kWh or kvarh a unit of energy is.
    public static let kiloHours: [String: Double] = [
        "Wh": 1e-3, "kWh": 1, "MWh": 1e3, "varh": 1e-3, "kvarh": 1, "Mvarh": 1e3,
    ]

    /// The least energy of a register test, kWh, by the standard: the resolution contributes at most a tenth of the
    /// limit, so E = 1000·R/b with b in percent (OIML R 46-2:2012, 6.2.6).
    public static func leastEnergy(resolution: Double, limit: Double) -> Double { 1000 * resolution / limit }

    /// The energy, kWh, from which on resolution can no longer make a good meter doubtful: a step of the register and a
    /// pulse together are half of the tenth of the limit that the register may deviate from the pulses.
    public static func decisiveEnergy(resolution: Double, meterConstant: Double?, limit: Double) -> Double {
        2000 * (resolution + (meterConstant.map { 1 / $0 } ?? 0)) / limit
    }
}

extension Quadrant {
    /// The role of the register that counts its reactive energy.
    public var role: RegisterRole {
        switch self {
        case .first: return .reactiveEnergyFirst
        case .second: return .reactiveEnergySecond
        case .third: return .reactiveEnergyThird
        case .fourth: return .reactiveEnergyFourth
        }
    }
}

extension RegisterRole {
    /// The quadrants whose reactive energy a register of the role counts; none for other roles.
    public var quadrants: [Quadrant] {
        switch self {
        case .reactiveEnergyImport: return [.first, .second]
        case .reactiveEnergyExport: return [.third, .fourth]
        default: return Quadrant.allCases.filter { $0.role == self }
        }
    }
}
