import Glibc
import Testing

@testable import BenchCore

@Suite("Class A values while a digitizer samples")
struct LiveClassATests {
    private static let rate = 10_000.0

    /// 230 V with 5 % of fifth harmonic on three phases (the third 2 % low), 5 A on the first; 50.02 Hz.
    private static func recording(_ form: SampleForm, seconds: Double = 3, dip: ClosedRange<Double>? = nil) -> Recording
    {
        let channels = ["U1", "U2", "U3", "I1"].map {
            RecordedChannel(name: $0, unit: $0.hasPrefix("U") ? "V" : "A", scale: form == .float32 ? 1 : 1e-4)
        }
        let w = 2 * .pi * 50.02
        let values = (0..<Int(seconds * rate)).flatMap { index -> [Double] in
            let t = Double(index) / rate
            let level = dip?.contains(t) == true ? 0.4 : 1
            let voltages = [1, 1, 0.98].enumerated().map { (phase: Int, share: Double) -> Double in
                let angle = w * t - 2 * .pi / 3 * Double(phase)
                let peak = 2.0.squareRoot() * 230 * share * level
                return peak * (sin(angle) + 0.05 * sin(5 * angle))
            }
            let current = 2.0.squareRoot() * 5 * sin(w * t)
            return voltages + [current]
        }
        let samples: RecordedSamples =
            form == .float32
            ? .float(values.map { Float($0) }) : .integer(values.map { Int32(($0 / 1e-4).rounded()) }, bits: 24)
        return Recording(channels: channels, rate: rate, start: "2026-11-22T00:00:01.000000Z", samples: samples)
    }

    private static func live(_ recording: Recording, _ form: SampleForm, _ options: LiveClassA.Options) -> LiveClassA {
        LiveClassA(
            SampleStream(
                channels: recording.channels, rate: rate, stampRate: rate, form: form,
                ring: SampleRing(blocks: 2, bytes: 64), start: recording.start ?? "", traceability: "none"), options)
    }

    /// Feeds it in blocks, as a ring gives them; `lost` frames are missing behind some frame.
    private static func feed(
        _ live: LiveClassA, _ recording: Recording, block: Int = 200, lost: (at: Int, frames: Int)? = nil
    ) -> LiveClassA.Findings {
        var all = LiveClassA.Findings()
        var at = 0
        while at + block <= recording.frames {
            if let lost, at == lost.at { at += lost.frames }
            let width = recording.channels.count
            let found = live.feed(recording.samples[(at * width)..<((at + block) * width)], first: Int64(at))
            all.windows += found.windows
            all.events += found.events
            all.note = all.note ?? found.note
            at += block
        }
        return all
    }

    @Test(
        "windows are those that the whole recording gives, for whole numbers and floats",
        arguments: [SampleForm.int24, .float32])
    func windows(form: SampleForm) throws {
        let recording = Self.recording(form)
        let live = Self.live(recording, form, LiveClassA.Options())
        #expect(live.phases.map(\.name) == ["L1", "L2", "L3"] && live.phases.map(\.current) == [true, false, false])
        let found = Self.feed(live, recording)
        #expect(found.note == nil && found.events.isEmpty)
        // The recording tells windows that begin at its own moment; effective values and frequency are the same.
        let whole = RecordingAnalysis(recording)
        #expect(abs(found.windows.count - whole.windows.count) <= 1 && found.windows.count >= 12)
        for (end, window) in found.windows {
            #expect(end > 0 && end <= 3)
            #expect(abs(window.frequency - 50.02) < 0.001)
            let rms = 230 * 1.0025.squareRoot()
            let unbalance = 100 * 0.02 / (3 - 0.02)
            let all: [Double] = [rms, rms, 0.98 * rms]
            for (slot, expected) in all.enumerated() {
                // Flat within 0.05 % to order 50 (`ClassAMeter`).
                #expect(abs(window.rms[slot] / expected - 1) < 5e-4)
                #expect(abs(try #require(window.distortion(channel: slot)) - 5) < 0.01)
            }
            #expect(abs(window.rms[4] - 5) < 0.003 && abs(window.active[0] - 1150) < 1)
            #expect(abs(try #require(window.negativeUnbalance) - unbalance) < 0.01)
        }
        #expect(abs(try #require(whole.frequency) - 50.02) < 0.001)
    }

    @Test("corrections act on what is told, a dip is told with its place, and lost frames begin the windows anew")
    func others() throws {
        let trace = Traceability(
            certificate: "X", issuer: "X", calibrated: "2020-01-01", validUntil: "2099-12-31")
        let part = CorrectionPart(
            manufacturer: "", model: "", serial: "", traceability: trace,
            levels: [
                CorrectionPart.Level(
                    nil, CorrectionTable([CorrectionRow(frequencies: 10...5000, gain: 0.5)]))
            ])
        let set = CorrectionSet([ChannelCorrection(channel: "U1", digitizer: part)])
        let plain = Self.recording(.int24)
        let corrected = Self.feed(Self.live(plain, .int24, LiveClassA.Options(corrections: set)), plain)
        #expect(corrected.windows.allSatisfy { abs($0.window.rms[0] / 460.57 - 1) < 1e-3 })

        let dip = Self.recording(.int24, dip: 2...2.2)
        let seen = Self.feed(Self.live(dip, .int24, LiveClassA.Options(nominal: 50, declared: 230)), dip)
        let event = try #require(seen.events.first)
        #expect(abs(event.start - 2) < 0.02 && abs(event.event.duration - 0.2) < 0.02)
        #expect(seen.windows.contains { $0.window.flagged })

        let gap = Self.feed(Self.live(plain, .int24, LiveClassA.Options()), plain, lost: (16_000, 2_000))
        #expect(gap.note == "2000 frames were lost: windows begin anew")
        #expect(gap.events.isEmpty && gap.windows.allSatisfy { abs($0.window.frequency - 50.02) < 0.001 })
        #expect(gap.windows.contains { $0.end > 2.5 } && !gap.windows.contains { (1.65...1.8).contains($0.end) })

        var currents = plain
        currents.channels = currents.channels.map { RecordedChannel(name: $0.name, unit: "A", scale: $0.scale) }
        let nothing = Self.feed(Self.live(currents, .int24, LiveClassA.Options()), currents)
        #expect(nothing.note == "no channel in V: there is nothing to watch live" && nothing.windows.isEmpty)
    }
}
