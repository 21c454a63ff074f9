/// The header of a command as manuals print it: `[SOURce]:PHASe<n>:VOLTage:STATe?`.
///
/// Capital letters are the short form, brackets what may be left out, `<n>` a number that is 1 where it is missing
/// (SCPI-1999 Volume 1, 5.1 and 6.2).
struct ScpiPattern: Sendable {
    private struct Node: Sendable {
        var short: String, long: String, optional: Bool, numbered: Bool
    }
    private let nodes: [Node]
    private let query: Bool

    init(_ text: String) {
        query = text.hasSuffix("?")
        // «[SOURce]:X» and «[SOURce:]X» mean the same, as do «X[:Y]» and «X:[Y]».
        let plain = text.filter { $0 != "?" }.replacing("[:", with: ":[").replacing(":]", with: "]:")
        nodes = plain.split(separator: ":").map { part in
            let optional = part.hasPrefix("[")
            let numbered = part.contains("<")
            let word = part.prefix { $0 != "<" }.filter { $0 != "[" && $0 != "]" }
            return Node(
                short: word.filter { !$0.isLowercase }, long: word.uppercased(), optional: optional, numbered: numbered)
        }
    }

    /// The numbers in a header, in order; `nil` where the header is another command's.
    func match(_ header: String) -> [Int]? {
        guard header.hasSuffix("?") == query else { return nil }
        let words = header.filter { $0 != "?" }.uppercased().split(separator: ":").map(String.init)
        return match(words[...], nodes[...], [])
    }

    private func match(_ words: ArraySlice<String>, _ nodes: ArraySlice<Node>, _ numbers: [Int]) -> [Int]? {
        guard let node = nodes.first else { return words.isEmpty ? numbers : nil }
        if let word = words.first, let number = number(word, node),
            let found = match(words.dropFirst(), nodes.dropFirst(), node.numbered ? numbers + [number] : numbers)
        {
            return found
        }
        return node.optional ? match(words, nodes.dropFirst(), node.numbered ? numbers + [1] : numbers) : nil
    }

    private func number(_ word: String, _ node: Node) -> Int? {
        for name in [node.long, node.short] where word.hasPrefix(name) {
            let rest = word.dropFirst(name.count)
            if rest.isEmpty { return 1 }
            if node.numbered, let number = Int(rest) { return number }
        }
        return nil
    }
}
