import TestSupport
import Testing

/// A short recording with something loaded before the program that watches the marks of the sampling loop.
enum MarkedRecording {
    /// Builds what is loaded before the program, out of `Tests/RealTimeCheck`.
    static func checker(
        _ name: String, compiler: String, _ more: [String], _ folder: TemporaryFolder
    ) async throws -> String {
        let path = folder.path + "/\(name).so"
        let built = try await Peer.run(
            compiler,
            [
                "-O2", "-Wall", "-fPIC", "-shared", "-o", path, Checkout.path("Tests/RealTimeCheck/\(name).c"), "-ldl",
            ] + more, mergeErrors: true, within: 300)
        try #require(built.exit == 0, "\(built.output)")
        return path
    }

    /// Frames of two 16-bit numbers, twenty thousand a second, for two seconds.
    private static let server = """
        import socket, struct, time
        s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(1)
        print("port", s.getsockname()[1], flush=True)
        c, _ = s.accept()
        begin = time.monotonic()
        for k in range(200):
            try: c.sendall(struct.pack("<hh", k, -k) * 200)
            except OSError: break
            time.sleep(max(0, begin + (k + 1) / 100 - time.monotonic()))
        c.close()
        """

    /// The ways that samples come in by, and what is recorded of each: a second and a half, or as much as its blocks are.
    enum Way: String, CaseIterable, CustomTestStringConvertible {
        case network, usb = "USB", soundCard = "sound card"
        var testDescription: String { rawValue }
        /// Whether it can be played here.
        var isThere: Bool { self != .usb || Umockdev.isThere }
    }

    /// Records by one of the ways.
    static func run(
        _ program: String, _ way: Way, loaded library: String, _ environment: [String: String],
        _ folder: TemporaryFolder
    ) async throws -> (exit: Int32, output: String) {
        let told = ["--channels", "U1=V*1,I1=A*1", "--form", "int16", "--rate", "20000", "--seconds", "1.5"]
        var words: [String], more = ["LD_PRELOAD": library]
        var played: [AnyObject] = []
        switch way {
        case .network:
            let python = try #require(Checkout.program("python3"))
            let server = try Peer(python, ["-c", Self.server])
            words = ["127.0.0.1:\(try await server.expect("port "))"] + told
            played.append(server)
        case .soundCard:
            // ALSA's own card of silence.
            words = ["alsa:null"] + told
        case .usb:
            let device = try await EmulatedDevice("stream=1")
            more = ["LD_PRELOAD": "\(library) \(Umockdev.library)", "UMOCKDEV_DIR": device.bed]
            try WiredFixture.write(try Self.usbBench(), folder.path + "/bench.yaml")
            words = [folder.path + "/bench.yaml", "digitizer", "--seconds", "1.5"]
            played.append(device)
        }
        defer { withExtendedLifetime(played) {} }
        return try await Peer.run(
            program, ["record"] + words + ["--into", folder.path + "/w"],
            environment: environment.merging(more) { $1 }, mergeErrors: true, within: 300)
    }

    /// The shipped bench with a digitizer, which is on USB here and must be told to begin.
    private static func usbBench() throws -> String {
        let text = try WiredFixture.text(Checkout.path("Fixtures/Benches/sampled.yaml"))
        let wire = try #require(text.firstMatch(of: /driver: stream-digitizer\n +wire: .*\n/))
        let sampling = try #require(text.firstMatch(of: /rates: 5 kHz\n +form: int24\n/))
        return text.replacing(wire.output, with: "driver: usb-digitizer\n    wire: { usb: 1209:4D42 }\n")
            .replacing(
                sampling.output,
                with: "rates: 5 kHz\n      form: int16\n      start-request: 1\n      stop-request: 2\n")
    }
}
