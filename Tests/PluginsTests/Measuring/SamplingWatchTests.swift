import Glibc
import Plugins
import TestSupport
import Testing

@testable import BenchCore
@testable import Instruments

/// A digitizer beside a load point: what it keeps, and what it finds.
@Suite("Sampling beside a load point")
struct SamplingWatchTests {
    private static let capture = WaveformCapture(
        channels: ["U1", "I1"], rate: 10_000, before: 0.1, after: 0.5, around: [.gates, .events])

    /// One point of the accuracy sweep of one meter, with a simulated digitizer.
    private static func bench(_ observe: Observations) throws -> TestBench {
        var bench = try TestBench.synthetic(1) { $0.id.contains("accuracy import PF=1 I=1 % In") }
        bench.work.schedule.capture = capture
        bench.work.schedule.observe = observe
        bench.world.faults = []
        return bench
    }

    private static func sampling(_ run: TestBench.Finished) -> [SamplingDone] {
        run.events.compactMap { event -> SamplingDone? in
            if case .sampling(let done) = event { return done }
            return nil
        }
    }

    /// Runs with the simulated digitizer of the bench's own world.
    private static func run(
        _ bench: TestBench, into folder: String?,
        meanwhile: @escaping @Sendable (SimulatedDigitizer, VirtualTime) async -> Void = { _, _ in }
    ) throws -> TestBench.Finished {
        let digitizer = Noted<SimulatedDigitizer?>(nil)
        return try bench.run(
            waveforms: folder,
            digitizer: { world, time in
                let made = SimulatedDigitizer(id: "digitizer", world: world, time: time)
                digitizer.withLock { $0 = made }
                return made
            },
            meanwhile: { _, time in
                if let made = digitizer.withLock({ $0 }) { await meanwhile(made, time) }
            })
    }

    @Test("the waveform around the opening of the gates is kept, tied to the journal, and shows what was applied")
    func kept() throws {
        let folder = try TemporaryFolder()
        let wanted = Observations(
            frequency: 49.85...50.15, voltageDistortion: 2, voltageUnbalance: 1, noEvents: true)
        let run = try Self.run(try Self.bench(wanted), into: folder.path)
        #expect(run.outcome.complete)
        let done = try #require(Self.sampling(run).first)
        #expect(Self.sampling(run).count == 1 && done.complaints == [] && done.lost == 0 && done.saturated == [:])
        // Stamped by the bench's clock: exactly the rate.
        #expect(abs(try #require(done.measuredRate) - 10_000) < 0.01)
        let seen = try #require(done.observed)
        let frequency = try #require(seen.frequency)
        #expect(seen.windows > 5 && abs(frequency.lowerBound - 50) < 1e-3 && abs(frequency.upperBound - 50) < 1e-3)
        #expect(seen.events.isEmpty)
        #expect(try #require(seen.voltageUnbalance) < 0.1)
        let capture = try #require(done.captures.first)
        #expect(done.captures.count == 1 && capture.causes == [.gates] && capture.missing == 0)
        // A tenth of a second before, half a second after.
        #expect(capture.frames == 6000)
        let reader = try WaveformReader(folder.path + "/" + capture.folder)
        #expect(try reader.verify().isEmpty && reader.lastHash == capture.indexHash)
        let recording = try reader.recording()
        #expect(recording.channels.map(\.name) == ["U1", "I1"] && recording.frames == 6000)
        // Sines of 230 V and 1 % of 5 A, with the errors of the source (0.02 %) and what the world's distortion adds.
        #expect(abs(Aggregation.rms(recording.physical(0)) / 230 - 1) < 1e-3)
        #expect(abs(Aggregation.rms(recording.physical(1)) / 0.05 - 1) < 5e-3)
        #expect(recording.start == reader.stamps.first?.utc)
        // The same run again is the same journal, byte for byte.
        let again = try TemporaryFolder()
        #expect(try Self.run(try Self.bench(wanted), into: again.path).bytes == run.bytes)
    }

