/// Trouble of equipment or software, never of the meter's accuracy: journalled first, then the safe state.
public struct Fault: Error, Sendable, Codable, Hashable, CustomStringConvertible {
    /// What went wrong, by name.
    public enum Code: String, Sendable, Codable, Hashable, CaseIterable {
        case timeout, connectionRefused, connectionLost, badAnswer, refused, notFound
        case modbusException, wrongUnit, lateAnswer, brokenFrame
        case sourceFault, notSettled, conditionsOutside, pulseGap, pulseOverrun, noPulses, interlock
        case wrongDevice, expired, cancelled, internalError
        case diskFull, storage
    }
    /// The name of the trouble; equality of faults is on this alone where code matters.
    public var code: Code
    /// The instrument or meter it happened at, by its id in the bench file.
    public var instrument: String
    /// What a person needs to know.
    public var detail: String

    /// A fault by code, instrument and detail.
    public init(_ code: Code, _ instrument: String, _ detail: String) {
        self.code = code
        self.instrument = instrument
        self.detail = detail
    }

    /// What people read in messages and tables.
    public var description: String { "\(instrument): \(code.rawValue): \(detail)" }
}
