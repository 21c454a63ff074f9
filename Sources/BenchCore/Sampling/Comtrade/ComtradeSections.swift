/// The sections of a COMTRADE recording in one file (`.cff`; IEEE C37.111-2013, clause 10): configuration, information, header, data.
enum ComtradeSections {
    /// A line `--- file type: DAT BINARY: 4048 ---`, taken apart.
    struct Mark {
        var kind: String
        var form: ComtradeForm?
        var bytes: Int?
        /// Whether the line names a form that is none.
        var isOdd = false
    }

    /// A section's bytes, and the number of its first line.
    struct Section {
        var mark: Mark
        var range: Range<Int>
        var line: Int
    }

    static func read(_ path: String, _ bytes: [UInt8], _ section: Int?) throws(RecordingTrouble) -> Comtrade.Content {
        let sections = try split(path, bytes)
        guard let cfg = sections.first(where: { $0.mark.kind == "CFG" }) else {
            throw RecordingTrouble(path, .text(line: 1, column: 1), "has no section «--- file type: CFG ---»")
        }
        guard let dat = sections.first(where: { $0.mark.kind == "DAT" }) else {
            throw RecordingTrouble(path, .byte(bytes.count), "has no section «--- file type: DAT … ---»: truncated")
        }
        let configuration = try ComtradeConfigurationReader.read(
            RecordingText(path, bytes, cfg.range, firstLine: cfg.line))
        guard dat.mark.form == configuration.form else {
            throw RecordingTrouble(
                path, .text(line: dat.line - 1, column: 1),
                "the data are \(dat.mark.form?.rawValue ?? "of no form") here and \(configuration.form.rawValue) in the configuration"
            )
        }
        return try Comtrade.content(
            configuration, path,
            ComtradeDataReader(
                file: path, bytes: bytes, range: dat.range, firstLine: dat.line, configuration: configuration,
                configurationFile: path), section)
    }

    private static func split(_ path: String, _ bytes: [UInt8]) throws(RecordingTrouble) -> [Section] {
        var sections: [Section] = []
        var at = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        var number = 1
        while at < bytes.count {
            var end = at
            while end < bytes.count, bytes[end] != 10 { end += 1 }
            let following = min(end + 1, bytes.count)
            if let mark = mark(bytes[at..<end]) {
                guard !mark.isOdd else {
                    throw RecordingTrouble(
                        path, .text(line: number, column: 1),
                        "the section is none that the standard knows: CFG, INF, HDR, DAT ASCII, DAT BINARY: n, DAT BINARY32: n, DAT FLOAT32: n"
                    )
                }
                guard !sections.contains(where: { $0.mark.kind == mark.kind }) else {
                    throw RecordingTrouble(path, .text(line: number, column: 1), "a second section \(mark.kind)")
                }
                sections.append(Section(mark: mark, range: following..<following, line: number + 1))
                if let form = mark.form, form != .ascii {
                    let length = mark.bytes ?? bytes.count - following
                    guard length <= bytes.count - following else {
                        throw RecordingTrouble(
                            path, .byte(bytes.count),
                            "ends \(bytes.count - following) bytes into data of \(length): truncated")
                    }
                    sections[sections.count - 1].range = following..<following + length
                    at = following + length
                    number += 1
                    continue
                }
            } else if let last = sections.last {
                if last.mark.form == nil || last.mark.form == .ascii {
                    sections[sections.count - 1].range = last.range.lowerBound..<following
                } else if !bytes[at..<end].allSatisfy({ [9, 13, 32, 0x1A].contains($0) }) {
                    throw RecordingTrouble(
                        path, .byte(at), "something stands behind the binary data that is no section")
                }
            }
            at = following
            number += 1
        }
        return sections
    }

    /// The mark in a line; `nil` where it is none.
    static func mark(_ line: ArraySlice<UInt8>) -> Mark? {
        guard line.starts(with: Array("---".utf8)), line.count <= 200 else { return nil }
        let words = RecordingText.decode(line).uppercased().split { " :\t\r".contains($0) }.map(String.init)
        guard words.count >= 5, words[0] == "---", words[1] == "FILE", words[2] == "TYPE", words.last == "---" else {
            return nil
        }
        var mark = Mark(kind: words[3])
        if mark.kind == "DAT" {
            mark.form = words.count > 5 ? ComtradeForm(rawValue: words[4]) : nil
            mark.bytes = words.count > 6 ? Int(words[5]) : nil
            mark.isOdd = mark.form == nil || words.count > 7 || (words.count == 7 && (mark.bytes ?? -1) < 0)
        } else {
            mark.isOdd = !["CFG", "INF", "HDR"].contains(mark.kind) || words.count != 5
        }
        return mark
    }
}
