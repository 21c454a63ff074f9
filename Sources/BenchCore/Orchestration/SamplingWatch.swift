/// Samples while a load point is measured: keeps waveforms around gates and events, and says what a digitizer saw.
///
/// One attempt has one. A gap, an overrun, or samples that stay away spoil the attempt.
actor SamplingWatch {
    private let digitizer: any Digitizer, capture: WaveformCapture?, observe: Observations?
    /// Whether events are what the point is about.
    private let wantsEvents: Bool
    private let corrections: CorrectionSet?, point: ScheduledPoint, attempt: Int, folder: String?
    private let time: any Timekeeper, journal: any EventSink

    private var stream: SampleStream?
    private var consumer: SampleConsumer?
    private var buffer: CaptureBuffer?
    private var observer: GateObserver?
    private var begun = BenchInstant(nanoseconds: 0), latest = BenchInstant(nanoseconds: 0)
    private var next: Int64 = 0, frames: Int64 = 0, lost: Int64 = 0
    private var saturated: [String: Int] = [:]
    private var stamps: (first: (ns: Int64, frame: Int64), last: (ns: Int64, frame: Int64))?
    /// Frame at which the gates opened.
    private var gate: Int64?
    private var found: [String] = []
    /// Events and rapid changes seen when the last event was fired.
    private var known = (events: 0, changes: 0)

    /// Samples that stay away for so long are missed, s of life.
    static let patience = 2.0
    /// How far events may lie back when they are found, s.
    static let history = 1.0

    init(
        _ digitizer: any Digitizer, capture: WaveformCapture?, observe: Observations?, corrections: CorrectionSet?,
        point: ScheduledPoint, attempt: Int, folder: String?, time: any Timekeeper, journal: any EventSink
    ) {
        self.digitizer = digitizer
        self.capture = capture
        wantsEvents = point.kind == .event
        // Where events are wanted they are looked for, and spoil nothing.
        self.observe = wantsEvents ? Observations(wanting: observe) : observe
        self.corrections = corrections
        self.point = point
        self.attempt = attempt
        self.folder = folder
        self.time = time
        self.journal = journal
    }

    /// Starts the digitizer: at the lowest of its rates that suffices.
    func begin() async throws {
        let capability = digitizer.capability
        let names = capability.channels.map(\.name)
        let wanted = capture?.channels ?? []
        for name in wanted where !names.contains(name) {
            throw Fault(.refused, digitizer.id, "it has no channel \(name); there are \(names.joined(separator: ", "))")
        }
        guard let rate = capability.rates.sorted().first(where: { $0 >= capture?.rate ?? 0 }) else {
            throw Fault(
                .refused, digitizer.id, "it does not sample at \(Decimal.shortest(capture?.rate ?? 0)) a second")
        }
        let digitizer = digitizer
        let started = try await time.within(
            life: WatchedInstruments.limit, else: Fault(.timeout, digitizer.id, "it does not start")
        ) { try await digitizer.start(rate: rate) }
        stream = started
        consumer = started.ring.consumer()
        begun = time.now
        latest = begun
        guard let capture, let folder else { return }
        func count(_ seconds: Double) -> Int64 { Int64((seconds * rate).rounded(.up)) }
        let (time, begun, number, attempt) = (time, begun, point.number, attempt)
        buffer = CaptureBuffer(
            started, columns: wanted.isEmpty ? Array(names.indices) : wanted.compactMap { names.firstIndex(of: $0) },
            before: count(capture.before), after: count(capture.after), history: count(Self.history),
            utc: { time.utc(begun + Double($0) / rate) }
        ) { index in
            // An attempt that a crash cut short leaves its folder behind.
            var name = "point-\(number)-attempt-\(attempt)-\(index)"
            while Disk.exists(folder + "/" + name) { name += "b" }
            return (name, folder + "/" + name)
        }
    }

    /// Takes samples until it is cancelled. Throws `ConditionsOutside` when they stay away or have a gap while gates are open.
    func run() async throws {
        while true {
            try await digitizer.wait()
            try drain()
            if gate != nil, !found.isEmpty { throw ConditionsOutside(complaints: found) }
        }
    }

    /// The gates open now: from here on everything counts.
    func gatesOpen(_ load: LoadSetting) throws {
        try drain()
        guard let stream, gate == nil else { return }
        gate = next
        let declared = load.phases.map(\.voltage).max() ?? 0
        if let observe, declared > 0 {
            do throws(ValueTrouble) {
                // Dead phases of a meter with fewer are no dips.
                observer = try GateObserver(
                    stream, observe, nominal: load.frequency, declared: declared, corrections: corrections,
                    phases: wantsEvents ? load.phases.indices.filter { load.phases[$0].voltage > 0 } : nil)
            } catch { complain(error.message) }
        }
        if capture?.around.contains(.gates) == true { try buffer?.mark(next, next, .gates) }
    }

    /// An event is fired now: what comes is wanted, and frequency, distortion and unbalance are those of before.
    func fires() throws {
        try drain()
        observer?.closeWindows()
        known = (observer?.seen.events.count ?? 0, observer?.seen.changes?.count ?? 0)
    }

    /// Waits until the samples of a moment have been looked at, and returns what was seen since the last firing, ended or not.
    func sawBefore(_ moment: BenchInstant) async throws -> (events: [VoltageEvent], changes: [RapidVoltageChange]) {
        guard let stream else { return ([], []) }
        let needed = Int64((moment - begun) * stream.rate)
        while next < needed, found.isEmpty {
            try await time.sleep(seconds: 0.05)
            try drain()
        }
        guard found.isEmpty else { throw ConditionsOutside(complaints: found) }
        return (
            Array((observer?.all ?? []).dropFirst(known.events)),
            Array((observer?.seen.changes ?? []).dropFirst(known.changes))
        )
    }

    /// What spoils the point so far, in words; `reading` is the standard's of this moment.
    func complaints(_ reading: StandardReading) throws -> [String] {
        try drain()
        for complaint in observer?.complaints(reading.frequency) ?? [] where !found.contains(complaint) {
            found.append(complaint)
        }
        return gate == nil ? [] : found
    }

    /// Takes what waits. While it still samples, nothing coming is a trouble.
    private func drain(ended: Bool = false) throws {
        guard let stream else { return }
        while true {
            let form = stream.form
            let taken = consumer?.take { header, bytes in (header, form.samples(bytes)) }
            guard let (header, samples) = taken ?? nil else { break }
            latest = time.now
            try take(header, samples, stream)
        }
        guard !ended else { return }
        if time.now - latest > time.bench(life: Self.patience) {
            complain("no samples came for \(Decimal.shortest(Self.patience)) s")
        } else if consumer?.isAtEnd() == true {
            complain("the digitizer sends nothing more")
        }
    }

    private func complain(_ text: String) { if !found.contains(text) { found.append(text) } }

    private func take(_ header: BlockHeader, _ samples: RecordedSamples, _ stream: SampleStream) throws {
        if header.lost > 0 || header.first != next {
            lost += max(header.lost, header.first - next)
            // Before the gates open nothing is lost that counts.
            if gate != nil { complain("samples were lost while gates were open") }
        }
        next = header.first + Int64(header.frames)
        frames += Int64(header.frames)
        let stamp = (ns: header.stamp, frame: next)
        stamps = (stamps?.first ?? stamp, stamp)
        count(samples, stream)
        try buffer?.feed(samples, first: header.first, frames: Int64(header.frames))
        guard let gate, header.first >= gate else { return }
        let events = observer?.feed(samples) ?? []
        guard capture?.around.contains(.events) == true else { return }
        for event in events {
            func frame(_ seconds: Double) -> Int64 { gate + Int64(seconds * stream.rate) }
            try buffer?.mark(frame(event.start), frame(event.end), .events)
        }
    }

    /// Counts samples at the ends of their ranges: what they were is not known.
    private func count(_ samples: RecordedSamples, _ stream: SampleStream) {
        guard case .integer(let values, _) = samples else { return }
        for (column, channel) in stream.channels.enumerated() {
            guard let low = channel.lowest, let high = channel.highest else { continue }
            var hits = 0
            for place in stride(from: column, to: values.count, by: stream.channels.count) {
                let value = Double(values[place])
                if value <= low || value >= high { hits += 1 }
            }
            guard hits > 0 else { continue }
            saturated[channel.name, default: 0] += hits
            if gate != nil { complain("channel \(channel.name) of the digitizer is saturated") }
        }
    }

    /// Stops the digitizer, closes the waveforms, and journals it all; a failure of disk or journal is returned.
    func end() async -> Result<Void, any Error> {
        guard let stream else { return .success(()) }
        do {
            let digitizer = digitizer
            let end = try await time.within(
                life: WatchedInstruments.limit, else: Fault(.timeout, digitizer.id, "it does not stop")
            ) { try await digitizer.stop() }
            try drain(ended: true)
            let kept = try buffer?.finish() ?? []
            try await journal.append(.sampling(done(stream, end, kept)))
            self.stream = nil
            return .success(())
        } catch {
            return .failure(error)
        }
    }

    private func done(_ stream: SampleStream, _ end: SamplingEnd, _ kept: [KeptWaveform]) -> SamplingDone {
        var measured: Double?
        if let stamps, stamps.last.ns - stamps.first.ns >= 1_000_000_000 {
            let frames = Double(stamps.last.frame - stamps.first.frame)
            measured = frames / (Double(stamps.last.ns - stamps.first.ns) / 1e9) * stream.rate / stream.stampRate
        }
        return SamplingDone(
            point: point.id, attempt: attempt, instrument: digitizer.id, rate: stream.rate, measuredRate: measured,
            frames: frames, lost: lost + end.lostAtEnd, saturated: saturated, ringHighest: consumer?.highWater ?? 0,
            ringBlocks: stream.ring.blocks, grant: end.grant, lateness: end.lateness.flatMap { LatenessRecord($0) },
            traceability: stream.traceability, corrections: observer?.corrections, observed: observer?.seen,
            captures: kept, complaints: found, ended: end.reason)
    }
}
