public import BenchCore

extension MeterCertificate {
    /// What is common to every row of results.
    public struct PointHead: Sendable, Hashable, Codable {
        /// Number in the plan, identifier, kind, title of the step.
        public var number: Int, id: String, kind: TestKindName, title: String
        /// Load: balanced or single-phase, phases in words, direction, power factor, current and voltage as printed.
        public var load: LoadKind, phases: String, direction: EnergyDirection, powerFactor: PowerFactor
        /// Current as the procedure says it, and voltage as a share of Un.
        public var current: String, voltage: String
        /// sin φ as printed and the quadrant, for reactive energy; `nil` for active energy.
        public var sine: String?, quadrant: String?
        /// Reference number of the limit's source; `nil` where none.
        public var source: Int?
        /// The verdict.
        public var verdict: Verdict
        /// Attempts made; 0 where the point was not taken.
        public var attempts: Int
        /// Whether the source of limit or rule is too weak to decide (`confidence: low`).
        public var weakSource: Bool
    }

    /// An accuracy test point.
    public struct AccuracyRow: Sendable, Hashable, Codable {
        /// The point.
        public var head: PointHead
        /// Current as a multiple of In or Ib.
        public var ratio: Double
        /// Error in percent, expanded uncertainty in percent, coverage factor.
        public var error: Figure?, U: Figure?, k: Figure?
        /// Determinations behind the error.
        public var repeats: Int
        /// Limit as printed, and its bounds in percent.
        public var limit: String, lower: Double?, upper: Double?
    }

    /// A no-load test.
    public struct NoLoadRow: Sendable, Hashable, Codable {
        /// The point.
        public var head: PointHead
        /// Seconds watched, pulses seen, pulses allowed.
        public var watched: Figure?, pulses: Int?, allowed: Int?
        /// Time the procedure requires, s.
        public var required: Figure?
        /// Which way the load before flowed; `nil` where there was none.
        public var after: String?
    }

    /// A starting test.
    public struct StartingRow: Sendable, Hashable, Codable {
        /// The point.
        public var head: PointHead
        /// Seconds allowed, seconds to the first and the last pulse, number of pulses.
        public var allowed: Figure?, first: Figure?, last: Figure?, pulses: Int?
    }

    /// A repeatability test.
    public struct RepeatabilityRow: Sendable, Hashable, Codable {
        /// The point.
        public var head: PointHead
        /// Determinations, their mean, standard deviation and span, percent.
        public var repeats: Int, mean: Figure?, deviation: Figure?, span: Figure?
        /// Each determination, percent.
        public var errors: [Figure]
        /// The acceptance as the procedure says it, with the limit it speaks of.
        public var accept: String, limit: String
    }

    /// What one influence quantity does to the error.
    public struct VariationRow: Sendable, Hashable, Codable {
        /// The point.
        public var head: PointHead
        /// What changes, in words: `voltage 90 % Un`.
        public var influence: String
        /// Error at reference conditions and under the influence, and the variation with its uncertainty and coverage factor, percent.
        public var reference: Figure?, influenced: Figure?, variation: Figure?, U: Figure?, k: Figure?
        /// The limit as printed, and its bounds in percent.
        public var limit: String, lower: Double?, upper: Double?
    }

    /// A watch on the air.
    public struct RadioRow: Sendable, Hashable, Codable {
        /// The point.
        public var head: PointHead
        /// Band and use of the rule, and the receiver's setting in words.
        public var band: String, receiver: String
        /// Seconds watched, transmissions heard, seconds on the air.
        public var watched: Figure?, transmissions: Int?, onTime: Figure?
        /// Share of time on the air with its uncertainty, percent; the longest that the rule allows, percent, and its window, s.
        public var duty: Figure?, U: Figure?, limit: Figure?, window: Figure?
    }

    /// A register (constant) test.
    public struct RegisterRow: Sendable, Hashable, Codable {
        /// The point.
        public var head: PointHead
        /// Name of the register; its readings and difference in kWh.
        public var name: String, begin: Figure?, end: Figure?, registered: Figure?
        /// Energy by the reference standard and by pulses, kWh.
        public var reference: Figure?, pulses: Figure?
        /// Error of the register in percent with its uncertainty and coverage factor.
        public var error: Figure?, U: Figure?, k: Figure?
        /// The limit as printed.
        public var limit: String
        /// The registers that had to stand still, with what they moved by in kWh.
        public var still: [StillRegister]
        /// What was found beside, as the register against the pulses.
        public var findings: [String]
    }

    /// Registers of both directions against what flowed.
    public struct DirectionsRow: Sendable, Hashable, Codable {
        /// The point.
        public var head: PointHead
        /// What flowed: `L1 exports`, `solar day in 24 steps`; empty where all phases flow one way.
        public var flow: String
        /// Import and export by the reference standard as the meter's registers must show them, and as they did, kWh.
        public var expectedImport: Figure?, expectedExport: Figure?, registeredImport: Figure?,
            registeredExport: Figure?
        /// Deviation of the worst register in percent of all energy that flowed, with its uncertainty and coverage factor.
        public var deviation: Figure?, U: Figure?, k: Figure?
        /// The limit as printed, and its bounds in percent.
        public var limit: String, lower: Double?, upper: Double?
        /// What was found beside.
        public var findings: [String]
    }

    /// A register that had to stand still.
    public struct StillRegister: Sendable, Hashable, Codable {
        /// Its name, and by how much it moved, kWh.
        public var name: String, moved: Figure
    }

    /// One panel of the figure: direction and kind of load, its series and its limits.
    public struct CurvePanel: Sendable, Hashable, Codable {
        /// Title, and symbol of the base of the current axis (`In`, `Ib`).
        public var title: String, base: String
        /// Whether it is the small panel of single-phase loads.
        public var small: Bool
        /// Imax as a multiple of the base.
        public var maximum: Double
        /// The curves.
        public var series: [CurveSeries]
        /// The limits.
        public var limits: [CurveLimit]
    }

    /// One curve: the points of a power factor (and phase).
    public struct CurveSeries: Sendable, Hashable, Codable {
        /// Name in the legend.
        public var name: String
        /// Shape of the marks and pattern of the line, 0-based: phase and power factor, so that grey print tells them.
        public var marker: Int, dash: Int
        /// Points in order of current.
        public var points: [CurvePoint]
    }

    /// A point of a curve.
    public struct CurvePoint: Sendable, Hashable, Codable {
        /// Current as a multiple of the base, error and U in percent.
        public var ratio: Double, error: Double, U: Double?
    }

    /// Stepped limits that hold for some curves.
    public struct CurveLimit: Sendable, Hashable, Codable {
        /// Name in the legend.
        public var name: String
        /// Pieces in order of current.
        public var steps: [CurveStep]
    }

    /// A piece of a limit: from one current to another.
    public struct CurveStep: Sendable, Hashable, Codable {
        /// Multiples of the base, and bounds in percent.
        public var from: Double, to: Double, lower: Double, upper: Double
    }
}
