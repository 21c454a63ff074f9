import BenchCore

/// What a data file of the family `scpi-source` says of a source: how it is known, what it can give, and what it is told.
struct SourceTable: Sendable {
    /// How angles are written.
    enum Angles: String, Sendable, CaseIterable {
        /// −180° … 180°.
        case signed
        /// 0° … 360°.
        case positive
    }
    /// When a line of a load is sent for a phase.
    enum Condition: String, Sendable, CaseIterable {
        case voltage, current
        case noVoltage = "no-voltage"
        case noCurrent = "no-current"

        func holds(_ phase: PhaseLoad) -> Bool {
            switch self {
            case .voltage: return phase.voltage > 0
            case .noVoltage: return phase.voltage == 0
            case .current: return phase.current > 0
            case .noCurrent: return phase.current == 0
            }
        }
    }
    /// One line that is sent.
    struct Row: Sendable {
        var send: SourceTemplate
        var when: Condition?
        /// The phases it is sent for, where not for all.
        var phases: [Int]?
        /// Sent for each phase although it holds no value of a phase.
        var eachPhase = false
        /// The outputs of a shape it is sent for, where not for both.
        var only: LoadShape.Output.Quantity?
        /// Whether it is sent for an event with ramps, or without; `nil`: for both.
        var ramp: Bool?
        /// Seconds to leave the source alone behind it.
        var pause = 0.0

        var ofPhase: Bool { eachPhase || phases != nil || when != nil || send.ofPhase }
    }
    /// A range of the instrument: everything up to a value, and what it is called in commands.
    struct Range: Sendable, Hashable {
        var upTo: Double, name: String
    }
    /// A question with yes or no as its answer.
    struct Question: Sendable {
        var ask: SourceTemplate
        /// Which of the values of the answer, from 1.
        var value: Int
        var yes: [String], no: [String]
    }
    /// A question whose answer tells of faults: by bits of a number, or by any word that is not one of the fine ones.
    struct FaultQuestion: Sendable {
        var ask: SourceTemplate
        var value: Int
        var bits: [Int: String], fine: [String]
    }

    /// What is sent for what stands on top of the sines of a load.
    struct Shape: Sendable {
        /// The outputs that can be shaped.
        var outputs: Set<LoadShape.Output.Quantity>
        /// What outputs and forms of modulation are called in commands.
        var quantities: [LoadShape.Output.Quantity: String], forms: [LoadShape.Fluctuation.Form: String]
        /// Whether harmonics, interharmonics, fluctuation and events can stand beside each other.
        var combine: Bool
        /// How many interharmonics an output can have.
        var mostInterharmonics: Int?
        /// With every load, before it: the end of what was; then for each harmonic, for each output with harmonics, …
        var clear: [Row], harmonic: [Row], harmonics: [Row], interharmonic: [Row], fluctuation: [Row], event: [Row]
        /// When the outputs are on: starts harmonics and the like, where that takes a command; and fires the events.
        var run: [Row], trigger: [Row]
    }

    /// What `*IDN?` may answer, with `*` for anything; empty: not looked at.
    var identity: [String]
    var dialect: SCPIDialect
    /// Seconds for an answer, where the source takes longer than usual.
    var response: Double?
    var capability: SourceCapability
    var angles: Angles
    /// What the phases are called in commands.
    var phaseNames: [String]
    var voltageRanges: [Range], currentRanges: [Range]
    /// Seconds from «on» or a new load until the values hold.
    var settle: Double
    /// Once before the first load; with each load; to energise; to make safe; to give the front panel back.
    var setup: [Row], load: [Row], on: [Row], currentOff: [Row], voltageOff: [Row], local: [Row]
    /// Whether the outputs are on; whether currents are; whether it has settled; what is wrong.
    var isOn: Question, currentOn: Question?, settled: Question?, faults: [FaultQuestion]
    /// How distortion, flicker and events are told; `nil` for a source of sines.
    var shape: Shape?
}
