import BenchCore
import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// `record`: a bare stream over TCP becomes a folder of waveforms.
@Suite("Recording on the command line")
struct RecordVerbTests {
    /// Serves frames of two 24-bit channels, a number that counts up and its negative, at `rate` for `frames` frames, `cut` bytes short, once.
    private static let server = """
        import socket, sys, time
        rate, frames, cut = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
        s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(1)
        print("port", s.getsockname()[1], flush=True)
        c, _ = s.accept()
        begin, sent, step = time.monotonic(), 0, max(1, rate // 100)
        while sent < frames:
            n = min(step, frames - sent)
            data = b"".join(k.to_bytes(3, "little", signed=True) + (-k).to_bytes(3, "little", signed=True) for k in range(sent, sent + n))
            sent += n
            if sent == frames and cut: data = data[:-cut]
            try: c.sendall(data)
            except OSError: break
            time.sleep(max(0, begin + sent / rate - time.monotonic()))
        c.close()
        """

    private func record(
        rate: Int, frames: Int, cut: Int = 0, seconds: String, into folder: String, stated: Int? = nil
    ) async throws -> (exit: Int32, output: String) {
        let python = try #require(Checkout.program("python3"))
        let server = try Peer(python, ["-c", Self.server, "\(rate)", "\(frames)", "\(cut)"])
        let port = try await server.expect("port ")
        return try await Peer.run(
            Product.path("meterbench"),
            [
                "record", "127.0.0.1:\(port)", "--channels", "U1=V*0.001,I1=A*0.0001", "--form", "int24", "--rate",
                "\(stated ?? rate)", "--seconds", seconds, "--into", folder,
            ], mergeErrors: true, within: 300)
    }

