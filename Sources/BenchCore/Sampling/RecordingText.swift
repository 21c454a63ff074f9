/// The lines of a text inside a file, one after the other, each with its number; fields know their columns.
///
/// Lines end with a line feed, a carriage return before it is no part of them; a substitute character (0x1A), which
/// old systems put at the end of texts, ends the text (IEEE C37.111-1999, 4.4).
struct RecordingText {
    /// One field between commas, without blanks around it.
    struct Field {
        let text: String
        let place: RecordingTrouble.Place
    }

    let file: String
    let bytes: [UInt8]
    /// Where the text ends in `bytes`.
    let end: Int
    /// The next line's first byte, and its number in the file.
    private(set) var next: Int
    private(set) var number: Int
    /// The current line's bytes.
    private(set) var line: Range<Int>

    init(_ file: String, _ bytes: [UInt8], _ range: Range<Int>, firstLine: Int = 1) {
        self.file = file
        self.bytes = bytes
        end = bytes[range].firstIndex(of: 0x1A) ?? range.upperBound
        // A byte order mark of UTF-8, which some editors put in front.
        next = range.lowerBound + (bytes[range].starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0)
        number = firstLine - 1
        line = next..<next
    }

    /// Goes to the next line; false at the end of the text.
    mutating func advance() -> Bool {
        guard next < end else { return false }
        var feed = next
        while feed < end, bytes[feed] != 10 { feed += 1 }
        line = next..<(feed > next && bytes[feed - 1] == 13 ? feed - 1 : feed)
        next = feed + 1
        number += 1
        return true
    }

    /// Whether the current line holds blanks only.
    var isBlank: Bool { bytes[line].allSatisfy { $0 == 32 || $0 == 9 || $0 == 13 } }

    /// A trouble in the current line.
    func trouble(_ message: String, column: Int = 1) -> RecordingTrouble {
        RecordingTrouble(file, .text(line: max(1, number), column: column), message)
    }

    /// The fields of the current line.
    func fields() -> [Field] {
        var fields: [Field] = []
        var start = line.lowerBound
        while true {
            var stop = start
            while stop < line.upperBound, bytes[stop] != UInt8(ascii: ",") { stop += 1 }
            fields.append(field(start..<stop))
            if stop == line.upperBound { return fields }
            start = stop + 1
        }
    }

    private func field(_ range: Range<Int>) -> Field {
        var range = range
        while let first = range.first, bytes[first] <= 32 { range = first + 1..<range.upperBound }
        while let last = range.last, bytes[last] <= 32 { range = range.lowerBound..<last }
        return Field(text: Self.decode(bytes[range]), place: place(range.lowerBound))
    }

    /// Line and column of a byte of the current line.
    func place(_ byte: Int) -> RecordingTrouble.Place {
        .text(line: max(1, number), column: byte - line.lowerBound + 1)
    }

    /// UTF-8, or ISO 8859-1 where the bytes are none (files of the revisions before 2013).
    static func decode(_ bytes: ArraySlice<UInt8>) -> String {
        String(validating: bytes, as: UTF8.self)
            ?? String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
    }
}

extension RecordingText.Field {
    /// A whole number. Throws a trouble that names `what`.
    func integer(_ file: String, _ what: String) throws(RecordingTrouble) -> Int {
        guard let value = Int(text) else {
            throw RecordingTrouble(file, place, "\(what) is «\(text)»; a whole number belongs here")
        }
        return value
    }

    /// A finite decimal number. Throws a trouble that names `what`.
    func number(_ file: String, _ what: String) throws(RecordingTrouble) -> Double {
        guard let value = Self.real(text) else {
            throw RecordingTrouble(file, place, "\(what) is «\(text)»; a number such as 1, -0.5 or 2.5E-3 belongs here")
        }
        return value
    }

    /// A number in the notation of IEEE C37.111-2013, 4.5, also without a digit before or behind the full stop.
    static func real(_ text: String) -> Double? {
        guard !text.isEmpty, text.utf8.allSatisfy({ 48...57 ~= $0 || "+-.eE".utf8.contains($0) }),
            let value = Double(text), value.isFinite
        else { return nil }
        return value
    }
}
