/// Reads a rule file: `radio-rules: NAME`, sources, and rows of bands, hopping, exposure and modes.
///
/// ```yaml
/// radio-rules: etsi-srd-868
/// title: …
/// sources:
///   srd: { document: ERC/REC 70-03, edition: 2023, clause: annex 1 }
/// bands:
///   - { source: srd, band: 868 MHz to 868.6 MHz, use: non-specific, erp: 25 mW, duty-cycle: 1 %, window: 1 h, verified: two-sources, confidence: high }
/// exposure:
///   - { source: mpe, population: general, band: 300 MHz to 1500 MHz, density: f/1500 mW/cm², averaging: 30 min, verified: two-sources, confidence: high }
/// ```
public enum RadioRuleFile {
    /// What `check` needs to know of this kind of file.
    public static let kind = FileKind(firstKey: "radio-rules") { bytes, file in _ = try load(bytes, file: file) }

    /// Reads the bytes of a file; throws `Diagnostics` with every complaint of form and meaning.
    public static func load(_ bytes: [UInt8], file: String) throws -> RadioRules {
        let node = try StrictYAML.read(bytes, file: file)
        let complaints = Complaints(file)
        let rules = Fields.read(node, "a rule file", complaints) { f -> RadioRules? in
            let id = f.name("radio-rules")
            _ = f.text("title", .optional)
            let sources = readSources(f)
            let bands = f.blocks("bands", "a band", .optional) { bandRow($0, sources) }
            let hopping = f.blocks("hopping", "a hopping system", .optional) { hoppingRow($0, sources) }
            let exposure = f.blocks("exposure", "an exposure limit", .optional) { exposureRow($0, sources) }
            let modes = f.blocks("modes", "a mode", .optional) { modeRow($0, sources) }
            let separation = f.value("separation", .optional) { text throws(ValueTrouble) in
                let words = text.split(separator: " ")
                guard words.count == 2, words[1] == "cm", let value = Decimal.parse(words[0]), value > 0 else {
                    throw ValueTrouble("«\(text)» is no distance; write e.g. «20 cm»")
                }
                return value / 100
            }
            if bands.isEmpty, hopping.isEmpty, exposure.isEmpty, modes.isEmpty, complaints.all.isEmpty {
                complaints.add(f.mark, "has no rows; «bands», «hopping», «exposure» or «modes» belong here")
            }
            guard let id else { return nil }
            return RadioRules(
                id: id, bands: bands, hopping: hopping, exposure: exposure, modes: modes, separation: separation)
        }
        return try complaints.finish(rules).value
    }

    // MARK: - rows

    private static func readSources(_ f: Fields) -> [String: (document: String, edition: String, clause: String)] {
        var result: [String: (document: String, edition: String, clause: String)] = [:]
        _ = f.block("sources", "the list of sources") { s -> Bool? in
            for key in s.keys() {
                let source = s.block(key, "a source") { f -> [String]? in
                    let parts = [f.text("document"), f.text("edition"), f.text("clause")]
                    return parts.contains { $0 == nil } ? nil : parts.compactMap(\.self)
                }
                if let source { result[key] = (source[0], source[1], source[2]) }
            }
            return true
        }
        return result
    }

    private static func readCitation(
        _ f: Fields, _ sources: [String: (document: String, edition: String, clause: String)]
    ) -> Citation? {
        let source = f.value("source") { text throws(ValueTrouble) in
            if let source = sources[text] { return source }
            throw ValueTrouble(
                "«\(text)» is not one of the sources of this file; sources are \(sources.keys.sorted().joined(separator: ", "))"
            )
        }
        let verified = f.choice("verified", of: Citation.Confirmation.self)
        let confidence = f.choice("confidence", of: Citation.Confidence.self)
        guard let source, let verified, let confidence else { return nil }
        return Citation(
            document: source.document, edition: source.edition, clause: source.clause, verified: verified,
            confidence: confidence)
    }

    private static func range(_ f: Fields, _ key: String) -> RadioRules.Band? {
        f.range(key, Frequency.self).map { RadioRules.Band(lower: $0.lower.value, upper: $0.upper.value) }
    }

    private static func milliwatts(_ f: Fields, _ key: String) -> Double? {
        f.number(key, in: "mW", .power, .required, .positive)
    }

