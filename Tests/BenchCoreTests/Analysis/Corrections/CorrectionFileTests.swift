import TestSupport
import Testing

@testable import BenchCore

@Suite("Files of corrections")
struct CorrectionFileTests {
    private static func demo() throws -> [UInt8] { try Checkout.bytes("Fixtures/Corrections/demo-channel-pair.yaml") }

    @Test("The demonstration file gives gains, phases and standard uncertainties as its rows have them")
    func demo() throws {
        var set = CorrectionSet()
        let bytes = try Self.demo()
        try set.add(bytes, file: "demo.yaml")
        let correction = try #require(set.channels["U1"])
        // 50 Hz: digitizer 1.000010 and −0.0002°, divider 0.999975 and 12 ns.
        let factor = try #require(correction.at(50))
        #expect(abs(factor.magnitude - 1 / (1.000010 * 0.999975)) < 1e-12)
        #expect(abs(factor.angle - (0.0002 + 360 * 50 * 12e-9)) < 1e-12)
        // Expanded 4 ppm and 8 ppm at k = 2; 0.0002°, 4 ns and the 2 ns of the skew.
        #expect(abs(factor.magnitudeUncertainty - 1e-6 * (4.0 + 16).squareRoot()) < 1e-15)
        let phases = [0.0001, 360 * 50 * 2e-9, 360 * 50 * 1e-9]
        #expect(abs(factor.phaseUncertainty - Aggregation.root(phases)) < 1e-15)
        #expect(correction.causes(50).map(\.name) == ["digitizer", "transducer", "skew"])
        #expect(correction.frequencies == 10...9000)
        #expect(correction.transducer?.ratio == 1000 && correction.jitter == 1e-9)
        #expect(set.clock?.deviation == 1.4e-6 && abs((set.clock?.uncertainty ?? 0) - 0.1e-6) < 1e-18)
        let file = try #require(set.files.first)
        #expect(file.sha256 == Hash.sha256Hex(bytes) && file.id == "demo-channel-pair")
        #expect(file.certificates.map(\.part) == ["digitizer", "divider", "digitizer", "shunt", "clock"])
    }

    @Test("Between rows everything runs straight over frequency; outside them there is nothing")
    func interpolation() throws {
        let table = CorrectionTable([
            CorrectionRow(
                frequencies: 40...60, gain: 1, gainUncertainty: 2e-6, phase: 0.1, phaseUncertainty: 0.01),
            CorrectionRow(
                frequencies: 160...160, gain: 1.001, gainUncertainty: 4e-6, phase: -0.3, phaseUncertainty: 0.03),
        ])
        let middle = try #require(table.value(110))
        #expect(abs(middle.gain - 1.0005) < 1e-12 && abs(middle.phase + 0.1) < 1e-12)
        #expect(abs(middle.gainUncertainty - 3e-6) < 1e-15 && abs(middle.phaseUncertainty - 0.02) < 1e-12)
        #expect(table.value(40)?.gain == 1 && table.value(55)?.phase == 0.1 && table.value(160)?.gain == 1.001)
        for frequency in [0, 39.999, 160.001, 1e9, -50, .nan, .infinity] { #expect(table.value(frequency) == nil) }
        #expect(CorrectionTable([]).value(50) == nil)
    }

    @Test("The size of the signal chooses the rows, and one that nobody calibrated for is refused in words")
    func levels() throws {
        var set = CorrectionSet()
        try set.add(try Self.demo(), file: "demo.yaml")
        let correction = try #require(set.channels["I1"])
        #expect(correction.at(50) == nil, "which rows count is not known before the size is")
        let small = try correction.at(level: 0.05), large = try correction.at(level: 0.5)
        #expect(small.digitizer?.value(50)?.gain == 1.000051 && large.digitizer?.value(50)?.gain == 1.000017)
        #expect(throws: ValueTrouble.self) { try correction.at(level: 1.5) }
    }

    @Test("A channel or a clock that two files speak of is refused at its place")
    func twice() throws {
        var set = CorrectionSet()
        try set.add(try Self.demo(), file: "one.yaml")
        let error = #expect(throws: Diagnostics.self) { try set.add(try Self.demo(), file: "two.yaml") }
        let all = try #require(error).all
        #expect(all.count == 3 && all.allSatisfy { $0.file == "two.yaml" })
        #expect(all[0].message.contains("«U1»") && all[0].mark == Mark(line: 11, column: 14), "\(all[0])")
    }

    private static func recording(unit: String = "V", start: String? = nil, skew: Double = 0) -> Recording {
        let channels = ["U1", "I1"].map { RecordedChannel(name: $0, unit: unit, scale: 0.001, skew: skew) }
        return Recording(
            channels: channels, rate: 10_000, start: start,
            samples: .integer((0..<400).map { Int32($0 % 4 < 2 ? 300 : -300) }, bits: 16))
    }

    @Test("Nominal ratio, unit, offset and clock go into the recording's scales; other recordings are refused")
    func apply() throws {
        var set = CorrectionSet()
        try set.add(try Self.demo(), file: "demo.yaml")
        var recording = Self.recording(start: "2026-05-01T10:00:00Z")
        let applied = try set.apply(to: &recording, "r.wav")
        #expect(recording.channels.map(\.unit) == ["V", "A"])
        #expect(abs(recording.channels[0].scale - 1) < 1e-12 && abs(recording.channels[0].offset + 12e-3) < 1e-12)
        #expect(abs(recording.channels[1].scale - 0.0125) < 1e-12)
        #expect(abs(recording.rate - 10_000.014) < 1e-9)
        #expect(applied.notes.isEmpty, "\(applied.notes)")
        #expect(applied.channels[0]?.offsetUncertainty == 2e-6 * 1000)
        func refused(_ recording: Recording, _ text: String) {
            var recording = recording
            let error = #expect(throws: RecordingTrouble.self) { try set.apply(to: &recording, "r.wav") }
            #expect(error?.description.contains(text) == true, "\(error.map(\.description) ?? "")")
        }
        refused(
            Self.recording(unit: "A"), "channel U1: its values are in A; with «in-recording: no» the divider wants V")
        refused(Self.recording(unit: ""), "«scale» gives a unit where there is none")
        var other = Self.recording()
        other.channels[1].name = "left"
        refused(other, "has no channel «I1», which the corrections are for; it has U1, left")
        other = Self.recording()
        other.channels[1].scale = 1
        refused(other, "outside the ranges it was calibrated for: 0 … 0.1 V, 0.1 … 1 V")
        other = Self.recording()
        other.channels[0].transducer = TransducerRatio(primary: 10, secondary: 1, side: .primary)
        refused(other, "the recording says its values are primary")
    }

    @Test("Certificates that do not cover the day of the recording are named, and a recording without a day is told of")
    func validity() throws {
        var set = CorrectionSet()
        try set.add(try Self.demo(), file: "demo.yaml")
        var old = Self.recording(start: "2025-05-01T10:00:00Z")
        let notes = try set.apply(to: &old, "r.wav").notes
        #expect(notes.count == 5 && notes[0].contains("DEMO-2026-0902 is for 2026-03-02 … 2099-12-31"), "\(notes)")
        var timeless = Self.recording()
        #expect(try set.apply(to: &timeless, "r.wav").notes.count == 1)
    }
}