    @Test(
        "every frame is kept, to the bit, and the folder can be read and analysed",
        .enabled(if: Checkout.hasProgram("python3"), "no python3"))
    func whole() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/waveforms"
        let result = try await record(rate: 20_000, frames: 60_000, seconds: "1.5", into: path)
        #expect(result.exit == 0, "\(result.output)")
        #expect(result.output.contains("30000 frames") && result.output.contains("none lost"), "\(result.output)")
        let reader = try WaveformReader(path)
        #expect(try reader.verify().isEmpty)
        let recording = try reader.recording()
        #expect(recording.frames == 30_000 && recording.rate == 20_000)
        #expect(recording.samples == .integer((0..<30_000).flatMap { [Int32($0), Int32(-$0)] }, bits: 24))
        #expect(recording.channels.map(\.unit) == ["V", "A"] && recording.channels[0].highest == 8_388_607)
        let shown = try await Peer.run(Product.path("meterbench"), ["analyze", path], mergeErrors: true)
        #expect(shown.exit == 0 && shown.output.contains("30000 frames"), "\(shown.output)")
        // What is there is never written over.
        let again = try await record(rate: 20_000, frames: 100, seconds: "0.001", into: path)
        #expect(again.exit != 0, "\(again.output)")
    }

    /// Serves a voltage of 230 V with 5 % of third harmonic in steps of 1 mV, 10 000 frames a second, until nobody listens.
    private static let voltage = """
        import math, socket, time
        s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(1)
        print("port", s.getsockname()[1], flush=True)
        c, _ = s.accept()
        w = 2 * math.pi * 50 / 10000
        cycle = b"".join(round(325269.1 * (math.sin(w * k) + 0.05 * math.sin(3 * w * k))).to_bytes(3, "little", signed=True) for k in range(200))
        begin, cycles = time.monotonic(), 0
        try:
            while True:
                c.sendall(cycle)
                cycles += 1
                time.sleep(max(0, begin + cycles / 50 - time.monotonic()))
        except OSError: pass
        """

    @Test(
        "«analyze» of a digitizer tells windows while it samples, and everything at the end; Ctrl-C is an end",
        .enabled(if: Checkout.hasProgram("python3"), "no python3"))
    func live() async throws {
        let folder = try TemporaryFolder()
        let python = try #require(Checkout.program("python3"))
        var servers: [Peer] = []
        func analyze(_ seconds: String, _ more: [String]) async throws -> Peer {
            let server = try Peer(python, ["-c", Self.voltage])
            let port = try await server.expect("port ")
            servers.append(server)
            return try Peer(
                Product.path("meterbench"),
                [
                    "analyze", "127.0.0.1:\(port)", "--channels", "U1=V*0.001", "--form", "int24", "--rate", "10000",
                    "--seconds", seconds,
                ] + more, mergeErrors: true)
        }
        let whole = try await analyze("3", ["--udin", "230", "--into", folder.path + "/kept"]).finish(within: 300)
        #expect(whole.exit == 0, "\(whole.output)")
        let windows = whole.output.split(separator: "\n").filter { $0.contains("THD 5.00 %") && $0.contains("U 230.2") }
        #expect(windows.count >= 10 && !windows.contains { $0.contains("flagged") }, "\(whole.output)")
        #expect(whole.output.contains("after its last sample at most") && whole.output.contains("30000 frames"))
        #expect(try WaveformReader(folder.path + "/kept").verify().isEmpty)

        let endless = try await analyze("1000", [])
        try await endless.expect("2.")
        endless.signal(SIGINT)
        let ended = try await endless.finish(within: 300)
        #expect(ended.exit == 0 && ended.output.contains("by whole cycles"), "\(ended.output)")

        let nobody = try await Peer.run(
            Product.path("meterbench"),
            [
                "analyze", "127.0.0.1:1", "--channels", "U1=V*0.001", "--form", "int24", "--rate", "10000", "--seconds",
                "1",
            ], mergeErrors: true)
        #expect(nobody.exit == 69, "\(nobody.output)")
    }

    @Test(
        "a stream that ends early, in the middle of a frame, keeps what came and says so",
        .enabled(if: Checkout.hasProgram("python3"), "no python3"))
    func early() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/waveforms"
        let result = try await record(rate: 10_000, frames: 5_003, cut: 4, seconds: "2", into: path)
        #expect(result.exit == 74, "\(result.output)")
        #expect(result.output.contains("closed the connection, in the middle of a frame"), "\(result.output)")
        #expect(try WaveformReader(path).recording().frames == 5_002)
    }

    @Test(
        "a digitizer that is faster than it is said to be is found out by the clock",
        .enabled(if: Checkout.hasProgram("python3"), "no python3"))
    func wrongRate() async throws {
        let folder = try TemporaryFolder()
        let result = try await record(
            rate: 40_000, frames: 120_000, seconds: "10", into: folder.path + "/waveforms", stated: 10_000)
        #expect(result.output.contains("does not sample at 10000 a second"), "\(result.output)")
        // What came is kept; it is no success.
        #expect(result.exit == 76 && result.output.contains("100000 frames"), "\(result.output)")
    }

    @Test(
        "what cannot be is refused with 64, nobody there with 69",
        arguments: [
            (["record"], 64), (["record", "host"], 64), (["record", "h:1", "--form", "int12"], 64),
            (["record", "h:1", "--form", "int16", "--rate", "0"], 64),
            (
                [
                    "record", "h:1", "--form", "int16", "--rate", "1000", "--seconds", "1", "--into", "x", "--channels",
                    "U1",
                ], 64
            ),
            (
                [
                    "record", "h:1", "--form", "int16", "--rate", "1000", "--seconds", "1", "--into", "x", "--channels",
                    "U=V*0",
                ], 64
            ),
            (
                [
                    "record", "127.0.0.1:1", "--form", "int16", "--rate", "1000", "--seconds", "1", "--into", "x",
                    "--channels", "U=V*1",
                ], 69
            ),
        ] as [([String], Int32)])
    func refused(words: [String], code: Int32) async throws {
        let folder = try TemporaryFolder()
        let result = try await Peer.run(
            Product.path("meterbench"), words, folder: folder.path, mergeErrors: true, within: 300)
        #expect(result.exit == code, "\(result.output)")
    }
}
