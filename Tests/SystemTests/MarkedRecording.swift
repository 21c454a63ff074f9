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

    /// Records a second and a half of it.
    static func run(
        _ program: String, _ environment: [String: String], _ folder: TemporaryFolder
    ) async throws -> (exit: Int32, output: String) {
        let python = try #require(Checkout.program("python3"))
        let server = try Peer(python, ["-c", Self.server])
        let port = try await server.expect("port ")
        return try await Peer.run(
            program,
            [
                "record", "127.0.0.1:\(port)", "--channels", "U1=V*1,I1=A*1", "--form", "int16", "--rate", "20000",
                "--seconds", "1.5", "--into", folder.path + "/w",
            ], environment: environment, mergeErrors: true, within: 300)
    }
}
