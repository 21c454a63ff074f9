/// Whether what was found satisfies the acceptance of a test point, for every value the uncertainty leaves possible.
enum Acceptance {
    enum Answer: Hashable {
        /// The acceptance holds for every possible value.
        case holds
        /// It holds for none.
        case fails
        /// It holds for some.
        case open
        /// It cannot be evaluated, with the reason.
        case unreadable(String)
    }

    /// How many values are tried from one end of an interval to the other.
    static let tries = 17

    /// The acceptance as read; where the point has none, the limit's own bounds for kinds that have an error.
    static func expression(_ point: TestPoint) throws -> Expression {
        var text = point.accept
        if text.isEmpty {
            switch point.kind {
            case .accuracy, .register: text = "error >= limit.lower and error <= limit.upper"
            case .directions: text = "deviation >= limit.lower and deviation <= limit.upper"
            case .influence: text = "variation >= limit.lower and variation <= limit.upper"
            case .event: text = "balanced and answers and logged"
            case .radioDutyCycle: text = "duty-cycle <= limit.upper"
            case .repeatability: text = "stdev(error) <= limit / 10"
            case .noLoad: text = "pulses <= \(point.maximumPulses ?? 1)"
            case .starting: text = "registers"
            case .warmUp: text = "1 <= 0"
            }
        }
        return try Expression.parse(text, names: point.kind.acceptanceNames, file: point.id, want: .boolean)
    }

    /// Tries the acceptance with each set of values.
    static func judge(_ point: TestPoint, _ candidates: [[String: Expression.Value]]) -> Answer {
        let limits = point.limit?.values ?? [:]
        do {
            let expression = try expression(point)
            var accepted = 0
            for values in candidates where try expression.holds(limits.merging(values) { _, own in own }) {
                accepted += 1
            }
            return accepted == candidates.count ? .holds : accepted == 0 ? .fails : .open
        } catch {
            return .unreadable("the acceptance «\(point.accept)» cannot be evaluated: \(error)")
        }
    }

    /// Values from `center − spread` to `center + spread`, both ends and the centre among them.
    static func interval(_ center: Double, _ spread: Double) -> [Double] {
        guard spread > 0 else { return [center] }
        let half = tries / 2
        return (-half...half).map { center + spread * Double($0) / Double(half) }
    }
}
