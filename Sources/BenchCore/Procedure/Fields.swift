/// A block of keys being read: every getter names one key, complains where its value is not what it should be, and goes on.
///
/// ```swift
/// let complaints = Complaints("bench.yaml")
/// let bench = Fields.read(node, "a bench file", complaints) { f -> Bench? in
///     guard let id = f.name("bench"), let title = f.text("title", .optional) else { return nil }
///     return Bench(id, title)
/// }
/// let loaded = try complaints.finish(bench)      // throws Diagnostics with every complaint
/// ```
/// A getter returns nil for an absent optional key and after every complaint. So read all keys first and build the
/// value last: keys that no getter asked for are complained about when the block ends.
public final class Fields {
    /// Whether a key must be there.
    public enum Need: Sendable {
        case required, optional
    }
    /// Which signs a number may have.
    public enum Sign: Sendable {
        case any, notNegative, positive
    }

    /// Where complaints go.
    public let complaints: Complaints
    /// What the block is, with its article: `a limit row`.
    public let what: String
    /// Where the block begins.
    public let mark: Mark
    /// The block's path for marks; empty at the top.
    public let path: String
    private let entries: [Node.Entry]
    private let places: [String: Int]
    private var asked: [String] = []
    private var askedOnce: Set<String> = []

    private init(_ entries: [Node.Entry], _ mark: Mark, _ what: String, _ path: String, _ complaints: Complaints) {
        self.entries = entries
        places = Dictionary(entries.enumerated().map { ($1.key, $0) }, uniquingKeysWith: { first, _ in first })
        self.mark = mark
        self.what = what
        self.path = path
        self.complaints = complaints
        complaints.note(path, mark)
    }

    /// Reads a block: complains where the node is none, runs `body`, then complains about keys nobody asked for.
    public static func read<T>(
        _ node: Node, _ what: String, path: String = "", _ complaints: Complaints, _ body: (Fields) -> T?
    ) -> T? {
        guard case .map(let entries, let mark) = node else {
            complaints.add(node.mark, "\(what) is a block of keys; here is \(node.shapeOrNothing)")
            return nil
        }
        let fields = Fields(entries, mark, what, path, complaints)
        let value = body(fields)
        fields.refuseUnknown()
        return value
    }

    // MARK: - keys

    /// Whether the key is there.
    public func has(_ key: String) -> Bool {
        ask(key)
        return places[key] != nil
    }

    /// The keys as written, in order, for blocks whose keys are names; each counts as asked for.
    public func keys() -> [String] {
        for entry in entries { ask(entry.key) }
        return entries.map(\.key)
    }

    /// The node under a key; complains where a required one is absent.
    public func node(_ key: String, _ need: Need = .required) -> Node? {
        ask(key)
        if let entry = entry(key) {
            complaints.note(join(key), entry.value.mark)
            return entry.value
        }
        if need == .required { complaints.add(mark, "«\(key)» is missing; \(what) needs it") }
        return nil
    }

    /// Where the value of a key stands; the block's own place where it is absent.
    public func mark(_ key: String) -> Mark { entry(key)?.value.mark ?? mark }

    /// Where a key itself stands; the block's own place where it is absent.
    public func keyMark(_ key: String) -> Mark { entry(key)?.keyMark ?? mark }

    /// Complains about the value of a key.
    public func complain(_ key: String, _ message: String) { complaints.add(mark(key), message) }

    /// The path of a key's value.
    public func join(_ key: String) -> String { path.isEmpty ? key : path + "." + key }

    private func entry(_ key: String) -> Node.Entry? { places[key].map { entries[$0] } }

    private func ask(_ key: String) {
        if askedOnce.insert(key).inserted { asked.append(key) }
    }

    private func refuseUnknown() {
        for entry in entries where !askedOnce.contains(entry.key) {
            let keys = "keys are \(asked.joined(separator: ", "))"
            let hint = Spelling.nearest(entry.key, asked).map { "did you mean «\($0)»? " } ?? ""
            complaints.add(entry.keyMark, "«\(entry.key)» is not a key of \(what); \(hint)\(keys)")
        }
    }

