import FoundationEssentials
import TestSupport
import Testing

@testable import BenchCore

/// Our files read by programs that we did not write, and theirs by us.
@Suite struct RecordingPeerTests {
    static let noComtrade: Comment = "skipped: no Python package comtrade (Scripts/install-test-peers)"
    static let noSciPy: Comment = "skipped: no SciPy (Scripts/install-test-peers)"
    static let noWavPack: Comment = "skipped: no wvunpack (Scripts/install-test-peers)"

    /// Runs a Python script with arguments; its output, line by line.
    static func python(_ script: String, _ arguments: [String]) async throws -> [String] {
        let python = try #require(Checkout.python)
        let (exit, output) = try await Peer.run(python, ["-c", script] + arguments, mergeErrors: true)
        try #require(exit == 0, "\(output)")
        return output.split(separator: "\n").map(String.init)
    }

    @Test(
        "the comtrade package reads what we write, in every form and packaging",
        .enabled(if: Checkout.hasPython("comtrade.py"), noComtrade), arguments: ComtradeForm.allCases, ["cfg", "cff"])
    func comtradeReadsOurs(form: ComtradeForm, ending: String) async throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/r.\(ending)"
        let recording = SampleRecordings.integers(frames: 200)
        try ComtradeWriter.write(recording, to: path, form: form, station: "Lab 3", device: "D1")
        let script = """
            import comtrade, sys
            r = comtrade.load(sys.argv[1], use_double_precision=True)
            print(r.station_name, r.rec_dev_id, r.rev_year, r.ft, sep='|')
            print(r.total_samples, r.analog_count, r.status_count, r.frequency)
            print(r.cfg.sample_rates, r.start_timestamp, r.trigger_timestamp)
            print([(c.name, c.uu, c.ph, c.ccbm, c.primary, c.secondary, c.pors) for c in r.cfg.analog_channels])
            for c in r.analog: print(*[repr(float(v)) for v in c])
            print(*[repr(float(t)) for t in r.time])
            """
        let lines = try await Self.python(script, [path])
        #expect(lines[0] == "Lab 3|D1|2013|\(form.rawValue)")
        #expect(lines[1] == "200 3 0 50.0")
        #expect(lines[2] == "[[12800.0, 200]] 2026-11-21 17:36:33.875463 2026-11-21 17:36:33.876001")
        #expect(
            lines[3]
                == "[('U1', 'V', 'A', 'Bus 1', 10000.0, 100.0, 'S'), ('I1', 'A', '', '', 1.0, 1.0, 'P'), ('step', '', '', '', 1.0, 1.0, 'P')]"
        )
        for channel in 0..<3 {
            let theirs = lines[4 + channel].split(separator: " ").compactMap { Double($0) }
            // The same a·x + b in the same arithmetic: to the last bit.
            #expect(theirs == recording.physical(channel))
        }
        let times = lines[7].split(separator: " ").compactMap { Double($0) }
        #expect(times.count == 200 && times.indices.allSatisfy { abs(times[$0] - Double($0) / 12_800) < 1e-12 })
    }

    @Test(
        "we read what the comtrade package reads, with the same values",
        .enabled(if: Checkout.hasPython("comtrade.py"), noComtrade), arguments: ComtradeForm.allCases, ["1999", "2013"])
    func weReadTheirs(form: ComtradeForm, revision: String) async throws {
        let folder = try TemporaryFolder()
        // Files packed by Python's struct after the standard, with 17 digital channels (two words), and read by the package.
        let script = """
            import comtrade, struct, sys, math
            base, form, rev = sys.argv[1:]
            n, digital = 50, 17
            with open(base + '.cfg', 'w', newline='\\r\\n') as f:
                print(f'Station,Device,{rev}', '19,2A,17D', sep='\\n', file=f)
                print('1,Va,A,,V,0.0123,0.5,0,-32767,32767,1,1,P', '2,Ia,A,,A,0.25,-1,0,-32767,32767,1,1,P', sep='\\n', file=f)
                for d in range(digital): print(f'{d + 1},D{d + 1},,,0', file=f)
                print('60', '1', f'4800,{n}', '01/02/2024,03:04:05.000006', '01/02/2024,03:04:05.5', form, '1', sep='\\n', file=f)
                if rev == '2013': print('-5h30,0', '0,3', sep='\\n', file=f)
            rows = [(k + 1, round(k * 1e6 / 4800), round(30000 * math.sin(k / 7)), round(-20000 * math.cos(k / 5))) for k in range(n)]
            with open(base + '.dat', 'wb') as f:
                for a, b, c, d in rows:
                    if form == 'ASCII':
                        f.write((f'{a},{b},{c},{d},' + ','.join(str((a >> i) & 1) for i in range(digital)) + '\\r\\n').encode())
                    else:
                        code = {'BINARY': 'hh', 'BINARY32': 'ii', 'FLOAT32': 'ff'}[form]
                        f.write(struct.pack('<II' + code + 'HH', a, b, c, d, a & 0xFFFF, a >> 16))
            r = comtrade.load(base + '.cfg', use_double_precision=True)
            for c in r.analog: print(*[repr(float(v)) for v in c])
            """
        let base = folder.path + "/r"
        let lines = try await Self.python(script, [base, form.rawValue, revision])
        let content = try Comtrade.read(base + ".cfg")
        #expect(content.configuration.digital == 17)
        #expect(
            content.recording.rate == 4800 && content.recording.frames == 50 && content.recording.nominalFrequency == 60
        )
        // Five and a half hours behind UTC, which only the revision of 2013 can say.
        #expect(content.recording.start == (revision == "2013" ? "2024-02-01T08:34:05.000006Z" : nil))
        for channel in 0..<2 {
            #expect(
                lines[channel].split(separator: " ").compactMap { Double($0) } == content.recording.physical(channel))
        }
    }

    @Test(
        "we read the sound files that Python's wave and SciPy write",
        .enabled(if: Checkout.hasPython("scipy"), noSciPy),
        arguments: [("wave16", 16), ("wave24", 24), ("wave32", 32), ("scipy16", 16), ("scipy32", 32), ("float", 0)])
    func sound(kind: String, bits: Int) async throws {
        let folder = try TemporaryFolder()
        let script = """
            import sys, wave, numpy as np
            from scipy.io import wavfile
            path, kind = sys.argv[1:]
            k = np.arange(999)
            x = np.stack([np.sin(k / 9), np.cos(k / 11), k / 999], axis=1)
            if kind == 'float':
                y = x.astype(np.float32) * 325
                wavfile.write(path, 51200, y)
            else:
                bits = int(kind[-2:])
                y = np.round(x * (2 ** (bits - 1) - 1)).astype(np.int64)
                if kind.startswith('scipy'):
                    wavfile.write(path, 51200, y.astype(np.int16 if bits == 16 else np.int32))
                else:
                    with wave.open(path, 'wb') as w:
                        w.setnchannels(3); w.setsampwidth(bits // 8); w.setframerate(51200)
                        w.writeframes(b''.join(int(v).to_bytes(bits // 8, 'little', signed=True) for v in y.ravel()))
            print(*[repr(float(v)) for v in y.ravel()])
            """
        let path = folder.path + "/r.wav"
        let lines = try await Self.python(script, [path, kind])
        let recording = try WaveFile.read(path)
        #expect(recording.rate == 51_200 && recording.frames == 999 && recording.channels.count == 3)
        let theirs = lines[0].split(separator: " ").compactMap { Double($0) }
        switch recording.samples {
        case .integer(let values, let held): #expect(held == bits && values.map { Double($0) } == theirs)
        case .float(let values): #expect(bits == 0 && values.map { Double($0) } == theirs)
        }
    }

    @Test(
        "wvunpack checks and unpacks our chunks to the numbers that went in",
        .enabled(if: Checkout.hasProgram("wvunpack"), noWavPack), arguments: [16, 24, 32, 0])
    func wavpack(bits: Int) async throws {
        let tool = try #require(Checkout.program("wvunpack"))
        var recording = SampleRecordings.integers(frames: 5000, bits: bits == 0 ? 24 : bits)
        if bits == 0 { recording = SampleRecordings.floats(frames: 5000) }
        let folder = try TemporaryFolder()
        let writer = try WaveformWriter(folder.path, WaveformStoreTests.header(recording, chunkFrames: 5000))
        try writer.append(recording.samples)
        try writer.finish()
        let chunk = folder.path + "/000001.wv"
        let checked = try await Peer.run(tool, ["-vv", chunk], mergeErrors: true)
        #expect(checked.exit == 0, "\(checked.output)")
        let unpacked = try await Peer.run(tool, ["-q", "-y", chunk, "-o", folder.path + "/c.wav"], mergeErrors: true)
        #expect(unpacked.exit == 0, "\(unpacked.output)")
        // As a sound file, by our own reader; as bare numbers, by nobody's.
        let sound = try WaveFile.read(folder.path + "/c.wav")
        #expect(sound.samples == recording.samples && sound.rate == recording.rate)
        let bare = try await Peer.run(tool, ["-q", "-y", "-r", chunk, "-o", folder.path + "/c.raw"], mergeErrors: true)
        #expect(bare.exit == 0, "\(bare.output)")
        let form: SampleForm = [16: .int16, 24: .int24, 32: .int32, 0: .float32][bits] ?? .int32
        #expect(
            try RawRecording.read(folder.path + "/c.raw", form: form, channels: recording.channels, rate: 1).samples
                == recording.samples)
    }

    @Test(
        "the index is a chain for anybody who has Python and sha256",
        .enabled(if: Checkout.python != nil, "skipped: no Python (Scripts/install-test-peers)"))
    func chain() async throws {
        let folder = try WaveformStoreTests.folder()
        let script = """
            import hashlib, json, os, sys
            last, frames, kinds = '0' * 64, 0, []
            for line in open(sys.argv[1] + '/index.jsonl', 'rb').read().split(b'\\n')[:-1]:
                entry = json.loads(line)
                assert entry.pop('prev') == last
                last = hashlib.sha256(line).hexdigest()
                (kind, body), = entry.items()
                kinds.append(kind)
                if kind == 'chunk':
                    data = open(f"{sys.argv[1]}/{body['number']:06d}.wv", 'rb').read()
                    assert (hashlib.sha256(data).hexdigest(), len(data), frames) == (body['sha256'], body['bytes'], body['first'])
                    frames += body['frames']
            print(frames, last, *kinds)
            """
        let lines = try await Self.python(script, [folder.path])
        let hash = try WaveformReader(folder.path).lastHash
        #expect(lines == ["100 \(hash) header chunk chunk chunk chunk chunk end"])
    }

    @Test(
        "NumPy reads our CSV to the same 64-bit numbers",
        .enabled(if: Checkout.hasPython("numpy"), "skipped: no NumPy (Scripts/install-test-peers)"))
    func csv() async throws {
        let folder = try TemporaryFolder()
        var recording = SampleRecordings.integers(frames: 300)
        recording.channels[2].name = "a \"b\", c"
        try CSVRecording.write(recording, to: folder.path + "/r.csv")
        let script = """
            import csv, sys, numpy as np
            with open(sys.argv[1], newline='') as f: print(next(csv.reader(f)))
            for column in np.loadtxt(sys.argv[1], delimiter=',', skiprows=1, unpack=True): print(*[repr(float(v)) for v in column])
            """
        let lines = try await Self.python(script, [folder.path + "/r.csv"])
        #expect(lines[0] == "['t/s', 'U1/V', 'I1/A', 'a \"b\", c']")
        func column(_ n: Int) -> [Double] { lines[n + 1].split(separator: " ").compactMap { Double($0) } }
        #expect(column(0) == (0..<300).map { Double($0) / 12_800 })
        for channel in 0..<3 { #expect(column(1 + channel) == recording.physical(channel)) }
    }
}
