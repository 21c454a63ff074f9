public import BenchCore

/// Everything a certificate says about one meter, before it is set on pages; JSON holds exactly this.
public struct MeterCertificate: Sendable, Hashable, Codable {
    /// Title, and number: unique, on every page.
    public var title: String, number: String
    /// Whether anything was simulated: then SIMULATED stands on every page.
    public var simulated: Bool
    /// Who issues it, and where the work was done.
    public var laboratory: Laboratory, place: [String]
    /// The customer as an address is written; order and batch, as given by the customer.
    public var customer: [String], order: String, batch: String
    /// Who performed and authorises the verification.
    public var authorisedBy: String
    /// First and last event of the run, and the moment of issue, UTC.
    public var begun: String, ended: String, issued: String
    /// The meter.
    public var item: Item
    /// Procedure, limits and their files.
    public var method: Method
    /// The definition of reactive energy behind the results, in words; `nil` for active energy.
    public var reactive: String?
    /// Conditions as observed over the run.
    public var conditions: [ConditionRange]
    /// Standards with their traceability, and other instruments.
    public var standards: [StandardUsed]
    /// The statement of metrological traceability.
    public var traceability: String
    /// Error, uncertainty and verdict at the points with a percentage error.
    public var accuracy: [AccuracyRow]
    /// No-load tests.
    public var noLoad: [NoLoadRow]
    /// Starting tests.
    public var starting: [StartingRow]
    /// Repeatability tests.
    public var repeatability: [RepeatabilityRow]
    /// Variations of the error by influence quantities.
    public var variations: [VariationRow]
    /// Tests with dips, interruptions and swells.
    public var events: [EventRow]
    /// Watches on the air.
    public var radio: [RadioRow]
    /// Register (constant) tests.
    public var register: [RegisterRow]
    /// Registers of both directions; how the meter type says that they add the phases, `nil` where it does not.
    public var directions: [DirectionsRow], summation: Summation?
    /// What a digitizer sampled beside the tests that count; empty where none was asked.
    public var sampling: [SampledRow]
    /// The files of corrections behind what the digitizer saw.
    public var corrections: [CorrectionSet.Reference]
    /// Documents and clauses behind limits and rules, by their reference number on the page.
    public var sources: [LimitSource]
    /// The budget of the point nearest to (or furthest over) its limit.
    public var budget: BudgetExample?
    /// How uncertainty is stated.
    public var uncertainty: String
    /// How verdicts were decided.
    public var decision: DecisionStatement
    /// What was noticed: repeats, faults, findings.
    public var observations: [Observation]
    /// Additions to, deviations from and exclusions from the procedure.
    public var deviations: [String]
    /// The verdict over all points, and why.
    public var verdict: Verdict, reasons: [String]
    /// The statement of conformity that the verdict means.
    public var conformity: String
    /// Program and evidence.
    public var software: SoftwareIdentity, evidence: EvidenceIdentity
    /// Statements that stand on every certificate.
    public var statements: [String]
    /// The limits over current as lines, for the figure.
    public var curves: [CurvePanel]

    /// The meter as described by its type and as it answered.
    public struct Item: Sendable, Hashable, Codable {
        /// What it is, in words.
        public var description: String
        /// Maker, model, serial number.
        public var manufacturer: String, model: String, serial: String
        /// Position on the bench.
        public var position: Int
        /// Class, connection, wiring in words.
        public var accuracyClass: String, connection: String, wiring: String
        /// Un, In or Ib, Imax, fn as printed.
        public var voltage: String, current: String, maximumCurrent: String, frequency: String
        /// Constants as printed with their directions.
        public var constants: [String]
        /// What the meter answered over its data interface; `nil` where it has none or was silent.
        public var answered: InstrumentIdentity?
    }

    /// What was done, and according to which documents.
    public struct Method: Sendable, Hashable, Codable {
        /// Procedure: identifier, edition, title, basis.
        public var procedure: String, edition: String, title: String, basis: String
        /// Identifier of the limit table.
        public var limits: String
        /// Steps in words, in their order.
        public var steps: [String]
        /// SHA-256 of the frozen files by path.
        public var files: [FileHash]
    }

    /// A file and its hash.
    public struct FileHash: Sendable, Hashable, Codable {
        /// Path in the run folder, and SHA-256.
        public var path: String, sha256: String
    }

    /// A condition: what was observed and what is allowed.
    public struct ConditionRange: Sendable, Hashable, Codable {
        /// Name with unit.
        public var name: String, unit: String
        /// Lowest and highest observed.
        public var lowest: Figure, highest: Figure
        /// What the procedure allows, as printed; empty where it says nothing.
        public var allowed: String
    }

    /// An instrument of the bench.
    public struct StandardUsed: Sendable, Hashable, Codable {
        /// What it is on the bench, and who it is.
        public var role: String, manufacturer: String, model: String, serial: String
        /// Firmware as answered; empty where unknown.
        public var firmware: String
        /// Calibration; `nil` for instruments that carry no value into the results.
        public var traceability: Traceability?
        /// Whether it is a reference standard (traceability required).
        public var reference: Bool
    }

    /// The program that measured and judged.
    public struct SoftwareIdentity: Sendable, Hashable, Codable {
        /// Name, version, SHA-256 of the executable.
        public var name: String, version: String, sha256: String
    }

    /// Where the original observations are.
    public struct EvidenceIdentity: Sendable, Hashable, Codable {
        /// Run, number of lines of its journal, SHA-256 of the last line.
        public var run: String, lines: Int, root: String
    }

    /// A source of limits.
    public struct LimitSource: Sendable, Hashable, Codable {
        /// Number on the page.
        public var reference: Int
        /// Document, edition, clause.
        public var citation: Citation
        /// How it was confirmed, in words.
        public var confirmation: String
    }

    /// An anomaly with the test points it belongs to.
    public struct Observation: Sendable, Hashable, Codable {
        /// Numbers of the test points; empty where it belongs to none.
        public var points: [Int]
        /// What was seen.
        public var text: String
    }

    /// The decision rule in words.
    public struct DecisionStatement: Sendable, Hashable, Codable {
        /// Name of the rule, guard band, risk, and what each verdict means.
        public var rule: String, guardBand: String, risk: String, meaning: [String]
        /// Guard factor r of w = r·U.
        public var guardFactor: Double
    }

    /// The uncertainty budget of one point.
    public struct BudgetExample: Sendable, Hashable, Codable {
        /// The point in words.
        public var point: String, number: Int
        /// Its lines.
        public var lines: [BudgetRow]
        /// Combined standard uncertainty, effective degrees of freedom as printed, k, U.
        public var u: Figure, degrees: String, k: Figure, U: Figure
    }

    /// A line of the budget as printed.
    public struct BudgetRow: Sendable, Hashable, Codable {
        /// Input, distribution, unit, degrees of freedom (∞ where infinite).
        public var name: String, distribution: String, unit: String, degrees: String
        /// Standard uncertainty, sensitivity, contribution in percent.
        public var u: Figure, sensitivity: Figure, contribution: Figure
    }
}
