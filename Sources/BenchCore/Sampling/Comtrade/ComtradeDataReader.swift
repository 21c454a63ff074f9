/// Reads the samples of a COMTRADE recording (IEEE C37.111-2013, clause 8): numbers and stamps checked, digital channels skipped.
struct ComtradeDataReader {
    /// The samples, and the time stamp of each frame where no sampling rate is stated.
    struct Content {
        var samples: RecordedSamples
        var stamps: [Int64]
    }

    let file: String
    let bytes: [UInt8]
    /// Where the data stand in `bytes`, and the number of their first line.
    let range: Range<Int>
    let firstLine: Int
    let configuration: ComtradeConfiguration
    /// Name of the file with the configuration.
    let configurationFile: String

    private var analog: Int { configuration.channels.count }
    /// Whether the stamps are all that says when samples were taken.
    private var needsStamps: Bool { configuration.sections[0].rate == 0 }
    private var expected: ComtradeConfiguration.Section { configuration.sections[configuration.sections.count - 1] }

    func read() throws(RecordingTrouble) -> Content {
        configuration.form == .ascii ? try text() : try binary()
    }

    /// What the number of frames has to be.
    private func check(_ frames: Int, _ place: RecordingTrouble.Place) throws(RecordingTrouble) {
        guard frames == expected.end else {
            throw RecordingTrouble(
                file, place,
                "\(frames < expected.end ? "ends after" : "holds") \(frames) samples of each channel, but "
                    + "\(configurationFile):\(expected.line) says \(expected.end): truncated, or not the data of this configuration"
            )
        }
    }

    private func missing(_ channel: Int, _ frame: Int, _ place: RecordingTrouble.Place) -> RecordingTrouble {
        RecordingTrouble(
            file, place,
            "channel \(configuration.channels[channel].name) has no value at sample \(frame + 1): "
                + "a recording with missing samples cannot be analysed")
    }

    private func gap(_ number: Int64, _ wanted: Int64, _ place: RecordingTrouble.Place) -> RecordingTrouble {
        RecordingTrouble(
            file, place, "sample \(number) stands where sample \(wanted) should be: samples are missing or out of order"
        )
    }

    // MARK: Binary (8.6)

    private func binary() throws(RecordingTrouble) -> Content {
        let size = configuration.form.frameBytes(analog: analog, digital: configuration.digital)
        let frames = range.count / size
        guard frames * size == range.count else {
            throw RecordingTrouble(
                file, .byte(range.lowerBound + frames * size),
                "ends with \(range.count - frames * size) bytes of a frame of \(size): truncated, or not the data of \(configurationFile)"
            )
        }
        try check(frames, .byte(range.upperBound))
        return try binary(frames, from: 0, first: nil, base: 0)
    }

