import Testing

@testable import BenchCore

#if canImport(Glibc)
    import Glibc
#endif

/// Three phases as a 24-bit digitizer with ranges of 1000 V and 50 A records them.
enum ThreePhases {
    static let rate = 10_000.0

    /// `shape` scales the voltage of a phase at a moment; `lag` is that of the currents.
    static func recording(
        seconds: Double, frequency: Double = 50.05, current: Double = 10, lag: Double = 30, fifth: Double = 0,
        negative: Bool = false, shape: (Int, Double) -> Double = { _, _ in 1 }
    ) -> Recording {
        let full = Double(1 << 23)
        var samples: [Int32] = []
        for n in 0..<Int(rate * seconds) {
            let t = Double(n) / rate
            for channel in 0..<6 {
                let p = channel % 3
                let angle = 2 * Double.pi * (frequency * t - Double(p) / 3)
                if channel < 3 {
                    let u = 230 * 2.0.squareRoot() * (cos(angle) + fifth * cos(5 * angle)) * shape(p, t)
                    samples.append(Int32(max(-full, min(full - 1, (u / 1000 * full).rounded()))))
                } else {
                    let i = current * 2.0.squareRoot() * cos(angle - lag * .pi / 180)
                    samples.append(Int32((i / 50 * full).rounded()))
                }
            }
        }
        let channels = (0..<6).map { channel in
            RecordedChannel(
                name: (channel < 3 ? "U" : "I") + "\(channel % 3 + 1)", unit: channel < 3 ? "V" : "A",
                scale: (channel < 3 ? 1000 : 50) / full, lowest: -full, highest: full - 1)
        }
        return Recording(channels: channels, rate: rate, samples: .integer(samples, bits: 24))
    }
}

@Suite("Analysis of a recording")
struct RecordingAnalysisTests {
    @Test("Power, frequency, harmonics and unbalance of a steady record are those that were put into it")
    func steady() throws {
        let found = RecordingAnalysis(ThreePhases.recording(seconds: 2, fifth: 0.06))
        #expect(found.nominal == 50 && found.phases.map(\.name) == ["L1", "L2", "L3"])
        #expect(abs(try #require(found.frequency) - 50.05) < 1e-5)
        for phase in found.phases {
            let power = try #require(phase.power)
            let u = 230 * (1 + 0.06 * 0.06).squareRoot()
            #expect(abs(power.voltage / u - 1) < 1e-6 && abs(power.current / 10 - 1) < 1e-6)
            #expect(abs(power.active / (2300 * cos(Double.pi / 6)) - 1) < 1e-6)
            // 24 bits of 1000 V: some tens of µV of noise and no more.
            #expect(power.activeNoise < 0.01)
            #expect(abs(try #require(phase.fundamentalReactive) - 1150) < 0.01)
            #expect(abs(phase.voltageHarmonics[4] - 13.8) < 1e-3)
            #expect(abs(try #require(phase.voltageDistortion) - 0.06) < 1e-5)
            #expect(try #require(phase.currentDistortion) < 1e-4)
        }
        // Current lags by 30°, L2 stands a third of a turn behind.
        #expect(abs(try #require(found.phases[0].current).angle + 30) < 1e-4)
        #expect(abs(try #require(found.phases[1].voltage).angle + 120) < 1e-4)
        #expect(try #require(found.negativeUnbalance) < 1e-6 && (found.zeroUnbalance ?? 1) < 1e-6)
        #expect(found.events.isEmpty && found.channels.allSatisfy { $0.saturated == 0 })
        #expect(found.windows.count >= 8 && !found.windows.contains { $0.flagged })
        #expect(found.text.contains("50.05000 Hz") && found.text.contains("THDS"))
    }

