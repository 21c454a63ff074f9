extension PlanningContext {
    /// Fills in the uncertainty asked for, what the bench can reach with pulses and how long that takes; complains where
    /// the bench falls short.
    ///
    /// Where a step asks for no uncertainty, the share of the limit that the table allows a bench is aimed at.
    public func measureByPulses(_ point: inout TestPoint, _ step: Step, _ result: inout StepExpansion) {
        let limit = point.limit?.magnitude
        let share = limits.fact("bench-uncertainty-fraction", meter.nameplate.connection)?.value
        point.targetU = step.uncertainty?.percent(limit: limit) ?? share.flatMap { share in limit.map { share * $0 } }
        if let risk = step.risk, let least = step.repeats, let most = step.mostRepeats {
            point.sequential = SequentialPlan.make(
                risk: risk, least: least, most: most, endsAtU: step.uncertainty?.percent(limit: limit))
        }
        guard let constant = meter.constant(point) else { return }
        do throws(BudgetTrouble) {
            let plan = try PulsePlanner.plan(point, bench: bench, meterConstant: constant.pulsesPerKilowattHour)
            point.reachableU = plan.expectedU
            // A gate begins with an edge, which is half a pulse away on average and one at most.
            let begin = point.expectedDuration + plan.gateSeconds / Double(plan.pulses)
            point.expectedDuration = begin + plan.seconds
            if let least = point.sequential?.least {
                point.sequential?.leastDuration = begin + plan.gateSeconds * Double(least)
            }
            guard let target = point.targetU, step.uncertainty != nil, plan.expectedU > target else { return }
            result.complaints.append(
                step.diagnostic(
                    "measure.uncertainty",
                    "\(point.id): this bench reaches U = \(Decimal.fixed(plan.expectedU, 3)) %, and at most "
                        + "\(Decimal.fixed(target, 3)) % is asked for"))
        } catch {
            result.complaints.append(step.diagnostic("\(step.kind.rawValue):", "\(point.id): \(error.reason)"))
        }
    }
}

extension Step {
    /// The time a step gives, or `computed`; complains where it gives less than `shortest`.
    public func seconds(
        computed: Double, shortest: Double, _ by: String, _ result: inout StepExpansion
    ) -> Double {
        guard case .seconds(let given) = time else { return computed }
        if given < shortest {
            let complaint = diagnostic(
                keys.contains("for") ? "for" : "within",
                "\(Decimal.shortest(given)) s is shorter than \(by), \(Decimal.fixed(shortest, 1)) s for this meter")
            if !result.complaints.contains(complaint) { result.complaints.append(complaint) }
        }
        return given
    }
}
