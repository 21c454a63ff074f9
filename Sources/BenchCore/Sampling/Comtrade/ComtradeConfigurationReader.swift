/// Reads the text of a COMTRADE configuration line by line; the first line that is not as the standard wants it is a trouble.
struct ComtradeConfigurationReader {
    private var text: RecordingText
    private var revision = ComtradeConfiguration.Revision.of1991

    /// Reads a configuration. Throws `RecordingTrouble` with line and column.
    static func read(_ text: RecordingText) throws(RecordingTrouble) -> ComtradeConfiguration {
        var reader = ComtradeConfigurationReader(text: text)
        return try reader.configuration()
    }

    private init(text: RecordingText) { self.text = text }

    private var file: String { text.file }

    private mutating func configuration() throws(RecordingTrouble) -> ComtradeConfiguration {
        let head = try next("station, device and revision year")
        guard head.count >= 2 else {
            throw text.trouble("begins with one field; «station,device,2013» belongs here")
        }
        if head.count >= 3, !head[2].text.isEmpty { revision = try year(head[2]) }
        let (analog, digital) = try counts()
        var channels: [RecordedChannel] = []
        for number in 0..<analog { channels.append(try self.analog(number + 1)) }
        for number in 0..<digital {
            let fields = try next("digital channel \(number + 1) of \(digital)")
            guard fields.count >= 3 else {
                throw text.trouble(
                    "digital channel \(number + 1) has \(fields.count) fields; «n,name,…,normal state» belong here")
            }
        }
        let frequency = try self.frequency()
        let sections = try self.sections()
        let start = try moment("the first sample's")
        let trigger = try moment("the trigger's")
        let form = try self.form()
        let multiplier = try self.multiplier()
        let offset = try timeCode()
        let nano = (start?.decimals ?? 0) > 6 || (trigger?.decimals ?? 0) > 6
        return ComtradeConfiguration(
            station: head[0].text, device: head[1].text, revision: revision, channels: channels, digital: digital,
            frequency: frequency, sections: sections, start: start?.written, trigger: trigger?.written,
            startUTC: start?.utc(offset), triggerUTC: trigger?.utc(offset), form: form,
            stampUnit: (nano ? 1e-9 : 1e-6) * multiplier)
    }

    /// The fields of the next line. Throws where the text is at its end.
    private mutating func next(_ what: String) throws(RecordingTrouble) -> [RecordingText.Field] {
        guard text.advance() else {
            throw RecordingTrouble(
                file, .text(line: text.number + 1, column: 1), "the configuration ends here; \(what) should follow")
        }
        return text.fields()
    }

    private func year(_ field: RecordingText.Field) throws(RecordingTrouble) -> ComtradeConfiguration.Revision {
        switch field.text {
        case "1991": return .of1991
        // IEC 60255-24:2001 is the revision of 1999.
        case "1999", "2001": return .of1999
        case "2013": return .of2013
        default:
            throw RecordingTrouble(
                file, field.place, "revision «\(field.text)» is not known; 1991, 1999 and 2013 are")
        }
    }

    /// Line 2: `TT,nA,mD`.
    private mutating func counts() throws(RecordingTrouble) -> (analog: Int, digital: Int) {
        let fields = try next("the number of channels")
        guard fields.count >= 3 else {
            throw text.trouble("the number of channels has \(fields.count) fields; «8,6A,2D» is the form")
        }
        func count(_ field: RecordingText.Field, _ letter: Character) throws(RecordingTrouble) -> Int {
            guard field.text.last?.uppercased() == String(letter), let value = Int(field.text.dropLast()),
                (0...999_999).contains(value)
            else {
                throw RecordingTrouble(
                    file, field.place, "«\(field.text)» is no number of channels; a number followed by \(letter) is")
            }
            return value
        }
        let total = try fields[0].integer(file, "the number of channels")
        let analog = try count(fields[1], "A")
        let digital = try count(fields[2], "D")
        guard total == analog + digital else {
            throw RecordingTrouble(
                file, fields[0].place,
                "\(total) channels are not \(analog) analog and \(digital) digital ones: one of the numbers is wrong")
        }
        guard analog > 0 else { throw RecordingTrouble(file, fields[1].place, "has no analog channel to analyse") }
        return (analog, digital)
    }