    /// So many frames from the beginning of the range, of which the first is frame `number` of the recording.
    ///
    /// - Parameters:
    ///   - first: number that the recording's first frame bears; `nil`: what stands here.
    ///   - base: offset of the first of `bytes` in the file.
    func binary(
        _ frames: Int, from number: Int, first: UInt32?, base: Int
    ) throws(RecordingTrouble) -> Content {
        let size = configuration.form.frameBytes(analog: analog, digital: configuration.digital)
        var values: [Int32] = []
        var floats: [Float] = []
        var stamps: [Int64] = []
        let isFloat = configuration.form == .float32
        if isFloat { floats.reserveCapacity(frames * analog) } else { values.reserveCapacity(frames * analog) }
        if needsStamps { stamps.reserveCapacity(frames) }
        var bad: RecordingTrouble?
        bytes.withUnsafeBytes { all in
            func word(_ at: Int) -> UInt32 {
                UInt32(littleEndian: all.loadUnaligned(fromByteOffset: at, as: UInt32.self))
            }
            var at = range.lowerBound
            let first = first ?? (frames > 0 ? word(at) : 0)
            for frame in 0..<frames {
                let wanted = first &+ UInt32(truncatingIfNeeded: number + frame)
                if word(at) != wanted {
                    bad = gap(Int64(word(at)), Int64(wanted), .byte(base + at))
                    return
                }
                if needsStamps {
                    let stamp = word(at + 4)
                    if stamp == .max {
                        bad = noStamp(number + frame, .byte(base + at + 4))
                        return
                    }
                    stamps.append(Int64(stamp))
                }
                var place = at + 8
                for channel in 0..<analog {
                    switch configuration.form {
                    case .ascii, .binary:
                        let value = Int16(littleEndian: all.loadUnaligned(fromByteOffset: place, as: Int16.self))
                        if value == .min { bad = missing(channel, number + frame, .byte(base + place)) }
                        values.append(Int32(value))
                        place += 2
                    case .binary32:
                        let value = Int32(bitPattern: word(place))
                        if value == .min { bad = missing(channel, number + frame, .byte(base + place)) }
                        values.append(value)
                        place += 4
                    case .float32:
                        let value = Float(bitPattern: word(place))
                        // The lowest number marks a missing sample (unconfirmed: the text of 2013 was not at hand).
                        if value == -.greatestFiniteMagnitude {
                            bad = missing(channel, number + frame, .byte(base + place))
                        }
                        if !value.isFinite {
                            bad = RecordingTrouble(
                                file, .byte(base + place),
                                "channel \(configuration.channels[channel].name) is \(value) at sample "
                                    + "\(number + frame + 1), which is no number")
                        }
                        floats.append(value)
                        place += 4
                    }
                    if bad != nil { return }
                }
                at += size
            }
        }
        if let bad { throw bad }
        let bits = configuration.form == .binary ? 16 : 32
        return Content(samples: isFloat ? .float(floats) : .integer(values, bits: bits), stamps: stamps)
    }

    /// Whether 99999 or 999999 in a text marks a missing sample.
    ///
    /// 999999 is the mark of 1991 (6.3.4), 99999 of 1999 (6.3), whose values end at 99998; since 2013 (8.4) it is an empty field,
    /// but others go on writing 99999: then it is a value only where the channel's stated range reaches so far.
    private func marksMissing(_ value: Double, _ channel: Int) -> Bool {
        switch configuration.revision {
        case .of1991: value == 999_999
        case .of1999: true
        case .of2013: (configuration.channels[channel].highest ?? 0) < value
        }
    }

    private func noStamp(_ frame: Int, _ place: RecordingTrouble.Place) -> RecordingTrouble {
        RecordingTrouble(
            file, place,
            "sample \(frame + 1) has no time stamp, and \(configurationFile) states no sampling rate: "
                + "one of the two has to say when it was taken")
    }

    // MARK: Text (8.4)

    private func text() throws(RecordingTrouble) -> Content {
        var lines = RecordingText(file, bytes, range, firstLine: firstLine)
        var values = ComtradeTextValues()
        var stamps: [Int64] = []
        var frames = 0
        var first: Int64 = 0
        let width = 2 + analog + configuration.digital
        while lines.advance() {
            if lines.isBlank { continue }
            var at = lines.line.lowerBound
            for index in 0..<width {
                let comma = bytes[at..<lines.line.upperBound].firstIndex(of: UInt8(ascii: ","))
                let end = comma ?? lines.line.upperBound
                guard comma != nil || index == width - 1 else {
                    throw lines.trouble(
                        "the line ends after \(index + 1) fields; \(width) belong here: number, time, "
                            + "\(analog) analog and \(configuration.digital) digital values",
                        column: lines.line.count + 1)
                }
                try field(index, at..<end, lines, &values, &stamps, frames, &first)
                at = end + 1
                guard index < width - 1 || comma == nil || bytes[at..<lines.line.upperBound].allSatisfy({ $0 <= 32 })
                else {
                    throw lines.trouble(
                        "more than \(width) fields stand in the line: number, time, "
                            + "\(analog) analog and \(configuration.digital) digital values belong here",
                        column: at - lines.line.lowerBound + 1)
                }
            }
            frames += 1
        }
        try check(frames, .text(line: max(1, lines.number), column: 1))
        return Content(samples: values.samples, stamps: stamps)
    }

