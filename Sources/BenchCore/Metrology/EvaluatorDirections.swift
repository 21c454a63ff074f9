/// Registers of both directions against what flowed by the standard, and the signs of all that measure.
extension Evaluator {
    /// The deviation of a point is that of the register that is farthest from what must have flowed into it, in percent of the energy that
    /// flowed in all phases whichever way: so registers that must stand still count too.
    static func directions(
        _ point: TestPoint, _ seen: DirectionsObservation, _ bench: BenchDescription, _ meter: MeterType,
        _ rule: DecisionRule
    ) -> Evaluation {
        let throughput = seen.reference.throughput / 3.6e6
        guard throughput > 0 else {
            return Evaluation(verdict: .inconclusive(reason: "the standard measured no energy"))
        }
        let summation = meter.summation ?? .vectorial
        let found = registers(seen, summation, throughput)
        guard let worst = found.max(by: { abs($0.deviation) < abs($1.deviation) }) else {
            return Evaluation(verdict: .inconclusive(reason: "no register of active energy was read"))
        }
        var findings = found.map { $0.words(summation, meter.summation != nil) }
        let budget: Budget
        do {
            // Phases that flow the other way do not lessen what the standard must measure.
            let builder = try BudgetBuilder(point.oneWay, bench)
            if seen.temperature == nil { findings.append(assumedTemperature) }
            budget = builder.register(
                resolution: worst.pair.resolution, energy: throughput, temperature: seen.temperature)
        } catch { return Evaluation(verdict: .inconclusive(reason: "no uncertainty: \(error.reason)")) }
        let U = budget.expandedUncertainty
        let hindrance = sourceTrouble(point, seen) ?? wide(point, budget, &findings)
        let answer = Acceptance.judge(
            point, Acceptance.interval(worst.deviation, rule.guardBand(U)).map { ["deviation": .percent($0)] })
        var judged = verdict(
            answer, point, error: worst.deviation, U: U, rule: rule, hindrance: hindrance, named: "deviation")
        if hindrance == nil {
            if case .fail(let reason) = judged {
                let other = otherWay(found, seen, summation, U, point)
                judged = .fail(reason: "\(reason); \(worst.words(summation, meter.summation != nil))\(other)")
            }
            let signs = signs(point, seen, meter)
            findings += signs
            if let first = signs.first { judged = .fail(reason: first) }
        }
        return make(worst.deviation, [worst.deviation], budget, judged, findings)
    }

    /// One register of active energy against what must have flowed into it.
    private struct Advance {
        var role: RegisterRole, pair: RegisterPair
        /// kWh, and percent of the throughput.
        var registered: Double, expected: Double, deviation: Double

        func words(_ summation: Summation, _ declared: Bool) -> String {
            func text(_ value: Double) -> String {
                Decimal.fixed(value, max(4, Decimal.decimals(of: pair.resolution, significant: 1)))
            }
            let by = declared ? " by \(summation.rawValue) summation" : ""
            return "«\(pair.name)» advanced by \(text(registered)) kWh, where \(text(expected)) kWh flowed\(by)"
        }
    }

    private static func registers(
        _ seen: DirectionsObservation, _ summation: Summation, _ throughput: Double
    ) -> [Advance] {
        let flowed = summation.registered(seen.reference)
        return seen.registers.compactMap { register in
            let expected: Double
            switch register.role {
            case .activeEnergyImport: expected = flowed.imported / 3.6e6
            case .activeEnergyExport: expected = flowed.exported / 3.6e6
            default: return nil
            }
            let registered = register.pair.end - register.pair.begin
            return Advance(
                role: register.role, pair: register.pair, registered: registered, expected: expected,
                deviation: 100 * (registered - expected) / throughput)
        }
    }