    /// `An,ch_id,ph,ccbm,uu,a,b,skew,min,max` and, since 1999, `primary,secondary,PS` (7.4.4).
    private mutating func analog(_ number: Int) throws(RecordingTrouble) -> RecordedChannel {
        let fields = try next("analog channel \(number)")
        guard fields.count >= 10 else {
            throw text.trouble(
                "analog channel \(number) has \(fields.count) fields; "
                    + "«n,name,phase,component,unit,a,b,skew,min,max,primary,secondary,P|S» belong here")
        }
        func value(_ index: Int, _ name: String, or empty: Double?) throws(RecordingTrouble) -> Double? {
            fields[index].text.isEmpty ? empty : try fields[index].number(file, "\(name) of channel \(number)")
        }
        guard try fields[0].integer(file, "the number of analog channel \(number)") == number else {
            throw RecordingTrouble(
                file, fields[0].place, "analog channel \(fields[0].text) stands where channel \(number) should be")
        }
        let (unit, factor) = Self.unit(fields[4].text)
        guard let a = try value(5, "multiplier a", or: nil), a != 0, (a * factor).isFinite else {
            throw RecordingTrouble(
                file, fields[5].place,
                "multiplier a of channel \(number) is «\(fields[5].text)»; "
                    + "the units for each step of the data belong here, and they are not 0")
        }
        let b = try value(6, "offset b", or: 0) ?? 0
        let skew = try value(7, "skew", or: 0) ?? 0
        var lowest = try value(8, "min", or: nil)
        var highest = try value(9, "max", or: nil)
        if let low = lowest, let high = highest, low >= high { (lowest, highest) = (nil, nil) }
        let name = fields[1].text.isEmpty ? "A\(number)" : fields[1].text
        return RecordedChannel(
            name: name, unit: unit, scale: a * factor, offset: b * factor, lowest: lowest, highest: highest,
            skew: skew / 1e6, transducer: try transducer(fields, number), phase: fields[2].text,
            component: fields[3].text)
    }

    private func transducer(
        _ fields: [RecordingText.Field], _ number: Int
    ) throws(RecordingTrouble) -> TransducerRatio? {
        guard fields.count >= 13, !fields[10].text.isEmpty, !fields[11].text.isEmpty else { return nil }
        let primary = try fields[10].number(file, "the primary value of channel \(number)")
        let secondary = try fields[11].number(file, "the secondary value of channel \(number)")
        guard let side = TransducerRatio.Side(rawValue: fields[12].text.uppercased()) else {
            throw RecordingTrouble(
                file, fields[12].place, "«\(fields[12].text)» says neither P (primary values) nor S (secondary)")
        }
        // Zeros stand for «not known» in many files.
        guard primary != 0, secondary != 0 else { return nil }
        return TransducerRatio(primary: primary, secondary: secondary, side: side)
    }

    /// Volts and amperes without their prefix, and the factor that was in it; anything else as it is.
    static func unit(_ text: String) -> (unit: String, factor: Double) {
        let prefixes: [(String, Double)] = [
            ("", 1), ("k", 1e3), ("K", 1e3), ("m", 1e-3), ("M", 1e6), ("u", 1e-6), ("µ", 1e-6), ("μ", 1e-6),
        ]
        for (prefix, factor) in prefixes {
            for unit in ["V", "A"] where text == prefix + unit || text == prefix + unit.lowercased() {
                return (unit, factor)
            }
        }
        return (text, 1)
    }

