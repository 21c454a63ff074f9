import BenchCore
import CCrypto

/// Whoever holds the key of a seal: a file today, a token behind PKCS#11 later; the key itself is never asked for.
public protocol Signer: Sendable {
    /// The certificate of the key, then intermediate authorities up to but without the root.
    var certificates: [Certificate] { get }
    /// The ECDSA signature of a SHA-256 digest: r and s, 32 bytes each (as PKCS#11's CKM_ECDSA gives it).
    func sign(digest: [UInt8]) throws -> [UInt8]
}

/// A key in a PEM file with its certificate in another.
public final class FileSigner: Signer, @unchecked Sendable {
    /// The certificate of the key, then intermediates.
    public let certificates: [Certificate]
    /// Never changed after reading; libcrypto lets several threads sign with it.
    private let key: OpaquePointer

    /// Reads key and certificates. Throws `SigningError` where they cannot be read, do not belong together, or where the
    /// certificate is not that of a seal.
    public init(keyPath: String, certificatePath: String) throws {
        func file(_ path: String) throws -> [UInt8] {
            do {
                return try Disk.read(path)
            } catch {
                throw SigningError(.key, "\(error)")
            }
        }
        certificates = Certificate.all(pem: try file(certificatePath))
        guard let first = certificates.first else {
            throw SigningError(.key, "\(certificatePath): holds no certificate in PEM form")
        }
        let pem = try file(keyPath)
        let read = pem.withUnsafeBufferPointer { buffer -> OpaquePointer? in
            guard let bio = BIO_new_mem_buf(buffer.baseAddress, Int32(buffer.count)) else { return nil }
            defer { BIO_free(bio) }
            // The empty password keeps libcrypto from asking at the terminal for that of an encrypted key.
            return "".withCString { PEM_read_bio_PrivateKey(bio, nil, nil, UnsafeMutableRawPointer(mutating: $0)) }
        }
        ERR_clear_error()
        guard let read else {
            throw SigningError(.key, "\(keyPath): holds no private key in PEM form without password")
        }
        key = read
        guard X509_check_private_key(first.handle, key) == 1 else {
            ERR_clear_error()
            throw SigningError(.key, "\(keyPath): is not the key of the certificate in \(certificatePath)")
        }
        if let complaint = first.profileComplaint {
            throw SigningError(.profile, "\(certificatePath): \(complaint)")
        }
    }

    deinit { EVP_PKEY_free(key) }

    /// Signs a digest of 32 bytes.
    public func sign(digest: [UInt8]) throws -> [UInt8] {
        guard let context = EVP_PKEY_CTX_new(key, nil) else { throw SigningError(.key, "the key cannot be used") }
        defer { EVP_PKEY_CTX_free(context) }
        var length = 256
        var signature = [UInt8](repeating: 0, count: length)
        guard EVP_PKEY_sign_init(context) == 1, EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) == 1,
            EVP_PKEY_sign(context, &signature, &length, digest, digest.count) == 1,
            let pair = try? ECDSASignature(der: Array(signature[..<length]))
        else {
            ERR_clear_error()
            throw SigningError(.key, "the key does not sign")
        }
        return pair.r + pair.s
    }
}

/// The two numbers of an ECDSA signature on P-256; of the two signatures (r, s) and (r, n − s) that are equally valid, the one
/// with the smaller s is the only form allowed, so that a signature cannot be rewritten.
struct ECDSASignature: Hashable {
    let r: [UInt8], s: [UInt8]

    /// The order n of the group of P-256 (FIPS 186-4, D.1.2.3).
    static let order: [UInt8] = [
        0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ]

    /// From r and s, 32 bytes each.
    init?(pair: [UInt8]) {
        guard pair.count == 64 else { return nil }
        r = Array(pair[..<32])
        s = Array(pair[32...])
    }

    /// From `SEQUENCE { INTEGER, INTEGER }`.
    init(der: [UInt8]) throws {
        var outer = DERReader(der)
        var inner = try outer.next(0x30).inside
        func number(_ element: DERReader.Element) throws -> [UInt8] {
            let digits = Array(element.content.drop { $0 == 0 })
            guard digits.count <= 32 else { throw DERReader.Malformed(offset: element.whole.startIndex) }
            return [UInt8](repeating: 0, count: 32 - digits.count) + digits
        }
        r = try number(try inner.next(0x02))
        s = try number(try inner.next(0x02))
        try inner.end()
        try outer.end()
    }

    var der: [UInt8] { DER.sequence(DER.integer(r), DER.integer(s)) }

    /// n − s.
    private var complement: [UInt8] {
        var result = [UInt8](repeating: 0, count: 32)
        var borrow = 0
        for i in (0..<32).reversed() {
            let difference = Int(Self.order[i]) - Int(s[i]) - borrow
            borrow = difference < 0 ? 1 : 0
            result[i] = UInt8(truncatingIfNeeded: difference)
        }
        return result
    }

    /// Whether s ≤ n − s.
    var isLow: Bool { !complement.lexicographicallyPrecedes(s) }
    /// The same signature with the smaller s.
    var low: ECDSASignature { isLow ? self : ECDSASignature(pair: r + complement) ?? self }
}
