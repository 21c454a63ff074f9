import TestSupport
import Testing

@testable import BenchCore

@Suite struct ComtradeWriterTests {
    static let forms: [(ComtradeForm, String)] = ComtradeForm.allCases.flatMap { form in
        [(form, "r.cfg"), (form, "r.cff"), (form, "R.CFG"), (form, "R.CFF")]
    }

    @Test("what is written is read back with the same numbers, scales and times", arguments: forms)
    func roundTrip(form: ComtradeForm, name: String) throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/" + name
        let recording = SampleRecordings.integers()
        try ComtradeWriter.write(recording, to: path, form: form, station: "Lab, Hall 2", device: "D1")
        let content = try Comtrade.read(path)
        let back = content.recording
        #expect(content.configuration.station == "Lab; Hall 2")
        #expect(content.configuration.revision == .of2013)
        #expect(content.configuration.form == form)
        guard case .integer(let values, _) = recording.samples else { return }
        switch back.samples {
        case .integer(let read, let bits): #expect(read == values && bits == (form == .binary32 ? 32 : 16))
        case .float(let read): #expect(form == .float32 && read == values.map { Float($0) })
        }
        #expect(back.rate == recording.rate && back.start == recording.start && back.trigger == recording.trigger)
        #expect(back.nominalFrequency == 50)
        for (one, other) in zip(back.channels, recording.channels) {
            #expect(one.name == other.name && one.unit == other.unit)
            #expect(one.scale == other.scale && one.offset == other.offset)
            #expect(one.lowest == other.lowest && one.highest == other.highest)
            #expect(abs(one.skew - other.skew) < 1e-18)
            #expect(one.phase == other.phase && one.component == other.component)
        }
        #expect(back.channels[0].transducer == recording.channels[0].transducer)
        #expect(back.physical(0) == recording.physical(0))
    }

    @Test("floats are kept exactly as text and as FLOAT32", arguments: [ComtradeForm.ascii, .float32])
    func floats(form: ComtradeForm) throws {
        let folder = try TemporaryFolder()
        var recording = SampleRecordings.floats()
        recording.start = nil
        recording.trigger = nil
        recording.nominalFrequency = nil
        try ComtradeWriter.write(recording, to: folder.path + "/f.cff", form: form)
        let back = try Comtrade.read(folder.path + "/f.cff").recording
        #expect(back.samples == recording.samples)
        #expect(back.start == nil && back.trigger == nil && back.nominalFrequency == nil)
    }

    @Test(
        "what a form cannot hold exactly is refused, and nothing is left behind",
        arguments: [
            (ComtradeForm.binary, RecordedSamples.integer([0, -32_768], bits: 16)),
            (.binary, .integer([0, 40_000], bits: 24)),
            (.binary32, .integer([0, .min], bits: 32)),
            (.float32, .integer([0, 16_777_217], bits: 32)),
            (.binary, .float([0, 0.5])),
            (.binary32, .float([0, 3e9])),
            (.float32, .float([0, -.greatestFiniteMagnitude])),
        ])
    func refused(form: ComtradeForm, samples: RecordedSamples) throws {
        let folder = try TemporaryFolder()
        let recording = Recording(channels: [RecordedChannel(name: "U1", unit: "V")], rate: 1, samples: samples)
        for name in ["r.cfg", "r.cff"] {
            let text = SampleRecordings.trouble {
                try ComtradeWriter.write(recording, to: folder.path + "/" + name, form: form)
            }
            #expect(text?.hasPrefix("\(name): channel U1, frame 1: \(form.rawValue) cannot hold ") == true)
        }
        #expect(try Disk.names(in: folder.path) == [])
    }

    @Test("fewer or more frames than announced, and names of no recording, are refused")
    func counts() throws {
        let folder = try TemporaryFolder()
        let recording = SampleRecordings.integers(frames: 3)
        func writer(_ name: String, _ frames: Int) throws -> ComtradeWriter {
            try ComtradeWriter(folder.path + "/" + name, like: recording, frames: frames, form: .binary)
        }
        #expect(SampleRecordings.trouble { _ = try writer("r.txt", 3) }?.contains("is named .cfg") == true)
        #expect(SampleRecordings.trouble { _ = try writer("r.cff", 0) }?.contains("cannot be numbered") == true)
        let short = try writer("r.cff", 4)
        try short.append(recording.samples)
        #expect(SampleRecordings.trouble { try short.finish() } == "r.cff: 3 frames were written and 4 announced")
        #expect(
            SampleRecordings.trouble { try short.append(recording.samples) }?.contains("more than the 4 announced")
                == true)
        #expect(
            SampleRecordings.trouble { try short.append(.integer([1, 2], bits: 16)) }?.contains("no whole frames")
                == true)
    }

    @Test("the form of the files is that of the standard, byte for byte")
    func bytes() throws {
        let folder = try TemporaryFolder()
        let recording = Recording(
            channels: [RecordedChannel(name: "U1", unit: "V", scale: 0.01, lowest: -32_768, highest: 32_767)],
            rate: 10_000,
            start: "2026-11-21T17:36:33.875463Z", samples: .integer([1, -2], bits: 16), nominalFrequency: 50)
        try ComtradeWriter.write(recording, to: folder.path + "/r.cff", form: .binary, device: "D")
        // IEEE C37.111-2013, clauses 7, 8.6 and 10; the lowest number of BINARY is -32767, for -32768 marks a missing sample.
        let text = """
            --- file type: CFG ---
            MeterBench,D,2013
            1,1A,0D
            1,U1,,,V,0.01,0,0,-32767,32767,1,1,P
            50
            1
            10000,2
            21/11/2026,17:36:33.875463
            21/11/2026,17:36:33.875463
            BINARY
            1
            0,0
            F,3
            --- file type: INF ---
            --- file type: HDR ---
            --- file type: DAT BINARY: 20 ---

            """
        let data: [UInt8] = [1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 0, 0, 0, 100, 0, 0, 0, 0xFE, 0xFF]
        #expect(try Disk.read(folder.path + "/r.cff") == SampleRecordings.text(text) + data)
        try ComtradeWriter.write(recording, to: folder.path + "/r.cfg", form: .ascii, device: "D")
        #expect(try Disk.read(folder.path + "/r.dat") == SampleRecordings.text("1,0,1\n2,100,-2\n"))
    }
}
