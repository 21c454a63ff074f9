/// Reads a file of corrections: what calibration laboratories found of a digitizer's channels and of the transducers before them.
///
/// ```yaml
/// corrections: lab-1-2026
/// title: Digitizer 4711 with divider 12 and shunt 7
/// channels:
///   - channel: U1
///     digitizer:
///       manufacturer: …
///       model: …
///       serial: …
///       traceability: { certificate: 8012-2026, issuer: …, calibrated: 2026-03-02, valid-until: 2027-03-01 }
///       k: 2
///       rows:
///         - { frequency: 45 Hz to 65 Hz, gain: 1.000012, U-gain: 8 ppm, phase: -0.0021 °, U-phase: 0.0003 ° }
///     transducer: { kind: divider, input: 1000 V, output: 1 V, in-recording: no, … }
/// ```
/// `gain` is output over input after the nominal ratio, `phase` that of the output against the input; the analysis divides by both. `delay`
/// may stand in place of `phase`. U is expanded, with the `k` of its block. What it holds follows the correction files of TWM (CMI,
/// EMPIR TracePQM, `correction_load_digitizer.m` and `correction_load_transducer.m`): gain and phase over frequency and size of signal, nominal ratio, time skew, time base, jitter.
public enum CorrectionFile {
    /// A file's contents.
    struct Contents: Sendable, Hashable {
        var id: String, title: String?
        var clock: CorrectionSet.Clock?
        var channels: [ChannelCorrection]
    }

    /// Reads the bytes of a file and keeps where its values stand; throws `Diagnostics` with every complaint of form and meaning.
    static func read(_ bytes: [UInt8], file: String) throws -> Loaded<Contents> {
        let node = try StrictYAML.read(bytes, file: file)
        let complaints = Complaints(file)
        let contents = Fields.read(node, "a file of corrections", complaints) { f -> Contents? in
            let id = f.name("corrections")
            let title = f.text("title", .optional)
            let clock = f.block("clock", "the clock of a digitizer", .optional, clock)
            let channels = f.blocks("channels", "the correction of a channel", .required, channel)
            var seen: Set<String> = []
            for (correction, mark) in channels where !seen.insert(correction.channel).inserted {
                complaints.add(mark, "channel «\(correction.channel)» has a correction already; each has one")
            }
            guard let id else { return nil }
            return Contents(id: id, title: title, clock: clock, channels: channels.map(\.0))
        }
        return try complaints.finish(contents)
    }

    /// Complaints about a file alone, for `FileCheck`.
    public static func check(_ bytes: [UInt8], file: String) throws { _ = try read(bytes, file: file) }

    private static func clock(_ f: Fields) -> CorrectionSet.Clock? {
        let traceability = f.block("traceability", "the traceability of a clock", .required, Traceability.read)
        let deviation = f.quantity("deviation", Ratio.self)
        let k = coverage(f)
        let expanded = f.quantity("U-deviation", Ratio.self, .required, .notNegative)
        if let deviation, abs(deviation.value) > 0.01 {
            f.complain("deviation", "the sampling rate is off by more than 1 %; such a clock measures nothing")
        }
        guard let traceability, let deviation, let k, let expanded else { return nil }
        return CorrectionSet.Clock(
            deviation: deviation.value, uncertainty: expanded.value / k, traceability: traceability)
    }

    private static func channel(_ f: Fields) -> (ChannelCorrection, Mark)? {
        guard let name = f.text("channel") else {
            _ = f.keys()
            return nil
        }
        var correction = ChannelCorrection(channel: name)
        if f.has("digitizer") {
            correction.digitizer = f.block("digitizer", "a digitizer") { d -> CorrectionPart? in
                let k = coverage(d)
                readSampling(d, k, &correction)
                return part(d, k, Ranges(voltage: true, current: true))
            }
        }
        if f.has("transducer") { correction.transducer = f.block("transducer", "a transducer", .required, transducer) }
        if !f.has("digitizer"), !f.has("transducer") {
            f.complain("channel", "nothing is said of this channel; «digitizer», «transducer» or both belong here")
        }
        return (correction, f.mark("channel"))
    }

