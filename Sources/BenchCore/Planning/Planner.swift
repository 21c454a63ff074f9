/// Expands a procedure for one bench and one meter type: the passes of meter and bench.
public enum Planner {
    /// The plan, or every reason why there is none.
    ///
    /// Checked here: class and connection of the meter, a nameplate value for every parameter, one limit row for every point, no
    /// current above Imax, voltages, currents and frequencies within the source's range, one accuracy row of the standard for
    /// every load, an uncertainty the bench can reach.
    /// - Throws: `Diagnostics` with every complaint, each at the value of the procedure that causes it.
    public static func plan(
        procedure: Procedure, limits: LimitTable, meterType: MeterType, bench: BenchDescription,
        kinds: [any StepKind]
    ) throws -> Plan {
        let context = PlanningContext(procedure: procedure, limits: limits, meter: meterType, bench: bench)
        var complaints = meterComplaints(context, limits)
        // Without class, standard or channel for reactive energy every step would only repeat it.
        let lacking = complaints.filter { $0.mark == procedure.marks["meter.energy"] }
        guard procedure.energy == .active || lacking.isEmpty else { throw Diagnostics(all: lacking) }
        var points: [TestPoint] = []
        var leftOut: [LeftOutPoint] = []
        for step in procedure.steps where step.only.include(meterType.nameplate, procedure.energy) {
            guard let kind = kinds.first(where: { $0.name == step.kind }) else {
                complaints.append(
                    step.diagnostic("\(step.kind.rawValue):", "no kind of test «\(step.kind.rawValue)» is built in"))
                continue
            }
            let expansion = kind.expand(step, context)
            complaints += expansion.complaints.filter { !complaints.contains($0) }
            complaints += tooLong(expansion.points, step)
            points += expansion.points
            leftOut += expansion.leftOut
        }
        if complaints.isEmpty, points.isEmpty {
            complaints.append(
                procedure.diagnostic("steps", "no test point is left for meter type «\(meterType.id)»"))
        }
        complaints += duplicates(points, procedure)
        let sampling = sampling(context)
        complaints += sampling.complaints
        guard complaints.isEmpty else { throw Diagnostics(all: fewer(sorted(complaints, procedure))) }
        for index in points.indices { points[index].number = index + 1 }
        var plan = Plan(
            procedure: procedure.id, edition: procedure.edition, title: procedure.title, basis: procedure.basis,
            limits: limits.id, meter: meterType, conditions: procedure.conditions.resolved(context.value(of:)),
            decisionRule: procedure.decisionRule, points: points, rampDown: procedure.rampDown, leftOut: leftOut)
        if procedure.energy != .active {
            plan.energy = procedure.energy
            plan.definition = bench.instrument(.referenceStandard)?.reactive?.definition
        }
        plan.capture = sampling.capture
        plan.observe = sampling.observe
        return plan
    }

    private static func meterComplaints(_ context: PlanningContext, _ limits: LimitTable) -> [Diagnostic] {
        let procedure = context.procedure
        let nameplate = context.meter.nameplate
        var found: [Diagnostic] = []
        func complain(_ path: String, _ message: String) { found.append(procedure.diagnostic(path, message)) }
        let meterClass = nameplate.accuracyClass(of: procedure.energy)
        if let meterClass, !procedure.accuracyClasses.contains(meterClass) {
            complain(
                "meter.accuracy-class",
                "this procedure is for \(procedure.classText); meter type «\(context.meter.id)» is of class \(meterClass)"
            )
        }
        if meterClass == nil {
            complain(
                "meter.energy",
                "meter type «\(context.meter.id)» is not one for reactive energy: its nameplate states no «reactive-class»"
            )
        }
        found += reactiveComplaints(context)
        found += procedure.complaints(about: limits)
        if let connection = procedure.connection, connection != nameplate.connection {
            complain(
                "meter.connection",
                "this procedure is for meters connected \(connection.words); meter type «\(context.meter.id)» is connected "
                    + nameplate.connection.words)
        }
        let used = procedure.steps.filter { $0.only.include(nameplate, procedure.energy) }.reduce(into: Set()) {
            $0.formUnion($1.symbols)
        }
        for parameter in procedure.parameters
        where used.contains(parameter.name) && context.value(of: parameter.name) == nil {
            complain("parameters.\(parameter.name)", missing(parameter, context))
        }
        return found
    }

