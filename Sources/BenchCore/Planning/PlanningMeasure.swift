extension PlanningContext {
    /// Fills in the uncertainty asked for and what the bench can reach with pulses; complains where it falls short.
    ///
    /// Where a step asks for no uncertainty, the share of the limit that the table allows a bench is taken.
    public func measureByPulses(_ point: inout TestPoint, _ step: Step, _ result: inout StepExpansion) {
        let limit = point.limit?.magnitude
        let share = limits.fact("bench-uncertainty-fraction", meter.nameplate.connection)?.value
        point.targetU = step.uncertainty?.percent(limit: limit) ?? share.flatMap { share in limit.map { share * $0 } }
        guard let constant = meter.constant(point.direction),
            let reach = PlanReach.pulses(point, constant: constant, bench: bench, target: point.targetU)
        else { return }
        point.reachableU = reach.U
        point.expectedDuration += Double(point.repeats) * reach.gate
        guard let target = point.targetU, step.uncertainty != nil, reach.U > target else { return }
        result.complaints.append(
            step.diagnostic(
                "measure.uncertainty",
                "\(point.id): this bench reaches U = \(Decimal.fixed(reach.U, 3)) %, and \(Decimal.fixed(target, 3)) % is asked for"
            ))
    }
}

extension PlanningContext {
    /// Fills in what the bench can reach for the error of a register that moves in steps of `resolution` (W·s).
    public func reachByRegister(_ point: inout TestPoint, resolution: Double) {
        guard let energy = point.energy,
            let reach = PlanReach.register(point, energy: energy, resolution: resolution, bench: bench)
        else { return }
        point.reachableU = reach
    }
}

extension Step {
    /// The time a step gives, or `shortest` where it is computed; complains where it gives less.
    public func seconds(atLeast shortest: Double, _ by: String, _ result: inout StepExpansion) -> Double? {
        guard case .seconds(let given) = time else { return shortest }
        if given < shortest {
            let key = keys.contains("for") ? "for" : "within"
            let complaint = diagnostic(
                key,
                "\(Decimal.fixed(given, 0)) s is shorter than \(by) for this meter, \(Decimal.fixed(shortest, 1)) s")
            if !result.complaints.contains(complaint) { result.complaints.append(complaint) }
        }
        return given
    }
}
