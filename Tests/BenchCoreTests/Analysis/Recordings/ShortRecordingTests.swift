import FoundationEssentials
import Testing

@testable import BenchCore

#if canImport(Glibc)
    import Glibc
#endif

@Suite("Analysis of recordings below a second")
struct ShortRecordingTests {
    /// Sidebands 9.3 Hz on either side of the fundamental: two interharmonics in each voltage, no power.
    private static func beating(_ phase: Int, _ t: Double) -> Double { 1 + 0.02 * cos(2 * Double.pi * 9.3 * t) }

    @Test("Eight cycles and a half have power, frequency and phase by the fit, and the analysis says so")
    func few() throws {
        let found = RecordingAnalysis(ThreePhases.recording(seconds: 0.17, fifth: 0.06), .init(declared: 230))
        #expect(found.windows.isEmpty && found.frequencyByFit == true)
        #expect(abs(try #require(found.frequency) - 50.05) < 1e-5)
        for phase in found.phases {
            let power = try #require(phase.power), fit = try #require(phase.fit)
            #expect(phase.method == .fit && fit.interharmonics.isEmpty)
            #expect(abs(power.active / (2300 * cos(Double.pi / 6)) - 1) < 1e-6)
            #expect(abs(try #require(phase.fundamentalReactive) - 1150) < 0.01)
            // Rounding to steps of 0.1 mV, and no more.
            #expect(abs(fit.voltageRest / (1000 / Double(1 << 23) / 12.0.squareRoot()) - 1) < 0.1)
            let stated = try #require(phase.results.first { $0.quantity == .active })
            #expect(stated.value == power.active && abs(stated.standardUncertainty / power.activeNoise - 1) < 0.05)
            #expect(phase.results.contains { $0.quantity == .frequency })
        }
        #expect(found.text.contains("50.05000 Hz by the multi-sine fit"))
        #expect(found.text.contains("power: L1 L2 L3 by the multi-sine fit over the whole record"))
    }

    @Test("200 ms with interharmonics beside the fundamental: right by the fit, where the window alone would be wrong")
    func beside() throws {
        let recording = ThreePhases.recording(seconds: 0.2, shape: Self.beating)
        let found = RecordingAnalysis(recording, .init(declared: 230))
        let phase = try #require(found.phases.first), power = try #require(phase.power)
        let truth = 2300 * cos(Double.pi / 6), apparent = 2300.0
        #expect(phase.method == .fit && phase.fit?.interharmonics.count == 2)
        // 24 bits: a tenth of a ppm and less.
        #expect(abs(power.active - truth) < 0.1e-6 * apparent + 3 * power.activeNoise)
        let window = try #require(ReferencePower(voltage: recording.physical(0), current: recording.physical(3)))
        #expect(abs(window.active - truth) > 100e-6 * apparent)
        #expect(found.text.contains("interharmonics that the multi-sine fit found") && found.text.contains("40.75"))
    }

    @Test("From a second on the window is used; where the fit refuses a short record, the note says what that costs")
    func chosen() throws {
        let long = RecordingAnalysis(ThreePhases.recording(seconds: 1), .init(declared: 230))
        #expect(long.phases.allSatisfy { $0.method == .window && $0.fit == nil } && long.frequencyByFit == nil)
        #expect(long.text.contains("power: L1 L2 L3 by the reference window over the whole record"))
        func dip(_ seconds: Double) -> RecordingAnalysis {
            let recording = ThreePhases.recording(seconds: seconds) { phase, t in
                phase == 0 && t > 0.06 && t < 0.1 ? 0.5 : 1
            }
            return RecordingAnalysis(recording, .init(declared: 230))
        }
        let short = dip(0.25)
        #expect(short.phases.map(\.method) == [.window, .fit, .fit])
        #expect(short.notes.contains { $0.hasPrefix("L1: power by the reference window, not by the fit: ") })
        let shortest = dip(0.17)
        #expect(shortest.phases.map { $0.power == nil } == [true, false, false])
        #expect(shortest.notes.contains { $0.hasPrefix("L1: no reference power: ") })
        let none = RecordingAnalysis(ThreePhases.recording(seconds: 0.03), .init(nominal: 50, declared: 230))
        #expect(none.notes.contains { $0.hasPrefix("no reference power: it needs three cycles") })
    }

    @Test("What was analysed can be written and read again")
    func encoded() throws {
        let found = RecordingAnalysis(ThreePhases.recording(seconds: 0.1), .init(declared: 230))
        let data = try JSONEncoder().encode(found)
        let again = try JSONDecoder().decode(RecordingAnalysis.self, from: data)
        #expect(again.phases.map(\.fit) == found.phases.map(\.fit) && again.phases[0].fit != nil)
        #expect(again.phases.map(\.method) == [.fit, .fit, .fit])
    }
}
