extension WaveformReader {
    /// Writes frames (all where none are named) as COMTRADE of 2013, chunk by chunk; see `ComtradeWriter`. A gap among them is a trouble.
    public func writeComtrade(
        to path: String, form: ComtradeForm, frames: Range<Int>? = nil, station: String = "MeterBench",
        device: String = ""
    ) throws {
        let range = try checked(frames)
        let writer = try ComtradeWriter(
            path, like: header(from: range.lowerBound), frames: range.count, form: form, station: station,
            device: device)
        for (index, places) in pieces(of: range) { try writer.append(samples(index)[places]) }
        try writer.finish()
    }

    /// Writes frames (all where none are named) as comma-separated values, chunk by chunk. A gap among them is a trouble.
    public func writeCSV(to path: String, frames: Range<Int>? = nil) throws {
        let range = try checked(frames)
        let writer = try CSVRecording(path, like: header(from: range.lowerBound))
        for (index, places) in pieces(of: range) { try writer.append(samples(index)[places]) }
        try writer.finish()
    }

    /// The frames of that range (all of them where none is named) as one recording; a gap inside it is a trouble.
    public func recording(_ frames: Range<Int>? = nil) throws(RecordingTrouble) -> Recording {
        let range = try checked(frames)
        var integers: [Int32] = []
        var floats: [Float] = []
        for (index, places) in pieces(of: range) {
            switch try samples(index) {
            case .integer(let values, _): integers += values[places]
            case .float(let values): floats += values[places]
            }
        }
        var recording = header(from: range.lowerBound)
        recording.samples = header.kind == .float ? .float(floats) : .integer(integers, bits: header.bits)
        return try recording.checked(folder)
    }

    /// A recording without samples that holds all frames; a gap among them is a trouble.
    func wholeHeader() throws(RecordingTrouble) -> Recording {
        let header = header(from: try checked(nil).lowerBound)
        try header.checkHeader(folder)
        return header
    }

    /// A recording without samples that begins at a frame.
    private func header(from frame: Int) -> Recording {
        Recording(
            channels: header.channels, rate: header.rate,
            start: header.start.flatMap { RecordingTime($0)?.adding(Double(frame) / header.rate)?.text },
            samples: header.kind == .float ? .float([]) : .integer([], bits: header.bits),
            nominalFrequency: header.nominalFrequency)
    }

    /// The range, where it was recorded whole.
    private func checked(_ frames: Range<Int>?) throws(RecordingTrouble) -> Range<Int> {
        let last = chunks.last.map { $0.first + $0.frames } ?? 0
        let first = chunks.first?.first ?? 0
        guard first < last, case let range = frames ?? first..<last, range.lowerBound >= 0, range.upperBound <= last,
            !range.isEmpty
        else {
            throw RecordingTrouble(
                folder, .whole,
                "frames \(frames?.lowerBound ?? 0) … \(frames?.upperBound ?? 0) are not all there; \(last) were recorded"
            )
        }
        for gap in gaps {
            let inside = gap.first > range.lowerBound && gap.first < range.upperBound
            guard inside || gap.frames.map({ (gap.first..<gap.first + $0).overlaps(range) }) ?? false else { continue }
            let lost = gap.frames.map { "\($0)" } ?? "an unknown number of"
            throw RecordingTrouble(
                folder, .whole,
                "\(lost) frames were lost at frame \(gap.first) (\(gap.reason)): name frames on one side of it")
        }
        return range
    }

    /// The chunks that hold a range, by their places in `chunks`, with the places of the range's numbers in each.
    private func pieces(of range: Range<Int>) -> [(index: Int, places: Range<Int>)] {
        let width = header.channels.count
        return chunks.enumerated().compactMap { index, chunk in
            let part = range.clamped(to: chunk.first..<chunk.first + chunk.frames)
            guard !part.isEmpty else { return nil }
            return (index, (part.lowerBound - chunk.first) * width..<(part.upperBound - chunk.first) * width)
        }
    }
}
