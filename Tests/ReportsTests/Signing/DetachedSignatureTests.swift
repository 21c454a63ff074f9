import TestSupport
import Testing

@testable import BenchCore
@testable import Reports

@Suite struct DetachedSignatureTests {
    static let hint = SignedHint(root: Hash.sha256Hex("root"), run: "DEMO-0001-1", file: "reports/a b.pdf")
    static let content = Array("the certificate".utf8)

    static func signed(_ time: String = "2026-11-21T08:00:00Z") throws -> [UInt8] {
        let moment = try #require(SigningTime(time))
        return try DetachedSignature.make(
            digest: Hash.sha256(content), hint: hint, at: moment, by: try DemonstrationKeys.signer())
    }

    @Test("a signature is read back with signer, time and what it is for")
    func roundTrip() throws {
        let parsed = try DetachedSignature.parse(try Self.signed()).get()
        #expect(parsed.hint == Self.hint)
        #expect(parsed.digest == Hash.sha256(Self.content))
        #expect(parsed.signedAt.description == "2026-11-21T08:00:00Z")
        #expect(parsed.certificates.count == 1)
        #expect(parsed.certificates[0].isDemonstration)
        #expect(parsed.certificates[0].profileComplaint == nil)
    }

    @Test(
        "openssl agrees: it verifies what we sign, and refuses another content",
        .enabled(if: OpenSSL.isThere, "skipped: no openssl program"),
        arguments: ["2026-11-21T08:00:00Z", "2051-01-01T00:00:00Z"])
    func openssl(time: String) async throws {
        let folder = try TemporaryFolder()
        let file = folder.path + "/a.pdf"
        try Disk.write(Self.content, to: file)
        try Disk.write(try Self.signed(time), to: file + ".p7s")
        let arguments = [
            "cms", "-verify", "-binary", "-inform", "DER", "-in", file + ".p7s", "-content", file, "-CAfile",
            DemonstrationKeys.root, "-purpose", "any", "-out", "/dev/null",
        ]
        #expect(try await OpenSSL.run(arguments) == 0)
        // -cades checks the signing-certificate attribute as well.
        #expect(try await OpenSSL.run(arguments + ["-cades"]) == 0)
        try Disk.write(Self.content + [0], to: file)
        #expect(try await OpenSSL.run(arguments) != 0)
    }

    @Test("no bit of a signature can change unseen")
    func everyBit() throws {
        let good = try Self.signed()
        let parsed = try DetachedSignature.parse(good).get()
        for i in good.indices {
            for bit in [i % 8, (i + 5) % 8] {
                var bad = good
                bad[i] ^= 1 << UInt8(bit)
                guard case .success(let changed) = DetachedSignature.parse(bad) else { continue }
                // The form may be right; then what was signed differs, or the signature value does.
                let same =
                    changed.digest == parsed.digest && changed.signedBytes == parsed.signedBytes
                    && changed.signature == parsed.signature
                    && changed.certificates[0].der == parsed.certificates[0].der
                #expect(!same, "byte \(i) bit \(bit)")
                #expect(SignatureCheck.mathematics(changed) == false, "byte \(i) bit \(bit)")
            }
        }
        #expect(SignatureCheck.mathematics(parsed))
        for length in [0, 1, 100, good.count - 1] {
            #expect(throws: DetachedSignature.Complaint.self) {
                try DetachedSignature.parse(Array(good[..<length])).get()
            }
        }
        #expect(throws: DetachedSignature.Complaint.self) { try DetachedSignature.parse(good + [0]).get() }
    }

    @Test("the second value that is equally valid, n − s, is refused")
    func complement() throws {
        let good = try DetachedSignature.parse(try Self.signed()).get()
        // n − s by the school method on the published order of P-256.
        var other = [UInt8](repeating: 0, count: 32)
        var borrow = 0
        for i in stride(from: 31, through: 0, by: -1) {
            let d = Int(ECDSASignature.order[i]) - Int(good.signature.s[i]) - borrow
            borrow = d < 0 ? 1 : 0
            other[i] = UInt8((d + 256) % 256)
        }
        var rewritten = good
        rewritten.signature = try #require(ECDSASignature(pair: good.signature.r + other))
        #expect(SignatureCheck.mathematics(rewritten))
        #expect(throws: DetachedSignature.Complaint.self) { try DetachedSignature.parse(rewritten.der).get() }
    }

    @Test("times are read strictly")
    func times() throws {
        #expect(SigningTime("2026-11-21")?.description == "2026-11-21T00:00:00Z")
        #expect(SigningTime("2026-11-21T08:00:00.123456Z")?.description == "2026-11-21T08:00:00Z")
        // 2000-02-29 12:00 UTC is 951825600 s after 1970 (date -u -d @951825600).
        #expect(SigningTime("2000-02-29T12:00:00Z")?.seconds == 951_825_600)
        for text in ["", "yesterday", "2026-13-01", "2026-02-30", "2026-11-21T08:00:00", "2026-11-21T08:00:00+01:00"] {
            #expect(SigningTime(text) == nil, "\(text)")
        }
        for text in ["2049-12-31T23:59:59Z", "2050-01-01T00:00:00Z", "1999-12-31T23:59:59Z"] {
            let time = try #require(SigningTime(text))
            #expect(SigningTime(der: time.der) == time)
        }
    }
}

