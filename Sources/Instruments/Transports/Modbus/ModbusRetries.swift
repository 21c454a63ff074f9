public import BenchCore

/// How often a driver asks again, after which troubles, and how long it pauses before.
///
/// Only reads are ever repeated: whether a write that was not confirmed has been done is unknown, so that is for the caller. An
/// exception is an answer; repeating it is for drivers that know that their device is only busy (codes 5 and 6).
public struct ModbusRetries: Sendable, Hashable {
    /// How often a request is sent in all, 1 or more.
    public var attempts: Int
    /// After which faults it is sent again.
    public var after: Set<Fault.Code>
    /// Pause before it is sent again, s of life; the line serves others meanwhile.
    public var pause: Double

    /// A policy by its values.
    public init(
        attempts: Int, after: Set<Fault.Code> = [.timeout, .lateAnswer, .brokenFrame], pause: Double = 0
    ) {
        self.attempts = max(1, attempts)
        self.after = after
        self.pause = pause
    }

    /// Once, and no more.
    public static let never = ModbusRetries(attempts: 1)
    /// Twice, after silence, a late answer or a broken frame: a disturbance on a long line is seldom there twice.
    public static let reads = ModbusRetries(attempts: 2)
}

/// When a line leaves a silent unit alone, so that it does not cost the others their time. Whoever asks it meanwhile gets a fault
/// at once that says so; a safe action is sent all the same.
public struct ModbusLeaveAlone: Sendable, Hashable {
    /// After how many requests in a row without an answer.
    public var silences: Int
    /// For how long, s of life.
    public var seconds: Double

    /// A rule by its values.
    public init(silences: Int, seconds: Double) {
        self.silences = max(1, silences)
        self.seconds = seconds
    }
}

/// What a line has done for one unit since it was made.
public struct ModbusTally: Sendable, Hashable {
    /// Requests sent, repetitions included.
    public var requests = 0
    /// Answers that were used, exceptions included.
    public var answers = 0
    /// Requests that were repeats by policy.
    public var repeats = 0
    /// Faults by name.
    public var faults: [Fault.Code: Int] = [:]
}
