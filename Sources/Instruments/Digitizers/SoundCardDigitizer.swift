import BenchCore
import CALSA
import Glibc
import Synchronization

/// A sound card as digitizer, by ALSA: what small laboratories and schools own.
///
/// The card must give rate, form and number of channels itself: nothing is resampled or converted on the way. Its inputs are AC coupled as a rule,
/// and its steps are whatever the dividers in front of it were found to give.
final class SoundCardDigitizer: Digitizer {
    static let entry = DriverEntry(name: "sound-card", role: .digitizer, wires: [.alsa]) { context in
        SoundCardDigitizer(context: context, capability: try context.capability())
    }

    let capability: DigitizerCapability
    private let context: DriverContext
    var id: String { context.id }
    private let running = Mutex<SoundCardSampler?>(nil)

    init(context: DriverContext, capability: DigitizerCapability) {
        self.context = context
        self.capability = capability
    }

    deinit { running.withLock { $0?.stop() } }

    /// Asks whether it is there and not in use; the rest is what the bench file says.
    func identify() async throws -> InstrumentIdentity {
        if running.withLock({ $0 == nil }), let rate = capability.rates.first { _ = try await open(rate) }
        return context.expectedStream
    }

    func start(rate: Double) async throws -> SampleStream {
        try capability.check(rate, id)
        guard running.withLock({ $0 == nil }) else { throw Fault.sampling(id) }
        let setup = StreamSetup(capability, rate, context.time)
        let sampler = SoundCardSampler(
            try await open(rate), setup.filler(), frameBytes: capability.frameBytes, rate: rate)
        try running.withLock { running throws(Fault) in
            guard running == nil else { throw Fault.sampling(id) }
            try sampler.start()
            running = sampler
        }
        return setup.stream(context.time)
    }

    func wait() async throws {
        guard running.withLock({ $0 != nil }) else { throw Fault.notSampling(id) }
        try await context.time.waitForSamples()
    }

    func stop() async throws -> SamplingEnd {
        guard let sampler = running.withLock({ $0.take() }) else { return SamplingEnd() }
        try await BlockingWork().run { sampler.stop() }
        return sampler.samplingEnd
    }

    private func open(_ rate: Double) async throws -> SoundCard {
        guard case .alsa(let device) = context.description.wire else {
            throw Fault(.notFound, id, "a sound card is reached by { alsa: \"hw:1,0\" }")
        }
        let (capability, id) = (capability, id)
        return try await BlockingWork().run {
            try SoundCard(
                device, form: capability.form, channels: capability.channels.count, rate: rate, instrument: id)
        }
    }
}

/// A sound card that is open for capture, set to exactly what was asked.
final class SoundCard: @unchecked Sendable {
    // Unchecked: opened on one thread, then used by the sampling thread alone, closed with the last reference after that was joined.
    let pcm: OpaquePointer

