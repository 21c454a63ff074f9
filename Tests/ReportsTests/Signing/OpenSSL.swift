import TestSupport

@testable import BenchCore
@testable import Reports

/// The openssl program: an independent judge of signatures, and a maker of certificates that MeterBench must refuse.
enum OpenSSL {
    static let path = Checkout.program("openssl")
    static var isThere: Bool { path != nil }

    /// Runs the program; returns its exit code.
    @discardableResult
    static func run(_ arguments: [String]) async throws -> Int32 {
        guard let path else { return -1 }
        return try await Peer.run(path, arguments, mergeErrors: true).exit
    }

    /// Makes a root and a certificate under it with the extensions given; returns a signer's files.
    static func makeKey(
        in folder: TemporaryFolder, name: String, subject: String, extensions: String = seal,
        algorithm: [String] = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
        rootSubject: String = "/CN=Root"
    ) async throws -> (key: String, certificate: String, root: String) {
        let base = folder.path + "/" + name
        func openssl(_ arguments: [String]) async throws {
            let code = try await run(arguments)
            guard code == 0 else { throw Failed(arguments: arguments, code: code) }
        }
        try Disk.write(Array(extensions.utf8), to: base + ".ext")
        try await openssl([
            "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", base + ".root.key",
        ])
        try await openssl([
            "req", "-new", "-x509", "-sha256", "-key", base + ".root.key", "-days", "3650", "-subj", rootSubject,
            "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-out",
            base + ".root.pem",
        ])
        try await openssl(["genpkey"] + algorithm + ["-out", base + ".key"])
        try await openssl(["req", "-new", "-sha256", "-key", base + ".key", "-subj", subject, "-out", base + ".csr"])
        try await openssl([
            "x509", "-req", "-sha256", "-in", base + ".csr", "-CA", base + ".root.pem", "-CAkey", base + ".root.key",
            "-set_serial", "0x1234567890", "-days", "3000", "-extfile", base + ".ext", "-out", base + ".pem",
        ])
        return (base + ".key", base + ".pem", base + ".root.pem")
    }

    /// The extensions of a seal certificate.
    static let seal = """
        basicConstraints=critical,CA:FALSE
        keyUsage=critical,digitalSignature,nonRepudiation
        extendedKeyUsage=1.3.6.1.5.5.7.3.36,emailProtection
        subjectKeyIdentifier=hash
        authorityKeyIdentifier=keyid

        """

    struct Failed: Error {
        let arguments: [String], code: Int32
    }
}

/// The keys that lie beside the project.
enum DemonstrationKeys {
    static var folder: String { Checkout.path("Fixtures/Keys") }
    static var root: String { folder + "/demonstration-root.pem" }
    static func signer() throws -> FileSigner {
        try FileSigner(
            keyPath: folder + "/demonstration-seal.key.pem", certificatePath: folder + "/demonstration-seal.pem")
    }
}
