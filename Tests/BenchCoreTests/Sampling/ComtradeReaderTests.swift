import TestSupport
import Testing

@testable import BenchCore

/// Files written by hand after the forms of IEEE C37.111.
@Suite struct ComtradeReaderTests {
    static let cfg2013 = """
        Bench 7,Digitizer,2013
        5,3A,2D
        1,U1,A,Bus 1,kV,0.001,0.5,2.5,-32767,32767,10000,100,S
        2,I1,A,,A,0.25,0,0,-1000,1000,1,1,P
        3,x,,,,1,0,0,0,0,0,0,P
        1,trip,,,0
        2,close,,,1
        50
        1
        4000,3
        21/11/2026,18:36:33.875463
        21/11/2026,18:36:34.000000
        ASCII
        1
        +1,+1
        0,3

        """
    static let ascii = "1,0,-5,7,100,0,1\n2,250,6,-8,0,1,1\n3,500,+70000,32000,-1,0,0\n"

    static func read(_ cfg: String, _ dat: String) throws -> Comtrade.Content {
        let folder = try TemporaryFolder()
        return try Comtrade.read(SampleRecordings.pair(folder, cfg, SampleRecordings.text(dat)))
    }

    @Test("a text recording of 2013 gives channels, times in UTC, and exact numbers")
    func ascii2013() throws {
        let content = try Self.read(Self.cfg2013, Self.ascii)
        let recording = content.recording
        #expect(content.configuration.station == "Bench 7")
        #expect(content.configuration.device == "Digitizer")
        #expect(content.configuration.revision == .of2013)
        #expect(content.configuration.digital == 2)
        #expect(recording.samples == .integer([-5, 7, 100, 6, -8, 0, 70_000, 32_000, -1], bits: 24))
        #expect(recording.rate == 4000)
        #expect(recording.nominalFrequency == 50)
        // The stamps are one hour ahead of UTC (time_code +1).
        #expect(recording.start == "2026-11-21T17:36:33.875463Z")
        #expect(recording.trigger == "2026-11-21T17:36:34.000000Z")
        #expect(content.configuration.start == "21/11/2026,18:36:33.875463")
        let u = recording.channels[0]
        #expect(
            u.name == "U1" && u.unit == "V" && u.scale == 1 && u.offset == 500 && u.phase == "A"
                && u.component == "Bus 1")
        #expect(u.lowest == -32_767 && u.highest == 32_767 && u.skew == 2.5e-6)
        #expect(u.transducer == TransducerRatio(primary: 10_000, secondary: 100, side: .secondary))
        // min = max = 0 and a ratio of zeros say nothing.
        #expect(recording.channels[2].lowest == nil && recording.channels[2].transducer == nil)
        #expect(recording.physical(1) == [1.75, -2, 8000])
    }

    @Test("a text recording of 1991 has the month first, two digits of the year and no time multiplier")
    func ascii1991() throws {
        let cfg = """
            Old,Rec
            2,1A,1D
            1,IA,A,line,A,2.0,0,0,-2048,2047
            1,trip,0
            60
            1
            1200,2
            11/21/92,17:36:33.875463
            11/21/92,17:36:33.9
            ascii
            """
        let content = try Self.read(cfg, "1, 0, 10,0\n2, 833, -20,1\n\u{1A}")
        #expect(content.configuration.revision == .of1991)
        #expect(content.configuration.start == "11/21/92,17:36:33.875463")
        // Nothing says how a clock of 1991 stood to UTC.
        #expect(content.recording.start == nil)
        #expect(content.recording.samples == .integer([10, -20], bits: 16))
        #expect(content.recording.channels[0].lowest == -2048)
        #expect(
            SampleRecordings.trouble {
                _ = try Self.read(cfg.replacing("11/21/92,17:36:33.9", with: "21/11/92,1:1:1"), "")
            } != nil)
    }

    @Test("a byte order mark and names in ISO 8859-1 are understood")
    func encodings() throws {
        let folder = try TemporaryFolder()
        let path = try SampleRecordings.pair(folder, Self.cfg2013, SampleRecordings.text(Self.ascii))
        let plain = try Disk.read(path)
        try Disk.write([0xEF, 0xBB, 0xBF] + plain, to: path)
        #expect(try Comtrade.read(path).configuration.station == "Bench 7")
        var latin = plain
        latin[1] = 0xE4
        try Disk.write(latin, to: path)
        #expect(try Comtrade.read(path).configuration.station == "Bänch 7")
    }

    @Test("real numbers are kept as 32-bit floats")
    func reals() throws {
        let content = try Self.read(Self.cfg2013, "1,,-5,7,1E2,0,1\n2,,.5,-8,0,1,1\n3,,-2.25e-3,5.,-1,0,0\n")
        #expect(content.recording.samples == .float([-5, 7, 100, 0.5, -8, 0, -0.00225, 5, -1]))
    }

    @Test("without a sampling rate the time stamps tell it, where they are equally spaced")
    func stamps() throws {
        let cfg = Self.cfg2013.replacing("1\n4000,3", with: "0\n0,3")
        // Stamps count 1 µs · time multiplier; nine decimals in a time make it 1 ns (IEEE C37.111-2013, 8.4).
        #expect(abs(try Self.read(cfg, Self.ascii).recording.rate - 4000) < 1e-9)
        let doubled = cfg.replacing("ASCII\n1\n", with: "ASCII\n2\n")
        #expect(abs(try Self.read(doubled, Self.ascii).recording.rate - 2000) < 1e-9)
        let nano = cfg.replacing("34.000000", with: "34.000000000")
        #expect(abs(try Self.read(nano, Self.ascii).recording.rate - 4e6) < 1e-6)
        #expect(
            SampleRecordings.trouble { _ = try Self.read(cfg, Self.ascii.replacing("2,250", with: "2,240")) }
                == "r.dat: sample 2 was taken -10 stamp units away from equal spacing: only equally spaced samples can be analysed"
        )
        #expect(
            SampleRecordings.trouble { _ = try Self.read(cfg, Self.ascii.replacing("2,250", with: "2,")) }
                == "r.dat:2:3: sample 2 has no time stamp, and r.cfg states no sampling rate: one of the two has to say when it was taken"
        )
    }

    @Test("a recording of two rates is read section by section, each with its own start")
    func sections() throws {
        let folder = try TemporaryFolder()
        let cfg = Self.cfg2013.replacing("1\n4000,3", with: "2\n1000,2\n4000,3")
        let path = try SampleRecordings.pair(folder, cfg, SampleRecordings.text(Self.ascii))
        #expect(
            SampleRecordings.trouble { _ = try Comtrade.read(path) }
                == "r.cfg:10:1: the recording has 2 sampling rates (1000, 4000 frames a second): name the section to read, 1 … 2"
        )
        let first = try Comtrade.read(path, section: 1).recording
        #expect(first.rate == 1000 && first.frames == 2 && first.start == "2026-11-21T17:36:33.875463Z")
        let second = try Comtrade.read(path, section: 2).recording
        #expect(second.rate == 4000 && second.samples == .integer([70_000, 32_000, -1], bits: 24))
        // One step of 1 ms, then one of 0.25 ms.
        #expect(second.start == "2026-11-21T17:36:33.876713Z")
        #expect(
            SampleRecordings.trouble { _ = try Comtrade.read(path, section: 3) }?.contains("there is no section 3")
                == true)
    }

    @Test("binary frames hold number, stamp, samples and digital words")
    func binary() throws {
        let folder = try TemporaryFolder()
        let cfg = Self.cfg2013.replacing("ASCII", with: "BINARY")
        // 8.6: two digital channels take one word of 16.
        func frame(_ n: UInt8, _ a: [UInt8]) -> [UInt8] { [n, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF] + a + [0x02, 0x00] }
        let good =
            frame(1, [0xFB, 0xFF, 7, 0, 100, 0]) + frame(2, [6, 0, 0xF8, 0xFF, 0, 0])
            + frame(3, [0xFF, 0x7F, 0, 0x7D, 0x01, 0x80])
        let path = try SampleRecordings.pair(folder, cfg, good)
        #expect(
            try Comtrade.read(path).recording.samples
                == .integer([-5, 7, 100, 6, -8, 0, 32_767, 32_000, -32_767], bits: 16))
        func trouble(_ bytes: [UInt8]) throws -> String? {
            try Disk.write(bytes, to: folder.path + "/r.dat")
            return SampleRecordings.trouble { _ = try Comtrade.read(path) }
        }
        var bytes = good
        bytes[16 + 8 + 2] = 0x00
        bytes[16 + 8 + 3] = 0x80
        #expect(
            try trouble(bytes)
                == "r.dat: at byte 26: channel I1 has no value at sample 2: a recording with missing samples cannot be analysed"
        )
        bytes = good
        bytes[32] = 9
        #expect(
            try trouble(bytes)
                == "r.dat: at byte 32: sample 9 stands where sample 3 should be: samples are missing or out of order")
        #expect(
            try trouble(Array(good.dropLast()))?.hasPrefix(
                "r.dat: at byte 32: ends with 15 bytes of a frame of 16: truncated") == true)
        #expect(try trouble(Array(good.dropLast(16)))?.contains("ends after 2 samples of each channel, but") == true)
        #expect(
            try trouble(good + frame(4, [0, 0, 0, 0, 0, 0]))?.contains("holds 4 samples of each channel, but") == true)
    }

    static let troubles: [(String, String, String)] = [
        (
            "5,3A,2D", "6,3A,2D",
            "r.cfg:2:1: 6 channels are not 3 analog and 2 digital ones: one of the numbers is wrong"
        ),
        ("5,3A,2D", "5,xA,2D", "r.cfg:2:3: «xA» is no number of channels; a number followed by A is"),
        ("5,3A,2D", "5", "r.cfg:2:1: the number of channels has 1 fields; «8,6A,2D» is the form"),
        ("5,3A,2D", "2,0A,2D", "r.cfg:2:3: has no analog channel to analyse"),
        (",2013\n", ",2025\n", "r.cfg:1:19: revision «2025» is not known; 1991, 1999 and 2013 are"),
        ("2,I1,A,,A,0.25", "2,I1,A,,A,0,25", "r.cfg:4:11: multiplier a of channel 2 is «0»;"),
        ("2,I1,A,,A,0.25", "2,I1,A,,A,1e999", "r.cfg:4:11: multiplier a of channel 2 is «1e999»; a number such as"),
        ("2,I1,A,,A,0.25", "2,I1,A,,A,nan", "r.cfg:4:11: multiplier a of channel 2 is «nan»; a number such as"),
        ("2,I1,A,,A,0.25,0,0", "2,I1,A,,A,0.25,0,two", "r.cfg:4:18: skew of channel 2 is «two»; a number such as"),
        ("\n2,I1", "\n3,I1", "r.cfg:4:1: analog channel 3 stands where channel 2 should be"),
        (",1,1,P\n3", ",1,1,Q\n3", "r.cfg:4:35: «Q» says neither P (primary values) nor S (secondary)"),
        ("2,close,,,1", "2,close", "r.cfg:7:1: digital channel 2 has 2 fields;"),
        ("\n50\n", "\nfifty\n", "r.cfg:8:1: the line frequency is «fifty»; a number such as"),
        ("\n1\n4000,3", "\n-1\n4000,3", "r.cfg:9:1: -1 sampling rates cannot be; 0 … 999 are allowed"),
        ("4000,3", "4000", "r.cfg:10:1: a sampling rate is «rate,number of its last sample»"),
        ("4000,3", "0,3", "r.cfg:10:1: 0 frames a second cannot be: a rate is above 0 and at most 1000000000"),
        ("4000,3", "2e9,3", "r.cfg:10:1: 2000000000 frames a second cannot be:"),
        ("4000,3", "4000,0", "r.cfg:10:6: last sample 0 is not behind sample 0"),
        ("4000,3", "4000,3.5", "r.cfg:10:6: the number of the last sample is «3.5»; a whole number belongs here"),
        ("4000,3", "4000,4", "r.dat:3:1: ends after 3 samples of each channel, but"),
        ("4000,3", "4000,2", "r.dat:3:1: holds 3 samples of each channel, but"),
        ("21/11/2026,18:36:33", "21/13/2026,18:36:33", "«21/13/2026» is not of the form «dd/mm/yyyy,hh:mm:ss.ssssss»"),
        ("18:36:33.875463", "18:66:33.875463", "r.cfg:11:12: the first sample's date and time: «18:66:33.875463»"),
        ("\nASCII", "\nEBCDIC", "r.cfg:13:1: «EBCDIC» is no form of data; ASCII, BINARY, BINARY32 and FLOAT32 are"),
        ("ASCII\n1", "ASCII\n0", "r.cfg:14:1: a time multiplier is above 0; this is «0»"),
        ("+1,+1", "noon,+1", "r.cfg:15:1: «noon» is no difference to UTC; 0, -4, +10h30 and x are"),
    ]

    @Test("a wrong configuration is refused with its line and column", arguments: troubles)
    func wrongConfiguration(change: (from: String, to: String, text: String)) {
        let cfg = Self.cfg2013.replacing(change.from, with: change.to)
        #expect(cfg != Self.cfg2013)
        let text = SampleRecordings.trouble { _ = try Self.read(cfg, Self.ascii) } ?? "no trouble"
        #expect(text.contains(change.text), "\(text)")
    }

    @Test(
        "wrong text data are refused with line and column",
        arguments: [
            ("2,250,6", "4,250,6", "r.dat:2:1: sample 4 stands where sample 2 should be"),
            (
                "2,250,6", "2,250,",
                "r.dat:2:7: channel U1 has no value at sample 2: a recording with missing samples cannot be analysed"
            ),
            ("2,250,6", "2,250,six", "r.dat:2:7: channel U1 is «six»; a number belongs here"),
            ("2,250,6", "2,250,1e300", "r.dat:2:7: channel U1 is «1e300»; a number belongs here"),
            ("2,250,6", "2,250,0x1F", "r.dat:2:7: channel U1 is «0x1F»; a number belongs here"),
            ("2,250,6", "2,abc,6", "r.dat:2:3: the time stamp is «abc»; a number belongs here"),
            ("2,250,6,-8,0,1,1", "2,250,6,-8,0,1", "r.dat:2:15: the line ends after 6 fields; 7 belong here"),
            ("2,250,6,-8,0,1,1", "2,250,6,-8,0,1,1,9", "r.dat:2:18: more than 7 fields stand in the line"),
            ("2,250,6,-8,0,1,1", "2,250,6,-8,0,1,2", "r.dat:2:16: digital channel 2 is «2»; 0 or 1 belongs here"),
        ])
    func wrongData(change: (from: String, to: String, text: String)) {
        let dat = Self.ascii.replacing(change.from, with: change.to)
        let text = SampleRecordings.trouble { _ = try Self.read(Self.cfg2013, dat) } ?? "no trouble"
        #expect(text.contains(change.text), "\(text)")
    }

    @Test("99999 marks a missing sample, unless the range of a channel of 2013 reaches so far")
    func ninetyNine() throws {
        let dat = Self.ascii.replacing("+70000", with: "99999")
        let missing =
            "r.dat:3:7: channel U1 has no value at sample 3: a recording with missing samples cannot be analysed"
        #expect(SampleRecordings.trouble { _ = try Self.read(Self.cfg2013, dat) } == missing)
        let wide = Self.cfg2013.replacing("-32767,32767", with: "-8388608,8388607")
        #expect(try Self.read(wide, dat).recording.physical(0)[2] == 99_999 + 500)
        #expect(SampleRecordings.trouble { _ = try Self.read(wide.replacing(",2013", with: ",1999"), dat) } == missing)
        // 1991 has six digits and 999999 (6.3.4); its dates have the month first.
        let old = wide.replacing(",2013", with: "").replacing("21/11/2026", with: "11/21/92")
        #expect(try Self.read(old, dat).recording.physical(0)[2] == 99_999 + 500)
        #expect(
            SampleRecordings.trouble { _ = try Self.read(old, dat.replacing("99999", with: "999999")) } == missing)
    }

    @Test("files that are not there, or are no recording, are named")
    func files() throws {
        let folder = try TemporaryFolder()
        try Disk.write(SampleRecordings.text(Self.cfg2013), to: folder.path + "/R.CFG")
        #expect(
            SampleRecordings.trouble { _ = try Comtrade.read(folder.path + "/R.CFG") }
                == "R.CFG: there is no R.dat beside it: a recording is both files")
        try Disk.write(SampleRecordings.text(Self.ascii), to: folder.path + "/R.DAT")
        #expect(try Comtrade.read(folder.path + "/R.DAT").recording.frames == 3)
        #expect(
            SampleRecordings.trouble { _ = try Comtrade.read("a.txt") }?.hasPrefix("a.txt: is no COMTRADE recording")
                == true)
        #expect(
            SampleRecordings.trouble { _ = try RecordingFile.read("a.txt") }?.hasPrefix("a.txt: is no recording")
                == true)
        #expect(
            SampleRecordings.trouble { _ = try RecordingFile.read("no/such.cff") }
                == "no/such.cff: cannot be opened: No such file or directory")
    }
}