    private mutating func frequency() throws(RecordingTrouble) -> Double? {
        let field = try next("the line frequency")[0]
        guard !field.text.isEmpty else { return nil }
        let value = try field.number(file, "the line frequency")
        guard value >= 0 else {
            throw RecordingTrouble(file, field.place, "a line frequency of «\(field.text)» Hz cannot be")
        }
        return value == 0 ? nil : value
    }

    /// `nrates`, then `samp,endsamp` for each rate; with no rate one line all the same (7.4.7).
    private mutating func sections() throws(RecordingTrouble) -> [ComtradeConfiguration.Section] {
        let field = try next("the number of sampling rates")[0]
        let count = try field.integer(file, "the number of sampling rates")
        guard (0...999).contains(count) else {
            throw RecordingTrouble(file, field.place, "\(count) sampling rates cannot be; 0 … 999 are allowed")
        }
        var sections: [ComtradeConfiguration.Section] = []
        for number in 0..<max(1, count) {
            let fields = try next("sampling rate \(number + 1)")
            guard fields.count >= 2 else {
                throw text.trouble("a sampling rate is «rate,number of its last sample»")
            }
            let rate = try fields[0].number(file, "the sampling rate")
            let end = try fields[1].integer(file, "the number of the last sample")
            guard count == 0 ? rate == 0 : Recording.isRate(rate) else {
                throw RecordingTrouble(
                    file, fields[0].place,
                    count == 0 ? "with no sampling rate, 0 belongs here" : Recording.wrongRate(rate))
            }
            guard end > (sections.last?.end ?? 0) else {
                throw RecordingTrouble(
                    file, fields[1].place, "last sample \(end) is not behind sample \(sections.last?.end ?? 0)")
            }
            sections.append(.init(rate: rate, end: end, line: text.number))
        }
        return sections
    }

    private mutating func moment(_ whose: String) throws(RecordingTrouble) -> ComtradeMoment? {
        let fields = try next("\(whose) date and time")
        return try ComtradeMoment.read(fields, monthFirst: revision == .of1991, file, whose)
    }

    private mutating func form() throws(RecordingTrouble) -> ComtradeForm {
        let field = try next("the form of the data")[0]
        guard let form = ComtradeForm(rawValue: field.text.uppercased()) else {
            throw RecordingTrouble(
                file, field.place, "«\(field.text)» is no form of data; ASCII, BINARY, BINARY32 and FLOAT32 are")
        }
        return form
    }

    /// The time multiplier, since 1999; 1 where it is missing or empty.
    private mutating func multiplier() throws(RecordingTrouble) -> Double {
        guard revision != .of1991, text.advance(), let field = text.fields().first, !field.text.isEmpty else {
            return 1
        }
        let value = try field.number(file, "the time multiplier")
        guard value > 0 else {
            throw RecordingTrouble(file, field.place, "a time multiplier is above 0; this is «\(field.text)»")
        }
        return value
    }

    /// `time_code,local_code`, since 2013: what the stamps are ahead of UTC, s; `nil` where that is not said.
    private mutating func timeCode() throws(RecordingTrouble) -> Int64? {
        guard revision == .of2013, text.advance(), let field = text.fields().first, !field.text.isEmpty,
            field.text.lowercased() != "x"
        else { return nil }
        // Hours, or hours «h» minutes: «-4», «+10h30» (7.4.11).
        var rest = field.text[...]
        let minus = rest.hasPrefix("-")
        if minus || rest.hasPrefix("+") { rest = rest.dropFirst() }
        let parts = rest.lowercased().split(separator: "h", omittingEmptySubsequences: false)
        let minutes = parts.count == 2 ? Int64(parts[1]) : 0
        guard parts.count <= 2, let hours = Int64(parts[0]), let minutes, (0...14).contains(hours),
            (0...59).contains(minutes)
        else {
            throw RecordingTrouble(
                file, field.place, "«\(field.text)» is no difference to UTC; 0, -4, +10h30 and x are")
        }
        return (hours * 3600 + minutes * 60) * (minus ? -1 : 1)
    }
}
