import BenchCore

/// Reads the block `shape:` of a source's table.
enum SourceTableShape {
    static func read(_ f: Fields, _ rows: inout SourceTableRows) -> SourceTable.Shape? {
        let outputs = f.choices("outputs", of: LoadShape.Output.Quantity.self)
        let combine = f.yesNo("combine", .optional) ?? true
        let most = f.integer("most-interharmonics", .optional, in: 1...100)
        let names = f.block("names", "the names of outputs and forms", .optional) { n -> [String: String]? in
            var names: [String: String] = [:]
            for key in ["voltage", "current", "rectangular", "sinusoidal"] {
                guard let name = n.text(key, .optional) else { continue }
                if !SCPIMessage.isLine(name) { n.complain(key, "«\(name)» cannot stand in a command") }
                names[key] = name
            }
            return names
        }
        func lines(_ key: String, _ known: Set<SourceTemplate.Value>) -> [SourceTable.Row] {
            rows.read(f, key, .optional, known: known.union(SourceTableRows.ofLoad)) ?? []
        }
        let output: Set<SourceTemplate.Value> = [.quantity]
        let shape = SourceTable.Shape(
            outputs: Set(outputs ?? []),
            quantities: [.voltage: names?["voltage"] ?? "VOLT", .current: names?["current"] ?? "CURR"],
            forms: [.rectangular: names?["rectangular"] ?? "RECT", .sinusoidal: names?["sinusoidal"] ?? "SIN"],
            combine: combine, mostInterharmonics: most, clear: lines("clear", output),
            harmonic: lines("harmonic", output.union([.order, .amplitude, .percent, .angle])),
            harmonics: lines("harmonics", output),
            interharmonic: lines("interharmonic", output.union([.interharmonic, .amplitude, .percent])),
            fluctuation: lines("fluctuation", output.union([.depth, .modulation, .form])),
            event: lines("event", output.union([.residual, .residualPercent, .duration, .ramp, .startAngle])),
            run: lines("run", []), trigger: lines("trigger", []))
        if shape.event.isEmpty != shape.trigger.isEmpty {
            f.complaints.add(f.mark, "«event» and «trigger» stand together: an event is prepared, then fired")
        }
        return outputs == nil ? nil : shape
    }
}
