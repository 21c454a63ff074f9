/// Reads what a step applies: `apply`, `matrix` and `except`.
struct MatrixReader {
    let loader: ProcedureLoader
    let complaints: Complaints

    private static let known = MatrixAxis.Name.allCases.map(\.rawValue).joined(separator: ", ")

    /// Axes of one value each.
    func apply(_ node: Node) -> [MatrixAxis] {
        entries(node, "«apply»").compactMap { entry in
            guard let name = name(entry, "«apply»") else { return nil }
            guard case .scalar = entry.value else {
                complaints.add(
                    entry.value.mark, "«apply» sets one value for «\(entry.key)»; several belong into «matrix»")
                return nil
            }
            return value(entry.value, name).map { MatrixAxis(name: name, values: [$0], mark: entry.keyMark) }
        }
    }

    /// Axes of several values.
    func axes(_ node: Node) -> [MatrixAxis] {
        let entries = entries(node, "«matrix»")
        if case .map = node, entries.isEmpty { complaints.add(node.mark, "«matrix» is empty; axes are \(Self.known)") }
        return entries.compactMap { entry in
            guard let name = name(entry, "«matrix»") else { return nil }
            let nodes = items(entry.value)
            if nodes.isEmpty {
                complaints.add(
                    entry.value.mark, "axis «\(entry.key)» has no values; a sweep over nothing tests nothing")
            }
            if nodes.count > 1000 {
                complaints.add(
                    entry.value.mark, "axis «\(entry.key)» has \(nodes.count) values; the most that are read are 1000")
                return nil
            }
            let values = nodes.compactMap { value($0, name) }
            for (index, value) in values.enumerated()
            where values[..<index].contains(where: { $0.content == value.content }) {
                complaints.add(value.mark, "this value is already in axis «\(entry.key)»; every point is taken once")
            }
            return values.isEmpty ? nil : MatrixAxis(name: name, values: values, mark: entry.keyMark)
        }
    }

    /// Exceptions; their axes and values must be those of the matrix.
    func exceptions(_ list: [Node], _ axes: [MatrixAxis]) -> [MatrixException] {
        list.compactMap { node in
            var exception = MatrixException(values: [:])
            let entries = entries(node, "an exception")
            for entry in entries {
                guard let axis = axes.first(where: { $0.name.rawValue == entry.key }) else {
                    let known = axes.map(\.name.rawValue)
                    let hint = Spelling.nearest(entry.key, known).map { "did you mean «\($0)»? " } ?? ""
                    complaints.add(
                        entry.keyMark,
                        "«\(entry.key)» is not an axis of this matrix; \(hint)axes are \(known.joined(separator: ", "))"
                    )
                    continue
                }
                exception.values[axis.name] = items(entry.value).compactMap { item in
                    guard let value = value(item, axis.name) else { return nil }
                    if !axis.values.contains(where: { $0.content == value.content }), case .scalar(let text, _) = item {
                        complaints.add(item.mark, "«\(text)» is not a value of axis «\(entry.key)»")
                    }
                    return value.content
                }
            }
            if case .map = node, entries.isEmpty {
                complaints.add(node.mark, "this exception names no axis and would take every point out")
            }
            return exception.values.isEmpty ? nil : exception
        }
    }

    // MARK: - parts

    private func entries(_ node: Node, _ what: String) -> [Node.Entry] {
        guard case .map(let entries, _) = node else {
            complaints.add(
                node.mark,
                "\(what) is a block of axes, as «{ current: In, power-factor: 1 }»; here is \(node.shapeOrNothing)")
            return []
        }
        return entries
    }

    private func items(_ node: Node) -> [Node] {
        if case .list(let items, _) = node { return items }
        return [node]
    }

    private func name(_ entry: Node.Entry, _ what: String) -> MatrixAxis.Name? {
        if let name = MatrixAxis.Name(rawValue: entry.key) { return name }
        let hint = Spelling.nearest(entry.key, MatrixAxis.Name.allCases.map(\.rawValue))
        complaints.add(
            entry.keyMark,
            "«\(entry.key)» is not something \(what) can set; \(hint.map { "did you mean «\($0)»? " } ?? "")axes are \(Self.known)"
        )
        return nil
    }