    /// What belongs to the digitizer's moment and number, not to its frequency response.
    private static func readSampling(_ f: Fields, _ k: Double?, _ correction: inout ChannelCorrection) {
        let factor = k ?? 2
        correction.skew = f.quantity("skew", TimeSpan.self, .optional)?.value
        let skewU = f.quantity("U-skew", TimeSpan.self, .optional, .notNegative)?.value
        correction.skewUncertainty = (skewU ?? 0) / factor
        if correction.skew != nil, skewU == nil, !f.has("U-skew") {
            f.complain("skew", "«U-skew» is missing beside it; a value without uncertainty corrects nothing")
        }
        if f.has("offset") {
            let offset = either(f, "offset", .any)
            correction.offset = offset?.value ?? 0
            let expanded = either(f, "U-offset", .notNegative)
            correction.offsetUncertainty = (expanded?.value ?? 0) / factor
            if let offset, let expanded, offset.unit != expanded.unit {
                f.complain("U-offset", "the offset is in \(offset.unit), its uncertainty in \(expanded.unit)")
            }
        }
        correction.jitter = f.quantity("jitter", TimeSpan.self, .optional, .notNegative)?.value ?? 0
        if f.has("scale"), let scale = either(f, "scale", .positive) {
            correction.scale = scale.value
            correction.scaleUnit = scale.unit
        }
    }

    /// Which dimensions a part's input may have.
    private struct Ranges { var voltage: Bool, current: Bool }

    /// A voltage or a current, whichever the unit says.
    private static func either(_ f: Fields, _ key: String, _ sign: Fields.Sign) -> (value: Double, unit: String)? {
        guard let text = f.scalar(key) else { return nil }
        if (try? QuantityText.quantity(text, Current.self)) != nil {
            return f.quantity(key, Current.self, .required, sign).map { ($0.value, "A") }
        }
        return f.quantity(key, Voltage.self, .required, sign).map { ($0.value, "V") }
    }

    private static func transducer(_ f: Fields) -> Transducer? {
        let kind = f.choice("kind", of: Transducer.Kind.self)
        let k = coverage(f)
        let isCurrent = kind == .shunt || kind == .currentTransformer
        let toCurrent = kind == .currentTransformer
        func rated(_ key: String, _ current: Bool) -> Double? {
            current
                ? f.quantity(key, Current.self, .required, .positive)?.value
                : f.quantity(key, Voltage.self, .required, .positive)?.value
        }
        let input = kind == nil ? f.scalar("input").map { _ in 1 } : rated("input", isCurrent)
        let output = kind == nil ? f.scalar("output").map { _ in 1 } : rated("output", toCurrent)
        let inRecording = f.yesNo("in-recording")
        let part = part(f, k, Ranges(voltage: !isCurrent, current: isCurrent))
        guard let kind, let input, let output, let inRecording, let part else { return nil }
        return Transducer(
            kind: kind, part: part, input: input, inputUnit: isCurrent ? "A" : "V", output: output,
            outputUnit: toCurrent ? "A" : "V", isInRecording: inRecording)
    }

    private static func part(_ f: Fields, _ k: Double?, _ ranges: Ranges) -> CorrectionPart? {
        let manufacturer = f.text("manufacturer")
        let model = f.text("model")
        let serial = f.text("serial")
        let traceability = f.block("traceability", "the traceability of a part", .required, Traceability.read)
        var levels: [CorrectionPart.Level] = []
        if f.has("levels") {
            if f.has("rows") { f.complain("rows", "«rows» stands beside «levels»; rows belong into each level") }
            levels = f.blocks("levels", "the rows for signals of a size") { level($0, k, ranges) }
            for (before, after) in zip(levels, levels.dropFirst()) where (before.highest ?? 0) > (after.lowest ?? 0) {
                f.complain("levels", "levels rise and do not overlap")
                break
            }
        } else if let rows = rows(f, k) {
            levels = [CorrectionPart.Level(nil, CorrectionTable(rows))]
        }
        guard let manufacturer, let model, let serial, let traceability, !levels.isEmpty else { return nil }
        return CorrectionPart(
            manufacturer: manufacturer, model: model, serial: serial, traceability: traceability, levels: levels)
    }