    @Test("a distorted voltage, as the digitizer sees it, spoils the point, and the reason stands in the journal")
    func distorted() throws {
        let folder = try TemporaryFolder()
        var bench = try Self.bench(Observations(voltageDistortion: 2))
        bench.world.source.distortion = 3
        // The procedure's own condition is for the standard's reading.
        bench.work.schedule.conditions.voltageDistortion = nil
        let run = try Self.run(bench, into: folder.path)
        let all = Self.sampling(run)
        // The first attempt and what the policy repeats.
        #expect(all.count == 1 + bench.policy.conditions)
        for done in all {
            #expect(done.complaints.count == 1 && done.complaints[0].contains("3.000 % distortion of U"))
            #expect(abs(try #require(done.observed?.voltageDistortion) - 3) < 0.01)
        }
        let result = try #require(run.results(1).values.first)
        guard case .notTested = result.evaluation.verdict else {
            Issue.record("\(result.evaluation.verdict)")
            return
        }
    }

    @Test("samples lost while gates are open spoil the attempt; the next one counts")
    func gap() throws {
        let folder = try TemporaryFolder()
        let run = try Self.run(try Self.bench(Observations()), into: folder.path) { digitizer, time in
            // Somewhere in the gate of the first attempt.
            try? await time.sleep(seconds: 12)
            digitizer.lose(7)
        }
        let all = Self.sampling(run)
        #expect(run.outcome.complete)
        #expect(all.count == 2)
        #expect(all.first?.lost == 7 && all.first?.complaints == ["samples were lost while gates were open"])
        #expect(all.last?.lost == 0 && all.last?.complaints == [])
        #expect(
            run.events.contains { event in
                if case .repeated(let again) = event { return again.reason.contains("samples were lost") }
                return false
            })
    }

    /// Plays a recording of one voltage beside an attempt, and returns what the watch said and journalled.
    private static func play(
        rate: Double = 10_000, seconds: Double = 4, observe: Observations, standard: Double = 50,
        corrections: CorrectionSet? = nil, into folder: String, _ value: @escaping (Double) -> Double
    ) throws -> (complaints: [String], done: SamplingDone) {
        let time = VirtualTime()
        let journal = MemoryJournal(time: time)
        let scale = 600.0 / 32768
        let samples = (0..<Int(seconds * rate)).map { index -> Int32 in
            Int32(max(-32768, min(32767, (value(Double(index) / rate) / scale).rounded())))
        }
        let recording = Recording(
            channels: [RecordedChannel(name: "U1", unit: "V", scale: scale, lowest: -32768, highest: 32767)],
            rate: rate, samples: .integer(samples, bits: 16))
        let digitizer = FileDigitizer(
            id: "digitizer",
            expected: InstrumentIdentity(
                manufacturer: "", model: "", serial: "", firmware: "", simulated: true), recording: recording,
            time: time)
        let load = LoadSetting(
            frequency: 50, phases: [PhaseLoad(voltage: 230, voltageAngle: 0, current: 0, currentLag: 0)])
        let point = ScheduledPoint(
            id: "p", number: 3, kind: .accuracy, title: "p", load: load, byPosition: [:])
        return try time.run {
            let watch = SamplingWatch(
                digitizer,
                capture: WaveformCapture(channels: [], rate: 0, before: 0.1, after: 0.2, around: [.events]),
                observe: observe, corrections: corrections, point: point, attempt: 1, folder: folder, time: time,
                journal: journal)
            try await watch.begin()
            let running = time.start { () -> String? in
                do { try await watch.run() } catch { return (error as? ConditionsOutside)?.text }
                return nil
            }
            try await time.sleep(seconds: 0.5)
            try await watch.gatesOpen(load)
            try await time.sleep(seconds: seconds - 1)
            let complaints = try await watch.complaints(
                StandardReading(
                    voltages: [230], currents: [0], powers: [0], frequency: standard, voltageDistortion: [0]))
            running.cancel()
            _ = await running.value
            try await watch.end().get()
            let done = journal.entries.compactMap { entry -> SamplingDone? in
                if case .sampling(let done) = entry.what { return done }
                return nil
            }
            return (complaints, try #require(done.first))
        }
    }

    private static func sine(_ t: Double, _ frequency: Double = 50, _ rms: Double = 230) -> Double {
        rms * 2.0.squareRoot() * sin(2 * .pi * frequency * t)
    }

    @Test(
        "a dip while gates are open is kept from before it to after it, and spoils the point where the procedure says so"
    )
    func dip() throws {
        let folder = try TemporaryFolder()
        // 40 % of Udin for ten cycles, a second and a half after the gates opened.
        let (complaints, done) = try Self.play(observe: Observations(noEvents: true), into: folder.path) { t in
            Self.sine(t, 50, (2.0..<2.2).contains(t) ? 92 : 230)
        }
        #expect(complaints.count == 1 && complaints[0].contains("a dip to 92"))
        let event = try #require(done.observed?.events.first)
        #expect(event.kind == .dip && abs(event.duration - 0.2) <= 0.02 && abs(event.extreme - 92) < 0.5)
        let kept = try #require(done.captures.first)
        #expect(done.captures.count == 1 && kept.causes == [.events])
        // From 0.1 s before its start to 0.2 s after its end; half a cycle either way is the standard's.
        #expect(abs(Double(kept.first) / 10_000 - 1.9) <= 0.02 && abs(Double(kept.frames) / 10_000 - 0.5) <= 0.04)
        let recording = try WaveformReader(folder.path + "/" + kept.folder).recording()
        // It begins and ends with a whole voltage, and has 92 V in the middle.
        let values = recording.physical(0)
        #expect(abs(Aggregation.rms(Array(values[0..<600])) - 230) < 1)
        #expect(abs(Aggregation.rms(Array(values[1400..<2400])) - 92) < 1)
        #expect(abs(Aggregation.rms(Array(values.suffix(1000))) - 230) < 1)
    }

    @Test("a digitizer that lies about its rate is found by the standard's frequency")
    func lyingRate() throws {
        let folder = try TemporaryFolder()
        // It samples at 9900 a second and says 10 000: 50 Hz look like 50.505 Hz.
        let (complaints, _) = try Self.play(observe: Observations(), into: folder.path) { Self.sine($0 * 1.0101) }
        #expect(complaints.count == 1 && complaints[0].contains("does not sample at the rate that it claims"))
        // A line that really is at 50.5 Hz is no lie.
        let (none, done) = try Self.play(observe: Observations(), standard: 50.5, into: folder.path + "/b") {
            Self.sine($0, 50.5)
        }
        #expect(none == [] && done.complaints == [])
    }

    @Test("corrections are applied to what is seen, and named; the waveform stays as it was sampled")
    func corrected() throws {
        let folder = try TemporaryFolder()
        let trace = "{ certificate: X-1, issuer: Institute, calibrated: 2020-01-01, valid-until: 2099-12-31 }"
        // A divider that gives 2 V of 230 V short (gain 0.9913), and 4 % too little at the fifth harmonic; a clock that runs 1000 ppm fast.
        let text = """
            corrections: rack
            title: Divider of a test
            clock: { deviation: 1000 ppm, U-deviation: 1 ppm, k: 2, traceability: \(trace) }
            channels:
              - channel: U1
                digitizer:
                  manufacturer: Maker
                  model: Model
                  serial: "1"
                  traceability: \(trace)
                  k: 2
                  rows:
                    - { frequency: 10 Hz to 70 Hz, gain: 0.9913, U-gain: 4 ppm, phase: 0 °, U-phase: 0.001 ° }
                    - { frequency: 240 Hz to 260 Hz, gain: 0.96, U-gain: 4 ppm, phase: 0 °, U-phase: 0.001 ° }
            """
        var set = CorrectionSet()
        try set.add(Array(text.utf8), file: "rack.yaml")
        // What the digitizer gets of a line with 5 % of fifth harmonic, sampled at 10 010 a second; once it dips to 92 V.
        func line(_ count: Double, dips: Bool) -> Double {
            let t = count / 1.001
            let level = dips && (2.0..<2.2).contains(t) ? 92.0 : 230
            return 0.9913 * Self.sine(t, 50, level) + 0.96 * Self.sine(t, 250, 0.05 * level)
        }
        let (none, steady) = try Self.play(
            observe: Observations(voltageDistortion: 8), corrections: set, into: folder.path + "/a"
        ) { line($0, dips: false) }
        #expect(none == [])
        let seen = try #require(steady.observed)
        #expect(abs(try #require(seen.voltageDistortion) - 5) < 0.001)
        let range = try #require(seen.frequency)
        #expect(abs(range.lowerBound - 50) < 0.01 && abs(range.upperBound - 50) < 0.01)
        let (_, done) = try Self.play(
            observe: Observations(), corrections: set, into: folder.path
        ) { line($0, dips: true) }
        #expect(abs(try #require(done.observed?.events.first).extreme - 92.115) < 0.1)
        #expect(done.corrections?.map(\.file) == ["rack.yaml"])
        #expect(done.corrections?.first?.sha256 == Hash.sha256Hex(Array(text.utf8)))
        let kept = try #require(done.captures.first)
        let values = try WaveformReader(folder.path + "/" + kept.folder).recording().physical(0)
        #expect(abs(Aggregation.rms(Array(values[0..<600])) - 0.9913 * 230) < 1)
        // Corrections of a channel calibrated for another size are no corrections: the point is spoiled.
        let other = text.replacing(
            "      rows:\n", with: "      levels:\n        - level: 0 V to 10 V\n          rows:\n"
        )
        .replacing("        - { frequency", with: "            - { frequency")
        var small = CorrectionSet()
        try small.add(Array(other.utf8), file: "small.yaml")
        let (complaints, _) = try Self.play(
            observe: Observations(), corrections: small, into: folder.path + "/b"
        ) { Self.sine($0) }
        #expect(complaints.first?.contains("outside the ranges it was calibrated for") == true, "\(complaints)")
    }

    @Test("a frequency outside, a saturated channel, samples that end: each is said")
    func others() throws {
        let folder = try TemporaryFolder()
        let allowed = Observations(frequency: 49.85...50.15)
        let (off, _) = try Self.play(observe: allowed, standard: 50.3, into: folder.path + "/a") {
            Self.sine($0, 50.3)
        }
        #expect(off.contains { $0.contains("the digitizer saw 50.300 Hz; 49.850 Hz to 50.150 Hz are allowed") })
        // 460 V have a peak of 650 V, and the range ends at 600 V.
        let (high, done) = try Self.play(observe: Observations(), into: folder.path + "/b") { Self.sine($0, 50, 460) }
        #expect(high.contains("channel U1 of the digitizer is saturated"))
        #expect(try #require(done.saturated["U1"]) > 1000)
    }

    @Test("a digitizer whose samples stay away spoils the point")
    func silent() throws {
        let time = VirtualTime()
        let journal = MemoryJournal(time: time)
        let load = LoadSetting(frequency: 50, phases: [])
        let point = ScheduledPoint(id: "p", number: 1, kind: .accuracy, title: "p", load: load, byPosition: [:])
        let complaints = try time.run { () -> [String] in
            let watch = SamplingWatch(
                Silent(time: time), capture: nil, observe: Observations(), corrections: nil, point: point, attempt: 1,
                folder: nil,
                time: time, journal: journal)
            try await watch.begin()
            try await watch.gatesOpen(load)
            do { try await watch.run() } catch let outside as ConditionsOutside { return outside.complaints }
            return []
        }
        #expect(complaints == ["no samples came for 2 s"])
    }

    @Test("a digitizer without the channel, or without the rate, ends the run before anything is energised")
    func cannot() throws {
        for capture in [
            WaveformCapture(channels: ["U9"], before: 0, after: 1, around: [.gates]),
            WaveformCapture(channels: ["U1"], rate: 1e6, before: 0, after: 1, around: [.gates]),
        ] {
            var bench = try Self.bench(Observations())
            bench.work.schedule.capture = capture
            let run = try Self.run(bench, into: nil)
            #expect(run.outcome.fault?.code == .refused, "\(run.outcome)")
            #expect(!run.sourceOn)
        }
    }
}

/// A digitizer that never gives a sample.
private struct Silent: Digitizer {
    let id = "digitizer"
    let time: VirtualTime
    let capability = DigitizerCapability(
        channels: [RecordedChannel(name: "U1", unit: "V")], rates: [10_000], form: .int16)
    func identify() async throws -> InstrumentIdentity {
        InstrumentIdentity(manufacturer: "", model: "", serial: "", firmware: "", simulated: true)
    }
    func start(rate: Double) async throws -> SampleStream {
        SampleStream(
            channels: capability.channels, rate: rate, stampRate: rate, form: .int16,
            ring: SampleRing(blocks: 2, bytes: 100), start: time.utc(time.now), traceability: "none")
    }
    func wait() async throws { try await time.sleep(seconds: 0.02) }
    func stop() async throws -> SamplingEnd { SamplingEnd() }
}