    // MARK: - scalars

    /// The text under a key as written, not empty.
    public func scalar(_ key: String, _ need: Need = .required) -> String? {
        guard let node = node(key, need) else { return nil }
        return scalar(node, "«\(key)»")
    }

    /// The text of a node of a list; `name` is what messages call it.
    public func scalar(_ node: Node, _ name: String) -> String? {
        guard case .scalar(let text, let mark) = node else {
            complaints.add(node.mark, "\(name) is one value; here is \(node.shapeOrNothing)")
            return nil
        }
        guard text.contains(where: { !$0.isWhitespace }) else {
            complaints.add(mark, "\(name) has no value")
            return nil
        }
        let control = text.unicodeScalars.first { $0.properties.generalCategory == .control && $0 != "\n" }
        if let control {
            let code = String(control.value, radix: 16, uppercase: true)
            complaints.add(mark, "\(name) holds a control character (U+\(code)); write it without")
            return nil
        }
        return text
    }

    /// The value under a key as `read` understands it; what it throws becomes a complaint at the value.
    public func value<T>(_ key: String, _ need: Need = .required, _ read: (String) throws(ValueTrouble) -> T) -> T? {
        guard let text = scalar(key, need) else { return nil }
        return value(text, mark(key), read)
    }

    /// A value of a list, read as `value(_:_:_:)` does.
    public func value<T>(_ text: String, _ mark: Mark, _ read: (String) throws(ValueTrouble) -> T) -> T? {
        do throws(ValueTrouble) {
            return try read(text)
        } catch {
            complaints.add(mark, error.message)
            return nil
        }
    }

    // MARK: - blocks and lists

    /// The block under a key; nothing where it is absent and optional.
    public func block<T>(_ key: String, _ what: String, _ need: Need = .required, _ body: (Fields) -> T?) -> T? {
        guard let node = node(key, need) else { return nil }
        return Fields.read(node, what, path: join(key), complaints, body)
    }

    /// The items of the list under a key; empty where it is absent and optional.
    public func list(_ key: String, _ need: Need = .required) -> [Node]? {
        guard let node = node(key, need) else { return nil }
        guard case .list(let items, let mark) = node else {
            complaints.add(node.mark, "«\(key)» is a list; here is \(node.shapeOrNothing)")
            return nil
        }
        if items.isEmpty, need == .required {
            complaints.add(mark, "«\(key)» is empty; \(what) needs at least one")
            return nil
        }
        for (index, item) in items.enumerated() { complaints.note("\(join(key))[\(index)]", item.mark) }
        return items
    }

    /// The blocks of the list under a key, each read by `body`; those with complaints may be missing from the result.
    public func blocks<T>(_ key: String, _ what: String, _ need: Need = .required, _ body: (Fields) -> T?) -> [T] {
        (list(key, need) ?? []).enumerated().compactMap { index, item in
            Fields.read(item, what, path: "\(join(key))[\(index)]", complaints, body)
        }
    }

    /// Values of a list, or a single value that stands for a list of one.
    public func values<T>(_ key: String, _ need: Need = .required, _ read: (String) throws(ValueTrouble) -> T) -> [T]? {
        guard let node = node(key, need) else { return nil }
        if case .scalar = node { return value(key, need, read).map { [$0] } }
        guard let items = list(key, need) else { return nil }
        let read = items.map { item in
            scalar(item, "each value of «\(key)»").flatMap { value($0, item.mark, read) }
        }
        return read.contains { $0 == nil } ? nil : read.compactMap { $0 }
    }
}

extension Node {
    /// The shape in words, telling an empty value from text.
    var shapeOrNothing: String {
        if case .scalar(let text, _) = self, text.isEmpty { return "nothing" }
        return shape
    }
}
