/// How long a wire waits, in seconds of life (never scaled: wires are real).
public struct WireTimeouts: Sendable, Hashable {
    /// For a connection to be made.
    public var connect: Double
    /// From a request to its answer.
    public var response: Double
    /// How much longer a late answer is listened for, so that it is told apart from silence and never taken for the
    /// next one.
    public var late: Double
    /// Bound of what a driver may ask for where one answer takes longer than `response`; infinite on a bench, short where silences
    /// are part of a test.
    public var longest: Double

    /// Time-outs in seconds.
    public init(connect: Double = 1, response: Double = 2, late: Double = 1, longest: Double = .infinity) {
        self.connect = connect
        self.response = response
        self.late = late
        self.longest = longest
    }

    /// For SCPI over TCP: an answer may wait for a measurement.
    public static let scpi = WireTimeouts(connect: 1, response: 2, late: 0)
    /// For Modbus: meters answer within 200 ms as a rule, gateways within 500 ms.
    public static let modbus = WireTimeouts(connect: 1, response: 0.5, late: 1)
}
