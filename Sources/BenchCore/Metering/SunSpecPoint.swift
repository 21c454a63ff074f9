/// The points that SunSpec's common model (1) and its AC meter models (201–204, 211–214) have.
///
/// Source: SunSpec Alliance, information model definitions `model_1`, `model_201` … `model_214`. Some points are spelt
/// differently from model to model (`PhVphAB` and `PPVphAB`, `…PhA` and `…phA`); all spellings are listed.
public enum SunSpecPoint {
    /// What a point measures; `nil` for text, power factor and flags.
    public static let all: [String: DimensionKind?] = {
        var points: [String: DimensionKind?] = ["PF": nil, "Evt": nil]
        for text in ["Mn", "Md", "Opt", "Vr", "SN", "DA"] { points[text] = DimensionKind?.none }
        points["Hz"] = .frequency
        for name in ["PhV", "PPV"] { points[name] = .voltage }
        for pair in ["AB", "BC", "CA"] {
            points["PhVph" + pair] = .voltage
            points["PPVph" + pair] = .voltage
        }
        for phase in ["A", "B", "C"] {
            points["PhVph" + phase] = .voltage
            points["PFph" + phase] = DimensionKind?.none
        }
        let powers: [(String, DimensionKind)] = [
            ("A", .current), ("W", .power), ("VA", .apparentPower), ("VAR", .reactivePower),
        ]
        for (name, kind) in powers {
            points[name] = kind
            for phase in ["A", "B", "C"] { points[name + "ph" + phase] = kind }
        }
        let energies: [(String, DimensionKind)] = [
            ("TotWhImp", .energy), ("TotWhExp", .energy), ("TotVAhImp", .apparentEnergy),
            ("TotVAhExp", .apparentEnergy),
            ("TotVArhImpQ1", .reactiveEnergy), ("TotVArhImpQ2", .reactiveEnergy), ("TotVArhExpQ3", .reactiveEnergy),
            ("TotVArhExpQ4", .reactiveEnergy),
        ]
        for (name, kind) in energies {
            points[name] = kind
            for phase in ["PhA", "PhB", "PhC", "phA", "phB", "phC"] { points[name + phase] = kind }
        }
        return points
    }()

    /// Points that hold text.
    public static let texts: Set<String> = ["Mn", "Md", "Opt", "Vr", "SN"]

    /// Reads the name of a point, or says which is near.
    public static func read(_ text: String) throws(ValueTrouble) -> String {
        if all.keys.contains(text) { return text }
        let near = Spelling.nearest(text, all.keys.sorted()).map { "; did you mean «\($0)»?" } ?? ""
        throw ValueTrouble(
            "«\(text)» is not a point of SunSpec's meter models 201–204, 211–214 or common model 1\(near)")
    }
}
