/// Raw numbers of a recording, frame by frame, the channels of each frame side by side.
public enum RecordedSamples: Sendable, Hashable {
    /// Two's complement numbers of 1 … 32 bits.
    case integer([Int32], bits: Int)
    /// 32-bit IEEE 754 numbers.
    case float([Float])

    /// How many numbers there are, all channels together.
    public var count: Int {
        switch self {
        case .integer(let values, _): values.count
        case .float(let values): values.count
        }
    }

    /// One column of some frames of `width` numbers, as physical values.
    func physical(_ column: Int, of width: Int, _ frames: Range<Int>, scale: Double, offset: Double) -> [Double] {
        var values = [Double](repeating: 0, count: frames.count)
        var place = frames.lowerBound * width + column
        switch self {
        case .integer(let raw, _):
            for i in values.indices {
                values[i] = scale * Double(raw[place]) + offset
                place += width
            }
        case .float(let raw):
            for i in values.indices {
                values[i] = scale * Double(raw[place]) + offset
                place += width
            }
        }
        return values
    }

    /// The numbers at these places.
    subscript(_ range: Range<Int>) -> RecordedSamples {
        switch self {
        case .integer(let values, let bits): .integer(Array(values[range]), bits: bits)
        case .float(let values): .float(Array(values[range]))
        }
    }
}

/// Samples of several channels, as they came from a digitizer or a file.
public struct Recording: Sendable, Hashable {
    /// The channels in order of their numbers in a frame.
    public var channels: [RecordedChannel]
    /// Frames a second.
    public var rate: Double
    /// Time of the first frame, UTC as `2026-11-21T17:36:33.875463Z`; `nil` where the file does not say.
    public var start: String?
    /// Time of the trigger, UTC; `nil` where the file does not say.
    public var trigger: String?
    /// Nominal frequency of the line, Hz; `nil` where the file does not say.
    public var nominalFrequency: Double?
    /// The raw numbers.
    public var samples: RecordedSamples

    /// The range of rates that anybody samples a line with, frames a second; anything else is a mistake.
    static let rates = 0...1e9

    /// A recording by its parts; `checked` says whether they fit each other.
    public init(
        channels: [RecordedChannel], rate: Double, start: String? = nil, samples: RecordedSamples,
        trigger: String? = nil, nominalFrequency: Double? = nil
    ) {
        self.channels = channels
        self.rate = rate
        self.start = start
        self.samples = samples
        self.trigger = trigger
        self.nominalFrequency = nominalFrequency
    }

    /// Number of frames: one sample of every channel each.
    public var frames: Int { channels.isEmpty ? 0 : samples.count / channels.count }

    /// How long it is, s.
    public var duration: Double { Double(frames) / rate }

    /// Number of the channel of that name; `nil` where there is none.
    public func channel(_ name: String) -> Int? { channels.firstIndex { $0.name == name } }

    /// All samples of a channel in its unit.
    public func physical(_ channel: Int) -> [Double] { physical(channel, 0..<frames) }

    /// The samples of a channel in some frames, in its unit.
    public func physical(_ channel: Int, _ frames: Range<Int>) -> [Double] {
        samples.physical(
            channel, of: channels.count, frames, scale: channels[channel].scale, offset: channels[channel].offset)
    }

    /// The frames in which a channel stands at either end of its range (or beyond it): its true value is not known there.
    ///
    /// Empty where the channel's range is not known.
    public func saturated(_ channel: Int) -> [Range<Int>] {
        let lowest = channels[channel].lowest ?? -.infinity
        let highest = channels[channel].highest ?? .infinity
        guard lowest.isFinite || highest.isFinite else { return [] }
        let width = channels.count
        var found: [Range<Int>] = []
        func look(_ raw: (Int) -> Double) {
            var first: Int?
            for frame in 0..<frames {
                let value = raw(frame * width + channel)
                if value <= lowest || value >= highest {
                    if first == nil { first = frame }
                } else if let begin = first {
                    found.append(begin..<frame)
                    first = nil
                }
            }
            if let begin = first { found.append(begin..<frames) }
        }
        switch samples {
        case .integer(let values, _): look { Double(values[$0]) }
        case .float(let values): look { Double(values[$0]) }
        }
        return found
    }

    /// The recording, where its parts fit each other: at least one channel and one frame, whole frames, a rate above 0 and
    /// at most 1e9, finite scales, integers inside their bits, no NaN and no infinity. Otherwise the first trouble.
    public func checked(_ file: String) throws(RecordingTrouble) -> Recording {
        try checkHeader(file)
        guard samples.count > 0 else { throw RecordingTrouble(file, .whole, "holds no sample") }
        guard samples.count % channels.count == 0 else {
            throw RecordingTrouble(
                file, .whole, "\(samples.count) samples are no whole number of frames of \(channels.count) channels")
        }
        try checkSamples(file, samples, from: 0)
        return self
    }

    /// What `checked` says of samples that begin with a frame.
    func checkSamples(_ file: String, _ samples: RecordedSamples, from first: Int) throws(RecordingTrouble) {
        let bad: Int?
        switch samples {
        case .float(let values): bad = values.firstIndex { !$0.isFinite }
        case .integer(let values, let bits):
            guard (1...32).contains(bits) else {
                throw RecordingTrouble(file, .whole, "\(bits) bits a sample: 1 … 32 can be")
            }
            let limit = Int64(1) << (bits - 1)
            bad = values.firstIndex { Int64($0) < -limit || Int64($0) >= limit }
        }
        if let bad {
            let place = "channel \(channels[bad % channels.count].name), frame \(first + bad / channels.count)"
            switch samples {
            case .float(let values):
                throw RecordingTrouble(file, .whole, "\(place): the sample is \(values[bad]), which is no number")
            case .integer(let values, let bits):
                throw RecordingTrouble(file, .whole, "\(place): \(values[bad]) does not fit into \(bits) bits")
            }
        }
    }

    /// What `checked` says of everything but the samples.
    func checkHeader(_ file: String) throws(RecordingTrouble) {
        guard !channels.isEmpty else { throw RecordingTrouble(file, .whole, "has no channel to analyse") }
        guard Self.isRate(rate) else { throw RecordingTrouble(file, .whole, Self.wrongRate(rate)) }
        for moment in [start, trigger].compactMap(\.self) where RecordingTime(moment) == nil {
            throw RecordingTrouble(file, .whole, "«\(moment)» is no moment of the form 2026-11-21T17:36:33.875463Z")
        }
        for channel in channels {
            // Far beyond any unit, and far from overflow with any sample.
            guard (1e-100...1e100).contains(abs(channel.scale)), abs(channel.offset) <= 1e100 else {
                throw RecordingTrouble(
                    file, .whole,
                    "channel \(channel.name): scale \(channel.scale) and offset \(channel.offset) "
                        + "give no values; a scale is a number of ordinary size other than 0")
            }
        }
    }

    static func isRate(_ rate: Double) -> Bool { rate > rates.lowerBound && rate <= rates.upperBound }

    static func wrongRate(_ rate: Double) -> String {
        "\(Decimal.shortest(rate)) frames a second cannot be: a rate is above 0 and at most 1000000000"
    }
}
