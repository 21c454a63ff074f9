import FoundationEssentials

@testable import BenchCore
@testable import Reports

#if canImport(Glibc)
    import Glibc
#endif

/// The openssl program: an independent judge of signatures, and a maker of certificates that MeterBench must refuse.
enum OpenSSL {
    static let path: String? = ["/usr/bin/openssl", "/usr/local/bin/openssl"].first { Disk.exists($0) }
    static var isThere: Bool { path != nil }

    /// Runs the program; returns its exit code.
    @discardableResult
    static func run(_ arguments: [String], in folder: String = ".") throws -> Int32 {
        guard let path else { return -1 }
        return try Program.run(path, arguments, in: folder)
    }

    /// Makes a root and a certificate under it with the extensions given; returns a signer's files.
    static func makeKey(
        in folder: TemporaryFolder, name: String, subject: String, extensions: String = seal,
        algorithm: [String] = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
        rootSubject: String = "/CN=Root"
    ) throws -> (key: String, certificate: String, root: String) {
        let base = folder.path + "/" + name
        func openssl(_ arguments: [String]) throws {
            let code = try run(arguments)
            guard code == 0 else { throw Failed(arguments: arguments, code: code) }
        }
        try Disk.write(Array(extensions.utf8), to: base + ".ext")
        try openssl(["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", base + ".root.key"])
        try openssl([
            "req", "-new", "-x509", "-sha256", "-key", base + ".root.key", "-days", "3650", "-subj", rootSubject,
            "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-out",
            base + ".root.pem",
        ])
        try openssl(["genpkey"] + algorithm + ["-out", base + ".key"])
        try openssl(["req", "-new", "-sha256", "-key", base + ".key", "-subj", subject, "-out", base + ".csr"])
        try openssl([
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

/// Runs a program with its output thrown away.
enum Program {
    static func run(_ path: String, _ arguments: [String], in folder: String = ".") throws -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor: Int32 in 0...2 {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
        }
        var list: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        defer { for item in list { free(item) } }
        var child = pid_t()
        let result = posix_spawn(&child, path, &actions, nil, &list, environ)
        guard result == 0 else { throw OpenSSL.Failed(arguments: arguments, code: result) }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        return status & 0x7f == 0 ? (status >> 8) & 0xff : -1
    }
}

/// The keys that lie beside the project.
enum DemonstrationKeys {
    static var folder: String {
        var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        parts.removeLast(4)
        return parts.joined(separator: "/") + "/Fixtures/Keys"
    }
    static var root: String { folder + "/demonstration-root.pem" }
    static func signer() throws -> FileSigner {
        try FileSigner(
            keyPath: folder + "/demonstration-seal.key.pem", certificatePath: folder + "/demonstration-seal.pem")
    }
}

/// A folder of its own for one test; gone with the last reference to it.
final class TemporaryFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/meterbench-test-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw CannotMake() }
        path = String(cString: made)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    struct CannotMake: Error {}
}
