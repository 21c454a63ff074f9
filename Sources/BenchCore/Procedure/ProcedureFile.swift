/// Reads procedure files: form and meaning, every complaint of the procedure and its parts collected.
public enum ProcedureFile {
    /// Reads a procedure with the parts it includes.
    ///
    /// - Parameters:
    ///   - path: the file, as messages name it.
    ///   - kinds: the kinds of test that its steps may have.
    ///   - read: gives the bytes of a file; the procedure's own folder is put before what it includes.
    /// - Throws: `Diagnostics` with every complaint of form and meaning; `Fault` where the procedure itself cannot be read.
    public static func load(
        _ path: String, kinds: [any StepKind], read: @escaping (String) throws -> [UInt8] = { try Disk.read($0) }
    ) throws -> Procedure {
        let loader = ProcedureLoader(folder: Disk.parent(path), kinds: kinds, read: read)
        return try loader.procedure(path, try read(path))
    }

    /// The first key of each kind of file that people write; a procedure begins with `procedure:`, a part with `part:`.
    public static let firstKeys = ["procedure", "part"]

    /// Complaints about a part on its own; none where it is fine.
    public static func checkPart(_ path: String, _ bytes: [UInt8], kinds: [any StepKind]) -> [Diagnostic] {
        let loader = ProcedureLoader(folder: Disk.parent(path), kinds: kinds) { _ in [] }
        loader.parameters = nil
        _ = loader.part(path, bytes)
        return loader.collected
    }
}

/// Reads one procedure: the state of doing so.
final class ProcedureLoader {
    let folder: String
    let kinds: [any StepKind]
    let read: (String) throws -> [UInt8]
    /// The symbols declared; `nil` while a part is checked on its own: any will do.
    var parameters: [ProcedureParameter]? = []
    private(set) var collected: [Diagnostic] = []
    private var sources: [ProcedureSource] = []
    private var steps: [Step] = []
    private var rampDown: Double?
    /// The energy that the procedure is about; `nil` while a part is read by itself.
    private(set) var energy: EnergyKind?

    init(folder: String, kinds: [any StepKind], read: @escaping (String) throws -> [UInt8]) {
        self.folder = folder
        self.kinds = kinds
        self.read = read
    }

    func collect(_ complaints: [Diagnostic]) {
        for complaint in complaints where !collected.contains(complaint) { collected.append(complaint) }
    }

    // MARK: - the procedure

    func procedure(_ path: String, _ bytes: [UInt8]) throws -> Procedure {
        let complaints = Complaints(path)
        sources = [ProcedureSource(path: Disk.name(path), bytes: bytes)]
        let node = try StrictYAML.read(bytes, file: path)
        let result = Fields.read(node, "a procedure", complaints) { procedure($0, complaints) }
        collect(complaints.all)
        guard collected.isEmpty, let result else {
            if collected.isEmpty { complaints.add(node.mark, "cannot be read") }
            throw Diagnostics(all: sorted(collected + (collected.isEmpty ? complaints.all : []), first: path))
        }
        return result
    }

    /// In the order of the file, the procedure itself before its parts.
    private func sorted(_ list: [Diagnostic], first: String) -> [Diagnostic] {
        list.enumerated().sorted { a, b in
            let x = (a.element.file == first ? 0 : 1, a.element.file, a.element.mark.line, a.element.mark.column)
            let y = (b.element.file == first ? 0 : 1, b.element.file, b.element.mark.line, b.element.mark.column)
            return x == y ? a.offset < b.offset : x < y
        }.map(\.element)
    }

    private func procedure(_ fields: Fields, _ complaints: Complaints) -> Procedure? {
        let id = fields.name("procedure")
        let edition = fields.text("edition")
        let title = fields.text("title")
        let basis = fields.text("basis")
        let meter = fields.block("meter", "the meter of a procedure") { self.meter($0) }
        let parameters = fields.block("parameters", "the list of parameters") { ProcedureReader.parameters($0) }
        // Where the list itself is wrong, «is not a parameter» at every step would only hide that.
        self.parameters = parameters
        let limits = fields.path("limits")
        if let limits { include(limits, fields.mark("limits"), complaints) }
        let conditions = fields.block("conditions", "the conditions of a procedure", .optional) {
            ProcedureReader.conditions($0)
        }
        let capture = fields.block("capture", "what of the waveforms is kept", .optional) {
            ProcedureReader.capture($0)
        }
        let observe = fields.block("observe", "what a digitizer must see", .optional) {
            ProcedureReader.observations($0)
        }
        let rule = fields.value("decision-rule", .optional, QuantityText.decisionRule)
        readSteps(fields.list("steps"), complaints)
        readFinally(fields.list("finally"), fields.keyMark("finally"), complaints)
        if let conditions { bases(conditions.frequency, "conditions.frequency", complaints) }
        if let observe { bases(observe.frequency, "observe.frequency", complaints) }
        guard let id, let edition, let title, let basis, let meter, let parameters, let limits else { return nil }
        var procedure = Procedure(
            id: id, edition: edition, title: title, basis: basis, accuracyClasses: meter.classes,
            connection: meter.connection, parameters: parameters, limits: limits,
            conditions: conditions ?? ProcedureConditions(), capture: capture, observe: observe,
            decisionRule: rule ?? .simpleAcceptance, steps: steps,
            rampDown: rampDown ?? 0, sources: sources, file: complaints.file, marks: complaints.marks)
        procedure.energy = energy ?? .active
        procedure.definition = meter.definition
        return procedure
    }

