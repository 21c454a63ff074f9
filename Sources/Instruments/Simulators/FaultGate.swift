/// Decides, request by request, which planned fault of a wire strikes.
struct FaultGate: Sendable {
    var faults: [PlannedFault] = []
    private var requests = 0

    /// What happens to the next request; `elapsed` is the time since the source was first switched on, `nil` before.
    mutating func next(elapsed: Double?) -> PlannedFault.Kind? {
        requests += 1
        for fault in faults {
            if let at = fault.at, (elapsed ?? -1) < at { continue }
            if requests % max(1, fault.every) == 0 { return fault.kind }
        }
        return nil
    }
}

extension PlannedFault.Kind {
    /// Whether it changes the world rather than what a wire carries.
    var isPhysical: Bool {
        switch self {
        case .sourceFault, .stuckClosed, .stuckOpen, .temperatureStep, .frequencyShift, .distortion: return true
        case .silent, .exception, .late, .wrongUnit, .brokenFrame, .halfFrame, .memory: return false
        }
    }
    /// Whether it changes what a wire carries.
    var isOnTheWire: Bool {
        switch self {
        case .silent, .exception, .late, .wrongUnit, .brokenFrame, .halfFrame: return true
        case .memory, .sourceFault, .stuckClosed, .stuckOpen, .temperatureStep, .frequencyShift, .distortion:
            return false
        }
    }
}