    private static func seconds(_ f: Fields, _ key: String, _ need: Fields.Need = .required) -> Double? {
        f.quantity(key, TimeSpan.self, need, .positive)?.value
    }

    private static func bandRow(
        _ f: Fields, _ sources: [String: (document: String, edition: String, clause: String)]
    ) -> RadioRules.BandRow? {
        let citation = readCitation(f, sources)
        let band = range(f, "band"), use = f.text("use"), erp = milliwatts(f, "erp")
        let duty = f.percent("duty-cycle", .required, .positive), window = seconds(f, "window")
        let polite = seconds(f, "polite-on-time", .optional)
        if let duty, duty > 100 { f.complain("duty-cycle", "a duty cycle is at most 100 %") }
        guard let citation, let band, let use, let erp, let duty, let window else { return nil }
        return RadioRules.BandRow(
            band: band, use: use, erp: erp, dutyCycle: duty / 100, window: window, politeOnTime: polite,
            citation: citation,
            line: f.mark.line)
    }

    private static func hoppingRow(
        _ f: Fields, _ sources: [String: (document: String, edition: String, clause: String)]
    ) -> RadioRules.HoppingRow? {
        let citation = readCitation(f, sources)
        let band = range(f, "band"), bandwidth = range(f, "bandwidth-20dB")
        let channels = f.integer("channels", in: 1...10_000)
        let dwell = seconds(f, "dwell"), window = seconds(f, "window"), power = milliwatts(f, "conducted")
        guard let citation, let band, let bandwidth, let channels, let dwell, let window, let power else { return nil }
        return RadioRules.HoppingRow(
            band: band, bandwidth: bandwidth, channels: channels, dwell: dwell, window: window, power: power,
            citation: citation, line: f.mark.line)
    }

    private static func exposureRow(
        _ f: Fields, _ sources: [String: (document: String, edition: String, clause: String)]
    ) -> RadioRules.ExposureRow? {
        let citation = readCitation(f, sources)
        let population = f.choice("population", of: RadioRules.ExposureRow.Population.self)
        let band = range(f, "band"), averaging = seconds(f, "averaging")
        let density = f.value("density") { text throws(ValueTrouble) in try readDensity(text) }
        guard let citation, let population, let band, let averaging, let density else { return nil }
        return RadioRules.ExposureRow(
            population: population, band: band, factor: density.factor, exponent: density.exponent,
            averaging: averaging,
            citation: citation, line: f.mark.line)
    }

    /// `0.2 mW/cm²`, `f/1500 mW/cm²`, `180/f² mW/cm²` with f in MHz, as 47 CFR 1.1310 writes it.
    static func readDensity(_ text: String) throws(ValueTrouble) -> (factor: Double, exponent: Int) {
        let wrong = ValueTrouble(
            "«\(text)» is no power density; write «0.2 mW/cm²», «f/1500 mW/cm²» or «180/f² mW/cm²», f in MHz")
        let words = text.split(separator: " ")
        guard words.count == 2, words[1] == "mW/cm²" else { throw wrong }
        let parts = words[0].split(separator: "/").map(String.init)
        if parts.count == 1, let value = Decimal.parse(parts[0]), value > 0 { return (value, 0) }
        guard parts.count == 2 else { throw wrong }
        if parts[0] == "f", let value = Decimal.parse(parts[1]), value > 0 { return (1 / value, 1) }
        guard let value = Decimal.parse(parts[0]), value > 0 else { throw wrong }
        switch parts[1] {
        case "f": return (value, -1)
        case "f²": return (value, -2)
        default: throw wrong
        }
    }

    private static func modeRow(
        _ f: Fields, _ sources: [String: (document: String, edition: String, clause: String)]
    ) -> RadioRules.ModeRow? {
        let citation = readCitation(f, sources)
        let mode = f.choice("mode", of: WirelessMBusTelegram.Mode.self)
        let way = f.text("way"), frequency = range(f, "frequency"), chips = range(f, "chip-rate")
        let deviation = range(f, "deviation")
        guard let citation, let mode, let way, let frequency, let chips, let deviation else { return nil }
        return RadioRules.ModeRow(
            mode: mode, way: way, frequency: frequency, chipRate: chips, deviation: deviation, citation: citation,
            line: f.mark.line)
    }
}