    /// Whether the registers fit another way to add the phases than the one declared.
    private static func otherWay(
        _ found: [Advance], _ seen: DirectionsObservation, _ declared: Summation, _ U: Double, _ point: TestPoint
    ) -> String {
        let allowed = U + (point.limit?.magnitude ?? 0)
        for other in Summation.allCases where other != declared {
            let fits = registers(seen, other, seen.reference.throughput / 3.6e6)
            if fits.allSatisfy({ abs($0.deviation) <= allowed }) {
                return "; the registers are those of \(other.rawValue) summation"
            }
        }
        return ""
    }

    /// Where what the standard reads does not flow the way that was asked of the source: nothing is said of the meter then.
    private static func sourceTrouble(_ point: TestPoint, _ seen: DirectionsObservation) -> String? {
        guard point.profile == nil else { return nil }
        for (i, phase) in point.load.phases.enumerated() where phase.current > 0 {
            let asked = point.load.effective(i), apparent = asked.voltage * asked.current
            guard seen.during.powers.indices.contains(i), abs(asked.power) > signShare * apparent else { continue }
            if asked.power * seen.during.powers[i] <= 0 {
                return "the standard reads \(Decimal.fixed(seen.during.powers[i], 1)) W in L\(i + 1), where "
                    + "\(Decimal.fixed(asked.power, 1)) W were asked of the source"
            }
        }
        return nil
    }

    /// A power below this share of the apparent power has no sign that anything could be said of.
    private static let signShare = 0.02

    /// Signs and registers of the meter that contradict the standard, in words.
    private static func signs(_ point: TestPoint, _ seen: DirectionsObservation, _ meter: MeterType) -> [String] {
        var found: [String] = []
        let apparent = zip(seen.during.voltages, seen.during.currents).reduce(0) { $0 + $1.0 * $1.1 }
        func compare(_ shown: Double?, _ read: Double?, _ what: String, _ unit: String) {
            guard let shown, let read, abs(read) > signShare * apparent, shown * read <= 0 else { return }
            found.append(
                "the meter shows \(what) power of \(Decimal.fixed(shown, 1)) \(unit), where the standard reads "
                    + "\(Decimal.fixed(read, 1)) \(unit)")
        }
        compare(seen.power, seen.during.totalPower, "active", "W")
        let reactive = seen.during.reactivePowers?.reduce(0, +)
        compare(seen.reactivePower, reactive, "reactive", "var")
        if let flag = seen.reverseFlag, point.profile == nil {
            let backwards = point.load.phases.indices.contains { point.load.effective($0).power < 0 }
            if backwards != (flag != 0) {
                found.append(
                    backwards
                        ? "the meter shows no reverse flow while energy flows backwards"
                        : "the meter shows reverse flow, and no energy flows backwards")
            }
        }
        // Which registers of reactive energy move tells the quadrant, where the load has one and all phases agree.
        guard point.profile == nil, point.exporting == nil, let reactive, abs(reactive) > signShare * apparent
        else { return found }
        for register in seen.registers {
            let quadrants = register.role.quadrants
            guard !quadrants.isEmpty else { continue }
            let way: EnergyDirection = reactive > 0 ? .import : .export
            // Without active power a load stands on the border of two quadrants.
            let onBorder = abs(seen.during.totalPower) <= signShare * apparent
            let here = quadrants.contains {
                $0.reactive == way && (onBorder || $0.active == (seen.during.totalPower > 0 ? .import : .export))
            }
            let moved = abs(register.pair.end - register.pair.begin) > register.pair.resolution * 1.5
            if here, !moved, !(onBorder && quadrants.count == 1) {
                found.append("«\(register.pair.name)» stood still, where its reactive energy flowed")
            } else if !here, moved {
                found.append("«\(register.pair.name)» moved, where no reactive energy of it flowed")
            }
        }
        return found
    }
}

extension TestPoint {
    /// The same point with the energy of all phases flowing one way.
    public var oneWay: TestPoint {
        guard let exporting else { return self }
        var copy = self
        for phase in exporting where copy.load.phases.indices.contains(phase - 1) {
            copy.load.phases[phase - 1].currentLag += 180
        }
        return copy
    }
}
