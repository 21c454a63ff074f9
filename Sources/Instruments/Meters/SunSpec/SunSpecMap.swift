/// The SunSpec map of a three-phase meter: where the chain of models begins, and where its points are.
///
/// Source: SunSpec Alliance, Device Information Model Specification V1.1, clauses 4 and 6; model files 1, 201–204 and
/// 211–214 of the public repository `sunspec/models` (JSON, 2026-04). The four integer models have one layout, the four
/// float models another.
enum SunSpecMap {
    /// Where a map may begin, in the order tried: 40000 is usual, 50000 and 0 are the others.
    static let bases = [40000, 50000, 0]
    /// `SunS`.
    static let marker: [UInt16] = [0x5375, 0x6E53]
    /// The identifier that ends the chain.
    static let end: UInt16 = 0xFFFF
    /// No device has more models; a chain that goes on is broken.
    static let mostModels = 64

    /// One model of the chain: its number, the address of its number, the words that follow number and length.
    struct Model: Sendable, Hashable {
        var number: Int, address: Int, length: Int
        var isInteger: Bool { (201...204).contains(number) }
        var isMeter: Bool { isInteger || (211...214).contains(number) }
    }

    /// A point: its place from the model's number on, its words, and the place of its scale factor.
    struct Point: Sendable, Hashable {
        enum Kind: Sendable, Hashable { case int16, acc32, float32, string }
        var offset: Int, words: Int, kind: Kind
        var scale: Int?
        /// What turns the point's own unit into ours: power factor is percent in the integer models.
        var factor = 1.0
    }

    /// A point of the common model, or of a meter model; `nil` where there is none of that name.
    static func point(_ name: String, in model: Model) -> Point? {
        if model.number == 1 { return common[name] }
        return model.isInteger ? integer[name] : float[name]
    }

    /// Whether a name stands in the common model.
    static func isCommon(_ name: String) -> Bool { common[name] != nil }

    /// The words a model needs after number and length for its meter points.
    static func neededLength(_ model: Model) -> Int { model.isInteger ? 105 : 124 }

    private static let common: [String: Point] = [
        "Mn": Point(offset: 2, words: 16, kind: .string), "Md": Point(offset: 18, words: 16, kind: .string),
        "Opt": Point(offset: 34, words: 8, kind: .string), "Vr": Point(offset: 42, words: 8, kind: .string),
        "SN": Point(offset: 50, words: 16, kind: .string),
    ]

    private static let integer: [String: Point] = {
        var points: [String: Point] = [:]
        func group(_ names: [String], from first: Int, scale: Int, factor: Double = 1) {
            for (index, name) in names.enumerated() {
                points[name] = Point(offset: first + index, words: 1, kind: .int16, scale: scale, factor: factor)
            }
        }
        group(["A", "AphA", "AphB", "AphC"], from: 2, scale: 6)
        group(["PhV", "PhVphA", "PhVphB", "PhVphC", "PPV", "PhVphAB", "PhVphBC", "PhVphCA"], from: 7, scale: 15)
        group(["Hz"], from: 16, scale: 17)
        group(["W", "WphA", "WphB", "WphC"], from: 18, scale: 22)
        group(["VA", "VAphA", "VAphB", "VAphC"], from: 23, scale: 27)
        group(["VAR", "VARphA", "VARphB", "VARphC"], from: 28, scale: 32)
        group(["PF", "PFphA", "PFphB", "PFphC"], from: 33, scale: 37, factor: 0.01)
        func energies(_ names: [String], from first: Int, scale: Int) {
            let each = names.flatMap { name in ["", "PhA", "PhB", "PhC"].map { name + $0 } }
            for (index, name) in each.enumerated() {
                points[name] = Point(offset: first + 2 * index, words: 2, kind: .acc32, scale: scale)
            }
        }
        energies(["TotWhExp", "TotWhImp"], from: 38, scale: 54)
        energies(["TotVAhExp", "TotVAhImp"], from: 55, scale: 71)
        energies(["TotVArhImpQ1", "TotVArhImpQ2", "TotVArhExpQ3", "TotVArhExpQ4"], from: 72, scale: 104)
        // Model 201 spells the voltages between phases as the float models do.
        for pair in ["AB", "BC", "CA"] { points["PPVph" + pair] = points["PhVph" + pair] }
        return points
    }()

    private static let float: [String: Point] = {
        let names = [
            "A", "AphA", "AphB", "AphC", "PhV", "PhVphA", "PhVphB", "PhVphC", "PPV", "PPVphAB", "PPVphBC", "PPVphCA",
            "Hz", "W", "WphA", "WphB", "WphC", "VA", "VAphA", "VAphB", "VAphC", "VAR", "VARphA", "VARphB", "VARphC",
            "PF", "PFphA", "PFphB", "PFphC", "TotWhExp", "TotWhExpPhA", "TotWhExpPhB", "TotWhExpPhC", "TotWhImp",
            "TotWhImpPhA", "TotWhImpPhB", "TotWhImpPhC", "TotVAhExp", "TotVAhExpPhA", "TotVAhExpPhB", "TotVAhExpPhC",
            "TotVAhImp", "TotVAhImpPhA", "TotVAhImpPhB", "TotVAhImpPhC", "TotVArhImpQ1", "TotVArhImpQ1phA",
            "TotVArhImpQ1phB", "TotVArhImpQ1phC", "TotVArhImpQ2", "TotVArhImpQ2phA", "TotVArhImpQ2phB",
            "TotVArhImpQ2phC", "TotVArhExpQ3", "TotVArhExpQ3phA", "TotVArhExpQ3phB", "TotVArhExpQ3phC", "TotVArhExpQ4",
            "TotVArhExpQ4phA", "TotVArhExpQ4phB", "TotVArhExpQ4phC",
        ]
        return Dictionary(
            uniqueKeysWithValues: names.enumerated().map { index, name in
                (name, Point(offset: 2 + 2 * index, words: 2, kind: .float32))
            })
    }()
}