    /// What a bench needs to measure reactive energy, as far as it lacks it.
    private static func reactiveComplaints(_ context: PlanningContext) -> [Diagnostic] {
        let (procedure, bench) = (context.procedure, context.bench)
        guard procedure.energy == .reactive else { return [] }
        var found: [String] = []
        if let reactive = bench.instrument(.referenceStandard)?.reactive {
            if let wanted = procedure.definition, wanted != reactive.definition {
                found.append(
                    "this procedure asks for \(wanted.words); the reference standard of bench «\(bench.id)» measures "
                        + reactive.definition.words)
            }
        } else {
            found.append(
                "the reference standard of bench «\(bench.id)» measures no reactive energy: nothing stands there as «reactive»"
            )
        }
        if !bench.positions.contains(where: { $0.reactiveChannel != nil }) {
            found.append(
                "nothing counts reactive pulses on bench «\(bench.id)»: no position has a «reactive-channel»")
        }
        return found.map { procedure.diagnostic("meter.energy", $0) }
    }

    /// Why a symbol has no value for a meter.
    private static func missing(_ parameter: ProcedureParameter, _ context: PlanningContext) -> String {
        let nameplate = context.meter.nameplate
        switch (parameter.source, parameter.name) {
        case (.limits(let fact), _):
            return
                "\(context.limits.id) has no fact «\(fact)» for \(nameplate.connection.rawValue) meters of class \(nameplate.accuracyClass(of: context.procedure.energy) ?? "none")"
        case (_, "In"), (_, "Ib"):
            let why =
                nameplate.connection == .direct
                ? "connected directly and has Ib" : "connected through transformers and has In"
            return "the nameplate of «\(context.meter.id)» gives no \(parameter.name): it is \(why)"
        case (.nameplate(let entry), _):
            return
                "the nameplate of «\(context.meter.id)» gives no \(parameter.name); it would stand there as «\(entry)»"
        case (.fixed, _): return "\(parameter.name) has no value"
        }
    }

    /// No test of a standard takes a week: a constant or a current is wrong by orders of magnitude.
    private static func tooLong(_ points: [TestPoint], _ step: Step) -> [Diagnostic] {
        points.filter { !($0.expectedDuration <= longest) }.prefix(1).map {
            step.diagnostic(
                "\(step.kind.rawValue):",
                "\($0.id) would take \(Decimal.fixed($0.expectedDuration / 86400, 0)) days; at most 7 are planned: "
                    + "look at the meter's constant, Imax and the current")
        }
    }

    /// The longest a test point may take, s.
    private static let longest = 7 * 86400.0

    /// Ids are the same for all meters of an order, so they must be unique.
    private static func duplicates(_ points: [TestPoint], _ procedure: Procedure) -> [Diagnostic] {
        var seen: Set<String> = []
        return points.filter { !seen.insert($0.id).inserted }.map {
            procedure.diagnostic("steps", "two test points are called «\($0.id)»")
        }
    }

    /// Three complaints at one value say enough; how many more test points run into it is a number.
    private static func fewer(_ complaints: [Diagnostic]) -> [Diagnostic] {
        var shown: [Diagnostic] = []
        var seen: [Diagnostic: Int] = [:]
        for complaint in complaints {
            let place = Diagnostic(file: complaint.file, mark: complaint.mark, message: "")
            seen[place, default: 0] += 1
            if seen[place, default: 0] <= 3 { shown.append(complaint) }
        }
        return shown.flatMap { complaint -> [Diagnostic] in
            let place = Diagnostic(file: complaint.file, mark: complaint.mark, message: "")
            let isLast = shown.last { $0.file == complaint.file && $0.mark == complaint.mark } == complaint
            guard isLast, let count = seen[place], count > 3 else { return [complaint] }
            let more = "and \(count - 3) more complaint\(count == 4 ? "" : "s") of this kind here"
            return [complaint, Diagnostic(file: complaint.file, mark: complaint.mark, message: more)]
        }
    }

    private static func sorted(_ complaints: [Diagnostic], _ procedure: Procedure) -> [Diagnostic] {
        complaints.enumerated().sorted { a, b in
            let x = (a.element.file == procedure.file ? 0 : 1, a.element.mark.line, a.element.mark.column, a.offset)
            let y = (b.element.file == procedure.file ? 0 : 1, b.element.mark.line, b.element.mark.column, b.offset)
            return x < y
        }.map(\.element)
    }
}