@Suite(.enabled(if: OpenSSL.isThere, "skipped: no openssl program"))
struct SignerTests {
    static let laboratory = "/O=Laboratory/CN=Seal"

    @Test("a simulated run takes a demonstration key only, and a demonstration key a simulated run only")
    func demonstration() async throws {
        let folder = try TemporaryFolder()
        let files = try await OpenSSL.makeKey(in: folder, name: "lab", subject: Self.laboratory)
        let real = try FileSigner(keyPath: files.key, certificatePath: files.certificate).certificates.first
        let demonstration = try DemonstrationKeys.signer().certificates.first
        #expect(real?.isDemonstration == false)
        try RunSealer.check(real, simulated: false)
        try RunSealer.check(demonstration, simulated: true)
        #expect {
            try RunSealer.check(real, simulated: true)
        } throws: {
            ($0 as? SigningError)?.code == .simulatedRun
        }
        #expect {
            try RunSealer.check(demonstration, simulated: false)
        } throws: {
            ($0 as? SigningError)?.code == .demonstrationKey
        }
    }

    @Test("a name that only resembles the demonstration marker is none")
    func marker() async throws {
        let folder = try TemporaryFolder()
        let files = try await OpenSSL.makeKey(in: folder, name: "x", subject: "/OU=MeterBench DEMONSTRATIONS/CN=Seal")
        let signer = try FileSigner(keyPath: files.key, certificatePath: files.certificate)
        #expect(signer.certificates[0].isDemonstration == false)
    }

    @Test(
        "keys whose certificate is not that of a seal are refused",
        arguments: [
            ("basicConstraints=critical,CA:TRUE\nkeyUsage=critical,digitalSignature,nonRepudiation\n", ""),
            (
                "basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=1.3.6.1.5.5.7.3.36\n",
                ""
            ),
            ("basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature,nonRepudiation\n", ""),
            (
                "basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature,nonRepudiation\nextendedKeyUsage=emailProtection\n",
                ""
            ),
            (OpenSSL.seal, "P-384"), (OpenSSL.seal, "RSA"),
        ])
    func profile(extensions: String, key: String) async throws {
        let folder = try TemporaryFolder()
        let algorithm =
            switch key {
            case "RSA": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]
            case "P-384": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"]
            default: ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
            }
        let files = try await OpenSSL.makeKey(
            in: folder, name: "x", subject: Self.laboratory, extensions: extensions, algorithm: algorithm)
        #expect {
            try FileSigner(keyPath: files.key, certificatePath: files.certificate)
        } throws: {
            ($0 as? SigningError)?.code == .profile
        }
    }

    @Test("a key that does not belong to the certificate, or is no key, is refused")
    func mismatch() async throws {
        let folder = try TemporaryFolder()
        let a = try await OpenSSL.makeKey(in: folder, name: "a", subject: Self.laboratory)
        let b = try await OpenSSL.makeKey(in: folder, name: "b", subject: Self.laboratory)
        for (key, certificate) in [
            (a.key, b.certificate), (a.certificate, a.certificate), (a.key, a.key), ("/no", a.key),
        ] {
            #expect {
                try FileSigner(keyPath: key, certificatePath: certificate)
            } throws: {
                ($0 as? SigningError)?.code == .key
            }
        }
    }
}
