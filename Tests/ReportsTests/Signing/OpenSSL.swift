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
        // Fixed validity, so that the machine's clock does not matter: `openssl ca` lets one state it.
        let configuration = """
            [ca]
            default_ca = test
            [test]
            database = \(base).index
            new_certs_dir = \(folder.path)
            rand_serial = yes
            default_md = sha256
            policy = any
            default_startdate = 20200101000000Z
            default_enddate = 20991231235959Z
            unique_subject = no
            [any]
            commonName = supplied
            organizationName = optional
            organizationalUnitName = optional
            [root]
            basicConstraints = critical, CA:TRUE
            keyUsage = critical, keyCertSign, cRLSign
            subjectKeyIdentifier = hash
            [leaf]
            \(extensions)
            """
        try Disk.write(Array((configuration + "\n").utf8), to: base + ".conf")
        try Disk.write([], to: base + ".index")
        let curve = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
        try await openssl(["genpkey"] + curve + ["-out", base + ".root.key"])
        try await openssl([
            "req", "-new", "-sha256", "-key", base + ".root.key", "-subj", rootSubject, "-out", base + ".root.csr",
        ])
        let sign = ["ca", "-config", base + ".conf", "-batch", "-notext", "-keyfile", base + ".root.key"]
        try await openssl(
            sign + ["-selfsign", "-extensions", "root", "-in", base + ".root.csr", "-out", base + ".root.pem"])
        try await openssl(["genpkey"] + algorithm + ["-out", base + ".key"])
        try await openssl(["req", "-new", "-sha256", "-key", base + ".key", "-subj", subject, "-out", base + ".csr"])
        try await openssl(
            sign + ["-cert", base + ".root.pem", "-extensions", "leaf", "-in", base + ".csr", "-out", base + ".pem"])
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
