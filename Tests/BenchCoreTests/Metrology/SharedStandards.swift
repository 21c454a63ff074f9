import FoundationEssentials

/// Any JSON, for facts files whose shape varies from entry to entry.
indirect enum JSON: Decodable {
    case null
    case bool(Bool)
    case number(Double)
    case text(String)
    case list([JSON])
    case object([String: JSON])

    init(from decoder: any Decoder) throws {
        let c = try decoder.singleValueContainer()
        if c.decodeNil() {
            self = .null
        } else if let value = try? c.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? c.decode(Double.self) {
            self = .number(value)
        } else if let value = try? c.decode(String.self) {
            self = .text(value)
        } else if let value = try? c.decode([JSON].self) {
            self = .list(value)
        } else {
            self = .object(try c.decode([String: JSON].self))
        }
    }

    subscript(_ key: String) -> JSON {
        if case .object(let values) = self { return values[key] ?? .null }
        return .null
    }
    var number: Double? { if case .number(let value) = self { value } else { nil } }
    var text: String? { if case .text(let value) = self { value } else { nil } }
    var list: [JSON] { if case .list(let values) = self { values } else { [] } }
    var numbers: [Double] { list.compactMap(\.number) }

    /// The entry of a list whose `id` this is.
    func entry(_ id: String) -> JSON { list.first { $0["id"].text == id } ?? .null }
}

/// The fact files of `../shared/standards`, which a user's machine does not have.
enum SharedStandards {
    static let folder: String = {
        var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        parts.removeLast(5)  // file, Metrology, BenchCoreTests, Tests, the checkout
        return parts.joined(separator: "/") + "/shared/standards/"
    }()

    /// A file of the folder, or `nil`.
    static func read(_ name: String) -> JSON? {
        guard let data = FileManager.default.contents(atPath: folder + name) else { return nil }
        return try? JSONDecoder().decode(JSON.self, from: data)
    }

    static let accuracy = read("a-accuracy.json")
    static let uncertainty = read("c-uncertainty-decision.json")
}