    private func meter(
        _ fields: Fields
    ) -> (classes: [String], connection: Connection?, definition: ReactiveDefinition?)? {
        energy = fields.choice("energy", of: EnergyKind.self) ?? .active
        let definition = fields.choice("definition", .optional, of: ReactiveDefinition.self)
        if energy == .active, definition != nil {
            fields.complain("definition", "only reactive energy has more than one definition")
        }
        let classes = fields.values("accuracy-class", .required, AccuracyClassText.read)
        let connection = fields.choice("connection", .optional, of: Connection.self)
        return classes.map { ($0, connection, definition) }
    }

    private func bases(_ frequency: Tolerance<Frequency>?, _ path: String, _ complaints: Complaints) {
        if case .relative(let share) = frequency?.middle { undeclared(share.base, complaints.marks[path], complaints) }
    }

    /// Complains about a symbol that is not declared.
    func undeclared(_ base: String, _ mark: Mark, _ complaints: Complaints) {
        guard let parameters, !parameters.contains(where: { $0.name == base }) else { return }
        let known = parameters.map(\.name).joined(separator: ", ")
        complaints.add(
            mark,
            "«\(base)» is not a parameter of this procedure; "
                + (known.isEmpty ? "none is declared" : "parameters are \(known)"))
    }

    // MARK: - parts

    /// The bytes of a file named by the procedure; `nil` after a complaint.
    @discardableResult
    func include(_ name: String, _ mark: Mark, _ complaints: Complaints) -> [UInt8]? {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard !parts.contains(".."), !parts.contains(""), !parts.contains(".") else {
            complaints.add(
                mark,
                "«\(name)»: a file that belongs to a procedure stands in its folder or below, "
                    + "so that both are kept together; write e.g. «Parts/warm-up.yaml»")
            return nil
        }
        if let known = sources.first(where: { $0.path == name }) { return known.bytes }
        let path = Procedure.path(name, in: folder)
        do {
            let bytes = try read(path)
            sources.append(ProcedureSource(path: name, bytes: bytes))
            return bytes
        } catch let fault as Fault {
            complaints.add(mark, "\(path) cannot be read: \(fault.detail)")
        } catch {
            complaints.add(mark, "\(path) cannot be read")
        }
        return nil
    }

    /// Reads a part and adds its steps.
    func part(_ path: String, _ bytes: [UInt8]) -> Bool {
        let complaints = Complaints(path)
        do {
            let node = try StrictYAML.read(bytes, file: path)
            _ = Fields.read(node, "a part of a procedure", complaints) { fields -> Bool? in
                _ = fields.name("part")
                _ = fields.text("title", .optional)
                if !fields.has("steps"), !fields.has("finally") {
                    complaints.add(fields.mark, "a part has «steps» or «finally»; this one has neither")
                }
                readSteps(fields.list("steps", .optional), complaints, included: true)
                if fields.has("finally") {
                    readFinally(fields.list("finally"), fields.keyMark("finally"), complaints, included: true)
                }
                return true
            }
        } catch let trouble as Diagnostics {
            collect(trouble.all)
        } catch {
            complaints.add(Mark(line: 1, column: 1), "cannot be read")
        }
        collect(complaints.all)
        return complaints.all.isEmpty
    }

    /// If an entry is `include: …`, reads that part; `false` where it is something else.
    private func included(_ node: Node, _ complaints: Complaints, allowed: Bool) -> Bool {
        guard case .map(let entries, _) = node, let entry = entries.first(where: { $0.key == "include" }) else {
            return false
        }
        guard allowed else {
            complaints.add(entry.keyMark, "a part cannot include another part; include both in the procedure")
            return true
        }
        _ = Fields.read(node, "an include", complaints) { fields -> Bool? in
            guard let name = fields.path("include"), let bytes = include(name, fields.mark("include"), complaints)
            else { return nil }
            return part(Procedure.path(name, in: folder), bytes)
        }
        return true
    }

    private func readSteps(_ items: [Node]?, _ complaints: Complaints, included isPart: Bool = false) {
        for item in items ?? [] where !included(item, complaints, allowed: !isPart) {
            var reader = StepReader(loader: self, complaints: complaints, number: steps.count + 1)
            guard let step = reader.step(item) else { continue }
            steps.append(step)
            for kind in kinds where kind.name == step.kind {
                for complaint in kind.check(step) { complaints.add(complaint.mark, complaint.message) }
            }
        }
    }

    private func readFinally(_ items: [Node]?, _ mark: Mark, _ complaints: Complaints, included isPart: Bool = false) {
        for item in items ?? [] where !included(item, complaints, allowed: !isPart) {
            guard let seconds = ProcedureReader.rampDown(item, complaints) else { continue }
            if rampDown != nil { complaints.add(item.mark, "a second ramp-down; every run ends with one") }
            rampDown = seconds
        }
    }
}
