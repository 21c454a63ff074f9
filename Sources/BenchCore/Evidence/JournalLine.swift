import FoundationEssentials

/// The bytes of a journal line: JSON with sorted keys, one way to write each event and no other.
public enum JournalLine {
    /// The bytes of an entry, without newline. Throws `Fault(.internalError)` for what JSON cannot say (NaN, infinity).
    public static func encode(_ entry: JournalEntry) throws -> [UInt8] { try CanonicalJSON.encode(entry) }

    /// The entry that a line says, where re-encoding it gives the same bytes; otherwise a sentence of what is wrong.
    static func decode(_ line: [UInt8]) -> Result<JournalEntry, Trouble> {
        let entry: JournalEntry
        do {
            entry = try JSONDecoder().decode(JournalEntry.self, from: Data(line))
        } catch {
            return .failure(Trouble("is not an event of a journal (\(CanonicalJSON.describe(error)))"))
        }
        guard let again = try? encode(entry), again == line else {
            return .failure(Trouble("is not written as the journal writes it: it was altered"))
        }
        return .success(entry)
    }

    struct Trouble: Error {
        let text: String
        init(_ text: String) { self.text = text }
    }
}

/// JSON with sorted keys and no blanks: the same value always gives the same bytes, so that bytes can be compared and signed.
public enum CanonicalJSON {
    /// The bytes of a value. Throws `Fault(.internalError)` for what JSON cannot say (NaN, infinity).
    public static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(value))
        } catch {
            throw Fault(.internalError, "evidence", "cannot be written as JSON: \(describe(error))")
        }
    }

    /// Reads a value and refuses bytes that are not exactly what `encode` gives for it. Throws `Fault(.storage)`.
    public static func decode<T: Codable>(_ type: T.Type, _ bytes: [UInt8], _ name: String) throws -> T {
        let value: T
        do {
            value = try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            throw Fault(.storage, name, "cannot be read: \(describe(error))")
        }
        guard try encode(value) == bytes else {
            throw Fault(.storage, name, "is not written as this program writes it: it was altered")
        }
        return value
    }

    /// One line about an error of the JSON coders.
    static func describe(_ error: any Error) -> String {
        func path(_ keys: [any CodingKey]) -> String { keys.map(\.stringValue).joined(separator: ".") }
        switch error {
        case DecodingError.dataCorrupted(let context): return context.debugDescription
        case DecodingError.keyNotFound(let key, let context):
            return "«\(path(context.codingPath + [key]))» is missing"
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
            return "«\(path(context.codingPath))»: \(context.debugDescription)"
        case EncodingError.invalidValue(_, let context):
            return "«\(path(context.codingPath))»: \(context.debugDescription)"
        default: return "\(error)"
        }
    }
}
