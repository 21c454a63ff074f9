public import BenchCore
import FoundationEssentials

/// What a contract's suite found out about one instrument.
public struct ConformanceReport: Sendable, Codable, Hashable {
    /// Against what the suite ran.
    public enum Mode: String, Sendable, Codable, Hashable, CaseIterable {
        /// A simulator, with trouble made on the wire.
        case simulated
        /// The instrument itself, with nothing energised.
        case real
    }
    /// How one check ended.
    public enum Outcome: Sendable, Codable, Hashable {
        case passed
        /// Why it failed, as a sentence.
        case failed(String)
        /// Why it was left out, as a sentence.
        case notApplicable(String)
    }
    /// One check.
    public struct Check: Sendable, Codable, Hashable {
        /// Its name, e.g. `settled-is-honest`, and what it demands, as a sentence.
        public var name: String, sentence: String
        /// How it ended.
        public var outcome: Outcome
        /// Seconds of life that it took.
        public var seconds: Double

        /// A check by its parts.
        public init(name: String, sentence: String, outcome: Outcome, seconds: Double) {
            self.name = name
            self.sentence = sentence
            self.outcome = outcome
            self.seconds = seconds
        }
    }
    /// The instrument's id, its contract, and against what the suite ran.
    public var subject: String, contract: ConformanceContract, mode: Mode
    /// The checks, in the order of the suite.
    public var checks: [Check]
    /// Troubles that were made on the wire.
    public var troubles: Int

    /// A report by its parts.
    public init(subject: String, contract: ConformanceContract, mode: Mode, checks: [Check], troubles: Int) {
        self.subject = subject
        self.contract = contract
        self.mode = mode
        self.checks = checks
        self.troubles = troubles
    }

    /// The checks that failed.
    public var failures: [Check] {
        checks.filter { if case .failed = $0.outcome { true } else { false } }
    }
    /// Whether no check failed and at least one passed.
    public var conforms: Bool { failures.isEmpty && checks.contains { $0.outcome == .passed } }

    /// The report for people: one line a check, and a last line with the counts.
    public var table: String {
        var lines = ["\(subject): contract \(contract.rawValue), \(mode.rawValue)"]
        for check in checks {
            switch check.outcome {
            case .passed: lines.append("  passed    \(check.name): \(check.sentence)")
            case .failed(let why): lines.append("  FAILED    \(check.name): \(check.sentence)\n            \(why)")
            case .notApplicable(let why): lines.append("  left out  \(check.name): \(why)")
            }
        }
        let passed = checks.count { $0.outcome == .passed }
        let rest = checks.count - passed - failures.count
        lines.append(
            "\(passed) passed, \(failures.count) failed, \(rest) left out; \(troubles) troubles made on the wire")
        return lines.joined(separator: "\n")
    }

    /// The report as JSON, keys in order.
    public func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}

/// A contract that has a suite.
public enum ConformanceContract: String, Sendable, Codable, Hashable, CaseIterable {
    case source, standard, counter, digitizer, meter
    case radioReceiver = "rf-receiver"
    case sensor, interlock, contactor, lamp
    case errorCalculator = "error-calculator"
    case clockCounter = "clock-counter"

    /// The contract that an instrument of a role must keep.
    public init(_ role: InstrumentRole) {
        switch role {
        case .referenceSource: self = .source
        case .referenceStandard: self = .standard
        case .pulseCounter: self = .counter
        case .environment: self = .sensor
        case .contactor: self = .contactor
        case .errorCalculator: self = .errorCalculator
        case .clockCounter: self = .clockCounter
        case .radioReceiver: self = .radioReceiver
        case .interlock: self = .interlock
        case .lamp: self = .lamp
        case .digitizer: self = .digitizer
        }
    }
}