    private static func level(_ f: Fields, _ k: Double?, _ ranges: Ranges) -> CorrectionPart.Level? {
        let text = f.scalar("level")
        var range: ClosedRange<Double>?
        let isCurrent =
            ranges.current
            && (!ranges.voltage || text.map { (try? QuantityText.range($0, Current.self)) != nil } ?? false)
        if text != nil {
            range =
                isCurrent ? f.range("level", Current.self)?.closed : f.range("level", Voltage.self)?.closed
        }
        let rows = rows(f, k)
        guard let range, let rows else { return nil }
        return CorrectionPart.Level(range, CorrectionTable(rows))
    }

    private static func rows(_ f: Fields, _ k: Double?) -> [CorrectionRow]? {
        let rows = f.blocks("rows", "a row of a calibration") { r in row(r, k).map { ($0, r.mark("frequency")) } }
        for ((before, _), (after, mark)) in zip(rows, rows.dropFirst()) {
            if after.lowest <= before.highest {
                f.complaints.add(mark, "frequencies rise from row to row and do not overlap")
            }
            let step = abs(after.value(after.lowest).phase - before.value(before.highest).phase)
            if step > 180 {
                f.complaints.add(
                    mark,
                    "the phase is \(Decimal.fixed(step, 1))° from the row before; write it so that they differ by 180° at most"
                )
            }
        }
        return rows.isEmpty ? nil : rows.map(\.0)
    }

    private static func row(_ f: Fields, _ k: Double?) -> CorrectionRow? {
        let frequencies = f.value("frequency") { text throws(ValueTrouble) -> ClosedRange<Double> in
            let range: ClosedRange<Double>
            if text.contains(" to ") {
                range = try QuantityText.range(text, Frequency.self).closed
            } else {
                let one = try QuantityText.quantity(text, Frequency.self).value
                range = one...one
            }
            guard range.lowerBound >= 0 else { throw ValueTrouble("«\(text)»: a frequency is not negative") }
            return range
        }
        let gain = f.value("gain") { text throws(ValueTrouble) -> Double in
            let gain = try QuantityText.plain(text, example: "1.000012")
            guard gain > 0, gain <= 10 else {
                throw ValueTrouble(
                    "«\(text)»: a gain is output over input after the nominal ratio, so near 1; ratios stand under «input» and «output»"
                )
            }
            return gain
        }
        let gainU = f.quantity("U-gain", Ratio.self, .required, .notNegative)?.value
        let isDelay = f.has("delay")
        if isDelay, f.has("phase") { f.complain("phase", "«phase» and «delay» say the same; one of them belongs here") }
        var row = CorrectionRow(frequencies: frequencies ?? 0...0, gain: gain ?? 1)
        let own = f.value("k", .optional, coverage) ?? k
        var complete = true
        if isDelay {
            let delay = f.quantity("delay", TimeSpan.self)?.value
            let expanded = f.quantity("U-delay", TimeSpan.self, .required, .notNegative)?.value
            row.delay = delay ?? 0
            row.delayUncertainty = (expanded ?? 0) / (own ?? 2)
            complete = delay != nil && expanded != nil
        } else {
            let phase = f.quantity("phase", Angle.self)?.value
            let expanded = f.quantity("U-phase", Angle.self, .required, .notNegative)?.value
            if let phase, abs(phase) > 360 { f.complain("phase", "a phase is -360 ° … 360 °") }
            row.phase = phase ?? 0
            row.phaseUncertainty = (expanded ?? 0) / (own ?? 2)
            complete = phase != nil && expanded != nil
        }
        guard frequencies != nil, gain != nil, let gainU, own != nil, complete else { return nil }
        row.gainUncertainty = gainU / (own ?? 2)
        return row
    }

    private static func coverage(_ f: Fields) -> Double? { f.value("k", .required, coverage) }

    private static func coverage(_ text: String) throws(ValueTrouble) -> Double {
        let k = try QuantityText.plain(text, example: "2")
        guard k >= 1, k <= 10 else { throw ValueTrouble("«\(text)»: a coverage factor is 1 … 10, mostly 2") }
        return k
    }
}
