/// How a polyphase meter makes one import and one export register of its phases.
public enum Summation: String, Sendable, Codable, Hashable, CaseIterable {
    /// The powers of the phases are added with their signs at every moment (netting, as a Ferraris meter's torques); what is left over counts.
    case vectorial
    /// Each phase counts by itself: imports add up, and exports add up.
    case arithmetic
    /// Energy of every phase counts as import, whichever way it flows (against tampering).
    case absolute

    /// What import and export register advance by where this flowed.
    public func registered(_ energy: SplitEnergy) -> DirectedEnergy {
        let sum = energy.phases.reduce(into: DirectedEnergy()) { $0 += $1 }
        switch self {
        case .vectorial: return energy.total
        case .arithmetic: return sum
        case .absolute: return DirectedEnergy(imported: sum.throughput, exported: 0)
        }
    }
}

/// Energy by the direction it flowed in, both parts without sign.
public struct DirectedEnergy: Sendable, Hashable, Codable {
    /// Imported and exported, W·s.
    public var imported: Double, exported: Double

    /// Energy by its parts, W·s.
    public init(imported: Double = 0, exported: Double = 0) {
        self.imported = imported
        self.exported = exported
    }

    /// Import less export, W·s (OBIS 16.8.0), and their sum (OBIS 15.8.0).
    public var net: Double { imported - exported }
    /// Import and export together, W·s.
    public var throughput: Double { imported + exported }
    /// The same netted over the whole time: only the larger side has anything left.
    public var netted: DirectedEnergy { DirectedEnergy(imported: max(net, 0), exported: max(-net, 0)) }

    /// Adds what a power gave or took over a time, W and s.
    public mutating func add(power: Double, seconds: Double) {
        if power > 0 { imported += power * seconds } else { exported -= power * seconds }
    }

    /// Adds both parts.
    public static func += (a: inout DirectedEnergy, b: DirectedEnergy) {
        a.imported += b.imported
        a.exported += b.exported
    }
}

/// Energy of a standard by direction: of the sum of the phases, and of each phase by itself.
public struct SplitEnergy: Sendable, Hashable, Codable {
    /// Of the sum of the phases with their signs at every moment.
    public var total: DirectedEnergy
    /// L1, L2, L3.
    public var phases: [DirectedEnergy]

    /// Energy by its parts.
    public init(total: DirectedEnergy, phases: [DirectedEnergy]) {
        self.total = total
        self.phases = phases
    }

    /// What flowed in all phases whichever way, W·s.
    public var throughput: Double { phases.reduce(0) { $0 + $1.throughput } }
}
