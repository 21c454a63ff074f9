/// Accuracy classes as they are printed on nameplates.
public enum AccuracyClassText {
    /// Classes of IEC 62053-21 (0.5, 1, 2), -22 (0.1S, 0.2S, 0.5S), -23 (2, 3), -24 (0.5S, 1S, 1), of Directive 2014/32/EU (A, B, C) and OIML R 46 (A, B, C, D).
    public static let known = ["0.1S", "0.2S", "0.5S", "0.5", "1", "1S", "2", "3", "A", "B", "C", "D"]

    /// Reads a class, or says which there are.
    public static func read(_ text: String) throws(ValueTrouble) -> String {
        if known.contains(text) { return text }
        let hint = Spelling.nearest(text, known).map { "did you mean «\($0)»? " } ?? ""
        throw ValueTrouble("«\(text)» is not an accuracy class; \(hint)classes are \(known.joined(separator: ", "))")
    }
}
