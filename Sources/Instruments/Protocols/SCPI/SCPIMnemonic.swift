/// Words as manuals print them: `STARt` stands for STAR and START in any case (SCPI-1999 Volume 1, 6.2.1).
enum SCPIMnemonic {
    /// Whether a word is the short or the long form of a manual's word.
    static func matches(_ word: some StringProtocol, _ manual: some StringProtocol) -> Bool {
        let word = word.uppercased()
        return word == manual.uppercased() || word == String(manual.filter { !$0.isLowercase }).uppercased()
    }

    /// Whether a header is that of a manual, node by node: `:NUM:NORM:VAL?` is `:NUMeric:NORMal:VALue?`.
    static func header(_ text: some StringProtocol, is manual: String) -> Bool {
        let a = nodes(text), b = nodes(manual)
        return a.count == b.count && zip(a, b).allSatisfy { matches($0, $1) }
    }

    private static func nodes(_ text: some StringProtocol) -> [String] {
        var text = String(text)
        if text.hasPrefix(":") { text.removeFirst() }
        return text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    }
}
