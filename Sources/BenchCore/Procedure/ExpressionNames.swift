extension TestKindName {
    /// The names an acceptance of this kind of test may use, and what they are.
    ///
    /// - accuracy: `error` is the mean percentage error, `limit` the smaller magnitude of the row's two bounds,
    ///   `limit.lower` and `limit.upper` the bounds with their sign.
    /// - repeatability: `error` is the list of the percentage errors of all determinations.
    /// - no-load: `pulses` counts the pulses seen.
    /// - starting: `registers` is true when the meter gave all pulses in time, `pulses` counts them.
    /// - register: `error` is the register's percentage error against the standard, `pulses-deviation` that of the register
    ///   against the meter's own pulses.
    /// - event: `error` is the percentage error after the events and `during` that over a time with all of them in it, both by pulses; `balanced`
    ///   is true when the register shows the standard's energy within its resolution and U, `change` is what it shows more, `critical-change`
    ///   what the table allows; `answers` is true when the meter answered in time after each event, `logged` when its log has them all.
    /// - influence: `variation` is the percentage error under the influence less the one at reference conditions.
    /// - directions: `deviation` is that of the worst register from what flowed into it, percent of all energy that flowed.
    /// - rf-duty-cycle: `duty-cycle` is the share of time on the air, `limit.upper` the longest that the rule allows.
    public var acceptanceNames: [String: Expression.Kind] {
        let limits: [String: Expression.Kind] = ["limit": .percent, "limit.lower": .percent, "limit.upper": .percent]
        switch self {
        case .warmUp: return [:]
        case .noLoad: return ["pulses": .number]
        case .starting: return ["registers": .boolean, "pulses": .number]
        case .accuracy: return limits.merging(["error": .percent]) { a, _ in a }
        case .repeatability: return limits.merging(["error": .percents]) { a, _ in a }
        case .directions: return limits.merging(["deviation": .percent]) { a, _ in a }
        case .influence: return limits.merging(["variation": .percent]) { a, _ in a }
        case .event:
            let own: [String: Expression.Kind] = [
                "error": .percent, "during": .percent, "balanced": .boolean, "answers": .boolean, "logged": .boolean,
                "change": .quantity(.energy), "critical-change": .quantity(.energy),
            ]
            return limits.merging(own) { a, _ in a }
        case .radioDutyCycle: return limits.merging(["duty-cycle": .percent]) { a, _ in a }
        case .register: return limits.merging(["error": .percent, "pulses-deviation": .percent]) { a, _ in a }
        }
    }
}

extension PointLimit {
    /// The limit as values of the names `limit`, `limit.lower`, `limit.upper`.
    public var values: [String: Expression.Value] {
        [
            "limit": .percent(magnitude), "limit.lower": .percent(lowerPercent), "limit.upper": .percent(upperPercent),
        ]
    }
}