    private func value(_ node: Node, _ axis: MatrixAxis.Name) -> MatrixValue? {
        guard case .scalar(let raw, let mark) = node else {
            complaints.add(node.mark, "a value of «\(axis.rawValue)» is one value; here is \(node.shapeOrNothing)")
            return nil
        }
        do throws(ValueTrouble) {
            return MatrixValue(content: try content(raw.trimmed, axis, mark), mark: mark)
        } catch {
            complaints.add(mark, error.message)
            return nil
        }
    }

    private func content(
        _ text: String, _ axis: MatrixAxis.Name, _ mark: Mark
    ) throws(ValueTrouble) -> MatrixValue.Content {
        switch axis {
        case .direction: return .direction(try Fields.word(text, "direction", EnergyDirection.self))
        case .phase:
            switch text {
            case "L1": return .phase(1)
            case "L2": return .phase(2)
            case "L3": return .phase(3)
            case "all": return .phase(nil)
            default: throw ValueTrouble("«\(text)» is not a phase; phases are L1, L2, L3, or «all» for a balanced load")
            }
        case .sine: return .sine(try QuantityText.sineFactor(text))
        case .powerFactor: return .powerFactor(try QuantityText.powerFactor(text))
        case .current:
            if text == "open" { return .open }
            return .current(try setting(text, mark, "; a current of zero is «open»"))
        case .voltage: return .voltage(try setting(text, mark))
        case .frequency: return .frequency(try setting(text, mark))
        case .interrupted: return .interrupted(try phases(text, "without voltage"))
        case .exporting: return .exporting(try phases(text, "that export"))
        case .residual:
            let percent = try QuantityText.number(text, in: "%", .ratio)
            guard (0...300).contains(percent) else {
                throw ValueTrouble(
                    "«\(text)»: the voltage of an event is 0 % (interruption) to 300 % of the voltage before")
            }
            return .residual(percent)
        case .duration:
            let span: ProcedureCapture.Span
            if text.hasSuffix("cycles") || text.hasSuffix("cycle") {
                span = .cycles(try QuantityText.cycles(text).count)
            } else {
                do throws(ValueTrouble) { span = .seconds(try QuantityText.quantity(text, TimeSpan.self).value) } catch
                {
                    throw ValueTrouble("«\(text)» is no duration; write e.g. «10 cycles» or «200 ms»")
                }
            }
            guard (0.002...3600).contains(span.seconds(at: 50)) else {
                throw ValueTrouble("«\(text)»: an event lasts 2 ms to 1 h")
            }
            return .duration(span)
        case .phases:
            if text == "all" { return .phases([]) }
            let names = ["L1", "L2", "L3"]
            let phases = text.split(separator: "+").map { names.firstIndex(of: String($0)).map { $0 + 1 } }
            let found = phases.compactMap { $0 }
            guard found.count == phases.count, !found.isEmpty, Set(found).count == found.count else {
                throw ValueTrouble("«\(text)» names no phases; write e.g. «L1», «L1+L2» or «all»")
            }
            return .phases(found.count == 3 ? [] : found.sorted())
        case .angle:
            let degrees = try QuantityText.number(text, in: "°", .angle)
            guard (0..<360).contains(degrees) else {
                throw ValueTrouble("«\(text)»: the angle of L1's voltage is 0 ° to below 360 °")
            }
            return .angle(degrees)
        }
    }

    /// One or two phases, `L1` or `L1+L2`.
    private func phases(_ text: String, _ what: String) throws(ValueTrouble) -> [Int] {
        let names = ["L1", "L2", "L3"]
        let phases = text.split(separator: "+").map { names.firstIndex(of: String($0)).map { $0 + 1 } }
        let found = phases.compactMap { $0 }
        guard found.count == phases.count, (1...2).contains(found.count), Set(found).count == found.count else {
            throw ValueTrouble("«\(text)» names no phases \(what); write one or two, as «L1» or «L1+L2»")
        }
        return found.sorted()
    }

    private func setting<D: Dimension>(_ text: String, _ mark: Mark, _ hint: String = "") throws(ValueTrouble)
        -> Setting<D>
    {
        let setting = try QuantityText.setting(text, D.self)
        let number: Double
        switch setting {
        case .absolute(let quantity): number = quantity.value
        case .relative(let share):
            number = share.factor
            loader.undeclared(share.base, mark, complaints)
        }
        guard number > 0 else { throw ValueTrouble("«\(text)» is not larger than zero" + hint) }
        return setting
    }
}