    /// Takes one field of a line in: 0 the number, 1 the stamp, then analog and digital values.
    private func field(
        _ index: Int, _ range: Range<Int>, _ lines: RecordingText, _ values: inout ComtradeTextValues,
        _ stamps: inout [Int64], _ frame: Int, _ first: inout Int64
    ) throws(RecordingTrouble) {
        var range = range
        while let first = range.first, bytes[first] <= 32 { range = first + 1..<range.upperBound }
        while let last = range.last, bytes[last] <= 32 { range = range.lowerBound..<last }
        let place = lines.place(range.lowerBound)
        func wrong(_ what: String) -> RecordingTrouble {
            RecordingTrouble(
                file, place, "\(what) is «\(RecordingText.decode(bytes[range]))»; a number belongs here")
        }
        switch index {
        case 0:
            guard let number = ComtradeTextValues.integer(bytes[range]) else { throw wrong("the sample's number") }
            if frame == 0 { first = number }
            guard number - first == Int64(frame) else { throw gap(number, first + Int64(frame), place) }
        case 1:
            guard !range.isEmpty else {
                if needsStamps { throw noStamp(frame, place) }
                return
            }
            guard let stamp = ComtradeTextValues.integer(bytes[range]) else { throw wrong("the time stamp") }
            if needsStamps { stamps.append(stamp) }
        case 2..<2 + analog:
            guard !range.isEmpty else { throw missing(index - 2, frame, place) }
            let channel = configuration.channels[index - 2].name
            guard let value = values.add(bytes[range]) else { throw wrong("channel \(channel)") }
            if value == 99_999 || value == 999_999, marksMissing(value, index - 2) {
                throw missing(index - 2, frame, place)
            }
        default:
            guard range.count == 1, bytes[range.lowerBound] & 0xFE == 0x30 else {
                throw RecordingTrouble(
                    file, place,
                    "digital channel \(index - 1 - analog) is «\(RecordingText.decode(bytes[range]))»; 0 or 1 belongs here"
                )
            }
        }
    }
}

/// Values of a text: whole numbers as long as all are, 32-bit floats from the first that is none.
struct ComtradeTextValues {
    private var integers: [Int32] = []
    private var floats: [Float]?

    /// A whole number of at most 18 digits.
    static func integer(_ bytes: ArraySlice<UInt8>) -> Int64? {
        var rest = bytes
        let minus = rest.first == UInt8(ascii: "-")
        if minus || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        guard !rest.isEmpty, rest.count <= 18 else { return nil }
        var value: Int64 = 0
        for byte in rest {
            guard 48...57 ~= byte else { return nil }
            value = value * 10 + Int64(byte - 48)
        }
        return minus ? -value : value
    }

    /// Adds the value of a field, and returns it; `nil` where it is no number that a float holds.
    mutating func add(_ bytes: ArraySlice<UInt8>) -> Double? {
        if let value = Self.integer(bytes), let fits = Int32(exactly: value) {
            if floats == nil { integers.append(fits) } else { floats?.append(Float(fits)) }
            return Double(fits)
        }
        guard let value = RecordingText.Field.real(String(decoding: bytes, as: UTF8.self)), Float(value).isFinite else {
            return nil
        }
        if floats == nil { floats = integers.map { Float($0) } }
        floats?.append(Float(value))
        return value
    }

    /// All of them; whole numbers with the fewest bits of 16, 24 and 32 that hold them.
    var samples: RecordedSamples {
        if let floats { return .float(floats) }
        let largest = integers.reduce(Int64(0)) { max($0, abs(Int64($1))) }
        return .integer(integers, bits: largest < 1 << 15 ? 16 : largest < 1 << 23 ? 24 : 32)
    }
}