    /// Opens it. Faults: `connectionRefused` where it is not there or in use, `refused` for a setting that it does not have.
    init(_ device: String, form: SampleForm, channels: Int, rate: Double, instrument: String) throws(Fault) {
        func words(_ code: Int32) -> String { String(cString: snd_strerror(code)) }
        calsa_quiet()
        var opened: OpaquePointer?
        let code = snd_pcm_open(&opened, device, SND_PCM_STREAM_CAPTURE, Int32(SND_PCM_NONBLOCK))
        guard code == 0, let opened else {
            throw Fault(.connectionRefused, instrument, "sound card \(device): \(words(code))")
        }
        pcm = opened
        var parameters: OpaquePointer?
        guard snd_pcm_hw_params_malloc(&parameters) == 0, let parameters else {
            throw Fault(.internalError, instrument, "no memory for a sound card")
        }
        defer { snd_pcm_hw_params_free(parameters) }
        func must(_ code: Int32, _ what: String) throws(Fault) {
            guard code < 0 else { return }
            throw Fault(.refused, instrument, "sound card \(device) has no \(what): \(words(code))")
        }
        let format: snd_pcm_format_t
        switch form {
        case .int16: format = SND_PCM_FORMAT_S16_LE
        case .int24: format = SND_PCM_FORMAT_S24_3LE
        case .int32: format = SND_PCM_FORMAT_S32_LE
        case .float32: format = SND_PCM_FORMAT_FLOAT_LE
        }
        try must(snd_pcm_hw_params_any(opened, parameters), "setting at all")
        try must(snd_pcm_hw_params_set_rate_resample(opened, parameters, 0), "rate of its own")
        try must(
            snd_pcm_hw_params_set_access(opened, parameters, SND_PCM_ACCESS_RW_INTERLEAVED), "interleaved frames")
        try must(snd_pcm_hw_params_set_format(opened, parameters, format), "numbers of form \(form.rawValue)")
        try must(snd_pcm_hw_params_set_channels(opened, parameters, UInt32(channels)), "\(channels) channels")
        guard let whole = UInt32(exactly: rate) else {
            throw Fault(.refused, instrument, "sound card \(device): \(rate) frames a second is no whole number")
        }
        try must(
            snd_pcm_hw_params_set_rate(opened, parameters, whole, 0), "rate of \(Decimal.shortest(rate)) a second")
        // As much as it has, up to a second: what the machine may be late by.
        var buffer = snd_pcm_uframes_t(rate)
        try must(snd_pcm_hw_params_set_buffer_size_near(opened, parameters, &buffer), "buffer")
        try must(snd_pcm_hw_params(opened, parameters), "such setting")
    }

    deinit { snd_pcm_close(pcm) }
}

/// Reads a sound card on the real-time thread into a ring; an overrun of the card is a gap whose length follows from the clock.
final class SoundCardSampler: RealTimeThread, @unchecked Sendable {
    // Unchecked for the reason of `RealTimeThread`.
    private let card: SoundCard, frameBytes: Int, rate: Double
    /// In memory of its own: a property of the class would be checked for exclusive access with each use.
    private let filler: UnsafeMutablePointer<BlockFiller>
    private var failure: Int32 = 0, lostAtEnd: Int64 = 0

    init(_ card: SoundCard, _ filler: consuming BlockFiller, frameBytes: Int, rate: Double) {
        self.card = card
        self.filler = .allocate(capacity: 1)
        self.filler.initialize(to: filler)
        self.frameBytes = frameBytes
        self.rate = rate
        super.init()
    }

    deinit {
        filler.deinitialize(count: 1)
        filler.deallocate()
    }

    override func loop() {
        let filler = filler
        var latest = MachineClock.nanoseconds
        var code = snd_pcm_start(card.pcm)
        while !isStopping {
            if code == -EPIPE {
                // An overrun: what came while the card stood still is gone.
                let now = MachineClock.nanoseconds
                filler.pointee.lose(frames: max(1, Int64(Double(now &- latest) * rate / 1e9)), at: latest)
                latest = now
                code = snd_pcm_prepare(card.pcm)
                if code >= 0 { code = snd_pcm_start(card.pcm) }
            }
            if code < 0 { break }
            // A tenth of a second at most, so that a stop is heard.
            code = snd_pcm_wait(card.pcm, 100)
            guard code > 0 else { continue }
            let target = filler.pointee.target
            let read = snd_pcm_readi(card.pcm, target.baseAddress, snd_pcm_uframes_t(target.count / frameBytes))
            code = read < 0 && read != -Int(EAGAIN) ? Int32(truncatingIfNeeded: read) : 0
            guard read > 0 else { continue }
            RealTimeMarks.enter()
            latest = MachineClock.nanoseconds
            filler.pointee.took(Int(read) &* frameBytes, at: latest)
            RealTimeMarks.leave()
        }
        if code < 0, code != -EPIPE { failure = code }
        snd_pcm_drop(card.pcm)
        lostAtEnd = filler.pointee.finish(at: latest).lost
    }

    /// How it went; after `stop`.
    var samplingEnd: SamplingEnd {
        let reason = failure == 0 ? nil : "the sound card stopped: \(String(cString: snd_strerror(failure)))"
        return SamplingEnd(grant: grant, lateness: filler.pointee.lateness, lostAtEnd: lostAtEnd, reason: reason)
    }
}
