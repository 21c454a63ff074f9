/// Date and time of a COMTRADE configuration, as written and understood.
struct ComtradeMoment {
    /// The text of both fields.
    let written: String
    /// How many decimals its seconds have.
    let decimals: Int
    /// In the time that the device keeps, counted as if it were UTC.
    let time: RecordingTime

    /// Reads `dd/mm/yyyy` (1991: `mm/dd/yy`) and `hh:mm:ss.ssssss`; `nil` where they are empty or zeros.
    static func read(
        _ fields: [RecordingText.Field], monthFirst: Bool, _ file: String, _ whose: String
    ) throws(RecordingTrouble) -> ComtradeMoment? {
        let form = monthFirst ? "mm/dd/yy,hh:mm:ss.ssssss" : "dd/mm/yyyy,hh:mm:ss.ssssss"
        if fields.allSatisfy({ $0.text.isEmpty }) { return nil }
        func wrong(_ field: RecordingText.Field) -> RecordingTrouble {
            RecordingTrouble(file, field.place, "\(whose) date and time: «\(field.text)» is not of the form «\(form)»")
        }
        guard fields.count >= 2 else { throw wrong(fields[0]) }
        let date = fields[0].text.split(separator: "/", omittingEmptySubsequences: false).map { Int64($0) }
        let clock = fields[1].text.split(separator: ":", omittingEmptySubsequences: false)
        guard date.count == 3, let first = date[0], let second = date[1], let stated = date[2] else {
            throw wrong(fields[0])
        }
        guard clock.count == 3, let hour = Int64(clock[0]), let minute = Int64(clock[1]),
            let last = clock.last?.split(separator: ".", omittingEmptySubsequences: false),
            let seconds = last.first.flatMap({ Int64($0) }), (1...2).contains(last.count)
        else { throw wrong(fields[1]) }
        let digits = last.count == 2 ? last[1] : ""
        if first == 0, second == 0, stated == 0 { return nil }
        let (day, month) = monthFirst ? (second, first) : (first, second)
        // Two digits, in files of the first revision: the standard is of 1991, so 70 … 99 are of the last century.
        let year = stated >= 100 ? stated : stated >= 70 ? stated + 1900 : stated + 2000
        guard (1...31).contains(day), (1...12).contains(month), (0...9999).contains(year) else {
            throw wrong(fields[0])
        }
        guard (0...23).contains(hour), (0...59).contains(minute), (0...60).contains(seconds), digits.count <= 9,
            digits.utf8.allSatisfy({ 48...57 ~= $0 })
        else { throw wrong(fields[1]) }
        func pad(_ value: Int64, _ width: Int) -> String {
            String(repeating: "0", count: max(0, width - String(value).count)) + String(value)
        }
        let text =
            "\(pad(year, 4))-\(pad(month, 2))-\(pad(day, 2))T\(pad(hour, 2)):\(pad(minute, 2)):\(pad(seconds, 2))"
            + (digits.isEmpty ? "" : "." + digits) + "Z"
        guard let time = RecordingTime(text) else { throw wrong(fields[0]) }
        return ComtradeMoment(
            written: fields[0].text + "," + fields[1].text, decimals: digits.count, time: time)
    }

    /// The moment in UTC, for stamps so many seconds ahead of it; `nil` where that is not known.
    func utc(_ ahead: Int64?) -> String? {
        ahead.map { RecordingTime(seconds: time.seconds - $0, nanoseconds: time.nanoseconds).text }
    }

    /// Both fields for a configuration of 2013: `21/11/2026,17:36:33.875463`; empty fields for what is no moment.
    static func fields(_ utc: String?) -> String {
        guard let utc, let time = RecordingTime(utc) else { return "," }
        let text = time.text.dropLast()
        let date = text.prefix(10).split(separator: "-")
        return "\(date[2])/\(date[1])/\(date[0]),\(text.dropFirst(11))"
    }
}
