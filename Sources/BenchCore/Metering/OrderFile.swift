/// Reads an order: which meters are to be tested, on which bench, by which procedure and decision rule.
public enum OrderFile {
    /// Reads the bytes of an order; throws `Diagnostics` with every complaint of form and meaning.
    public static func load(_ bytes: [UInt8], file: String) throws -> Order { try read(bytes, file: file).value }

    /// Reads the bytes of an order and keeps where its values stand: `meters[0].position`, `bench` …
    public static func read(_ bytes: [UInt8], file: String) throws -> Loaded<Order> {
        let node = try StrictYAML.read(bytes, file: file)
        let complaints = Complaints(file)
        let order = Fields.read(node, "an order", complaints) { f -> Order? in
            let id = f.name("order")
            let customer = f.texts("customer")
            let batch = f.text("batch")
            let person = f.text("operator")
            let procedure = f.path("procedure")
            let bench = f.path("bench")
            let types = f.path("meter-types")
            let rule = f.value("decision-rule", .optional) { text throws(ValueTrouble) in
                try QuantityText.decisionRule(text)
            }
            var seen = Seen()
            let meters = f.blocks("meters", "a meter of an order") { meter($0, &seen) }
            guard let id, let customer, let batch, let person, let procedure, let bench, let types else { return nil }
            return Order(
                id: id, customer: customer, batch: batch, operator: person, decisionRule: rule, procedure: procedure,
                bench: bench, meterTypes: types, meters: meters)
        }
        return try complaints.finish(order)
    }

    private struct Seen {
        var positions: [Int: Int] = [:], serials: [String: Int] = [:]
    }

    private static func meter(_ f: Fields, _ seen: inout Seen) -> OrderedMeter? {
        let position = f.integer("position", in: 1...BenchFile.mostPositions)
        let serial = f.text("serial")
        let type = f.name("type")
        if let position, let line = seen.positions.updateValue(f.mark("position").line, forKey: position) {
            f.complain("position", "position \(position) already has a meter on line \(line)")
        }
        if let serial, let line = seen.serials.updateValue(f.mark("serial").line, forKey: serial) {
            f.complain("serial", "serial number «\(serial)» already stands on line \(line)")
        }
        guard let position, let serial, let type else { return nil }
        return OrderedMeter(position: position, serial: serial, type: type)
    }

    /// Complaints about an order that do not show in its file alone: positions the bench has not, meter types nobody has.
    ///
    /// - Parameter types: identifiers of the meter types there are.
    public static func check(
        _ order: Loaded<Order>, bench: BenchDescription, types: some Sequence<String>
    ) -> [Diagnostic] {
        var found: [Diagnostic] = []
        let known = types.sorted()
        let positions = bench.positions.map(\.number)
        for (index, meter) in order.value.meters.enumerated() {
            if !positions.contains(meter.position) {
                let there = positions.map(String.init).joined(separator: ", ")
                found.append(
                    order.diagnostic(
                        "meters[\(index)].position",
                        "bench \(bench.id) has no position \(meter.position); positions are \(there)"))
            }
            if !known.contains(meter.type) {
                let hint = Spelling.nearest(meter.type, known).map { "did you mean «\($0)»? " } ?? ""
                let there = known.isEmpty ? "there are none" : "types are \(known.joined(separator: ", "))"
                found.append(
                    order.diagnostic("meters[\(index)].type", "there is no meter type «\(meter.type)»; \(hint)\(there)")
                )
            }
        }
        return found
    }
}