    @Test("A dip on one phase is found with its depth and length, and the windows that it falls into are flagged")
    func dip() throws {
        let recording = ThreePhases.recording(seconds: 3) { phase, t in phase == 1 && t >= 1.003 && t < 1.203 ? 0.4 : 1
        }
        let found = RecordingAnalysis(recording, .init(declared: 230))
        let event = try #require(found.events.first)
        #expect(found.events.count == 1 && event.kind == .dip && event.channels == [1] && event.complete)
        // Class A: one cycle, 0.2 % of Udin (IEC 61000-4-30:2015, 5.4.3).
        #expect(abs(event.duration - 0.2) <= 0.02 && abs(event.extreme - 92) < 0.46)
        #expect(abs(event.start - 1.003) <= 0.02)
        for window in found.windows {
            let touched = window.begin < 1.19 && window.begin + 0.2 > 1.02
            if touched { #expect(window.flagged, "\(window.begin)") }
            if window.begin > 1.3 || window.begin < 0.7 { #expect(!window.flagged, "\(window.begin)") }
        }
        #expect(found.text.contains("dip") && found.text.contains("L2"))
    }

    @Test("Saturation, short records, foreign channels and noise are said in words, never a trap")
    func odd() throws {
        let clipped = RecordingAnalysis(ThreePhases.recording(seconds: 0.5) { _, t in t > 0.2 && t < 0.25 ? 5 : 1 })
        #expect(clipped.channels[0].saturated > 50)
        #expect(clipped.text.contains("samples"))
        var short = ThreePhases.recording(seconds: 0.5)
        short.samples = .integer([1, 2, 3, 4, 5, 6], bits: 24)
        #expect(!RecordingAnalysis(short).notes.isEmpty)
        var foreign = ThreePhases.recording(seconds: 0.2)
        for n in foreign.channels.indices { foreign.channels[n].unit = "°C" }
        let other = RecordingAnalysis(foreign)
        #expect(other.phases.isEmpty && other.notes.count == 1)
        #expect(other.text.contains("note: no channel in V or A"))
        var random = SeededGenerator(seed: 1)
        let noise = Recording(
            channels: [RecordedChannel(name: "U1", unit: "V")], rate: 10_000,
            samples: .float((0..<20_000).map { _ in Float(random.normal()) }))
        _ = RecordingAnalysis(noise).text
        let slow = Recording(
            channels: [RecordedChannel(name: "U1", unit: "V")], rate: 100,
            samples: .float((0..<500).map { Float(cos(Double($0))) }))
        #expect(!RecordingAnalysis(slow, .init(nominal: 50)).notes.isEmpty)
    }

    @Test("Edges of a sound card's channel are told beside what else there is, also where nothing is in V or A")
    func edges() throws {
        let pulses = PlantedPulses(times: PlantedPulses.regular(10), length: 0.01)
        let recording = Recording(
            channels: [RecordedChannel(name: "left", unit: "")], rate: PlantedPulses.rate,
            samples: .float(pulses.samples(1.1).map { Float($0) }))
        var options = RecordingAnalysis.Options()
        options.edges = "left"
        options.constant = 1000
        let found = RecordingAnalysis(recording, options)
        #expect(found.edges?.pulses == 9 && found.edges?.energy == nil)
        #expect(found.text.contains("edges of left, rising: 10") && found.text.contains("1000 imp/kWh: 36000.0"))
        options.edges = "right"
        #expect(
            RecordingAnalysis(recording, options).text.contains(
                "no channel «right» to look for edges in; there are left"))
    }

    @Test(
        "Names, COMTRADE phases and order tell which channel is which",
        arguments: [
            (["UL1", "UL2", "UL3", "IL1", "IL2", "IL3"], ["V", "V", "V", "A", "A", "A"], [0, 1, 2], [3, 4, 5]),
            (
                ["VA", "IA", "VB", "IB", "VC", "IC", "VN", "IN"], ["kV", "A", "kV", "A", "kV", "A", "kV", "A"],
                [0, 2, 4], [1, 3, 5]
            ),
            (["1", "2"], ["V", "A"], [0], [1]), (["1", "2", "3", "4"], ["V", "A", "V", "A"], [0, 2], [1, 3]),
            (["left", "right"], ["V", "A"], [0], [1]),
            (["U3", "U1", "temperature"], ["V", "mV", "°C"], [1, 0], []),
        ] as [([String], [String], [Int], [Int])])
    func assignment(names: [String], units: [String], voltages: [Int], currents: [Int]) {
        let channels = zip(names, units).map { RecordedChannel(name: $0, unit: $1) }
        let found = PhaseAssignment(channels)
        #expect(found.voltages == voltages && found.currents == currents)
        for (channel, unit) in zip(channels, units) {
            #expect(PhaseAssignment.factor(channel) == ["V": 1, "A": 1, "kV": 1000, "mV": 0.001][unit])
        }
    }

    @Test("The picture is XML with a panel for all there is, and names cannot break it")
    func plot() {
        var recording = ThreePhases.recording(seconds: 1, fifth: 0.05)
        recording.channels[0].name = "U<1&"
        let svg = RecordingPlot(recording, RecordingAnalysis(recording)).svg
        #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n"))
        #expect(svg.contains("U&lt;1&amp;") && svg.contains("harmonic subgroups"))
        #expect(svg.split(separator: "<g ").count == 5)
        #expect(!svg.contains("nan") && !svg.contains("inf"))
    }
}
