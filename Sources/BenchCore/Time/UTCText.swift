/// Writes moments of coordinated universal time as ISO 8601 with microseconds; no locale, no time zone data, no leap seconds.
public enum UTCText {
    /// Whole seconds since 1970-01-01T00:00:00Z of a text as timekeepers write it; `nil` where it is none.
    public static func seconds(_ text: String) -> Int64? {
        let digits = text.utf8.map { Int64($0) - 48 }
        let fields = [(0, 4), (5, 2), (8, 2), (11, 2), (14, 2), (17, 2)]
        guard digits.count >= 20, text.hasSuffix("Z") else { return nil }
        let numbers = fields.map { from, length -> Int64? in
            let part = digits[from..<from + length]
            return part.allSatisfy { 0...9 ~= $0 } ? part.reduce(0) { $0 * 10 + $1 } : nil
        }
        guard let year = numbers[0], let month = numbers[1], let day = numbers[2], let hour = numbers[3],
            let minute = numbers[4], let second = numbers[5], (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        // Days since 1970-01-01, in years that begin on 1 March: the inverse of `civil`.
        let shifted = month > 2 ? month - 3 : month + 9
        let y = month > 2 ? year : year - 1
        let (era, yearOfEra) = floored(y, by: 400)
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + (153 * shifted + 2) / 5 + day - 1
        return (era * 146_097 + dayOfEra - 719_468) * 86_400 + hour * 3600 + minute * 60 + second
    }

    /// Text of a moment given as microseconds since 1970-01-01T00:00:00Z.
    static func text(microseconds: Int64) -> String {
        let (days, inDay) = floored(microseconds, by: 86_400_000_000)
        let (year, month, day) = civil(days)
        let (seconds, fraction) = floored(inDay, by: 1_000_000)
        let date = pad(year, 4) + "-" + pad(month, 2) + "-" + pad(day, 2)
        let time = pad(seconds / 3600, 2) + ":" + pad(seconds / 60 % 60, 2) + ":" + pad(seconds % 60, 2)
        return date + "T" + time + "." + pad(fraction, 6) + "Z"
    }

    /// Year, month and day of a number of days since 1970-01-01 in the proleptic Gregorian calendar.
    ///
    /// Counts in years that begin on 1 March, so that the leap day is the last of its year.
    private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = floored(days + 719_468, by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }

    private static func floored(_ value: Int64, by divisor: Int64) -> (quotient: Int64, rest: Int64) {
        let rest = ((value % divisor) + divisor) % divisor
        return ((value - rest) / divisor, rest)
    }

    private static func pad(_ value: Int64, _ width: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}
