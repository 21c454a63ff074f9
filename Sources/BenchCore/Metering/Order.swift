/// One meter of an order: which position it hangs on, its serial number and type.
public struct OrderedMeter: Sendable, Hashable, Codable {
    /// 1-based position on the bench.
    public var position: Int
    /// Serial number as on the nameplate.
    public var serial: String
    /// Identifier of the meter type.
    public var type: String

    /// A meter by position, serial and type.
    public init(position: Int, serial: String, type: String) {
        self.position = position
        self.serial = serial
        self.type = type
    }
}

/// A customer's order: which meters are to be tested, on which bench, by which procedure and decision rule.
public struct Order: Sendable, Hashable, Codable {
    /// The order's identifier.
    public var id: String
    /// Customer, in lines as an address is written.
    public var customer: [String]
    /// The batch or lot.
    public var batch: String
    /// The person responsible for the run.
    public var `operator`: String
    /// Decision rule agreed with the customer; `nil` takes the procedure's.
    public var decisionRule: DecisionRule?
    /// Path of the procedure file as written (relative to the order file).
    public var procedure: String
    /// Path of the bench file as written.
    public var bench: String
    /// Path of the folder with the meter type files (`<type>.yaml`) as written.
    public var meterTypes: String
    /// The meters.
    public var meters: [OrderedMeter]

    /// An order by its parts.
    public init(
        id: String, customer: [String], batch: String, operator: String, decisionRule: DecisionRule?,
        procedure: String, bench: String, meterTypes: String, meters: [OrderedMeter]
    ) {
        self.id = id
        self.customer = customer
        self.batch = batch
        self.operator = `operator`
        self.decisionRule = decisionRule
        self.procedure = procedure
        self.bench = bench
        self.meterTypes = meterTypes
        self.meters = meters
    }
}
