import BenchCore

/// What a signature says it is for: one file of one run under one root, so that no signed file can stand in for another.
public struct SignedHint: Sendable, Hashable {
    /// The root of the run's seal, the run, and the file's name in the run folder.
    public var root: String, run: String, file: String

    /// A hint by its parts.
    public init(root: String, run: String, file: String) {
        self.root = root
        self.run = run
        self.file = file
    }

    var text: String { "meterbench root=\(root) run=\(run) file=\(file)" }

    init?(text: String) {
        let words = text.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
        guard words.count == 4, words[0] == "meterbench", words[1].hasPrefix("root="), words[2].hasPrefix("run="),
            words[3].hasPrefix("file=")
        else { return nil }
        self.init(
            root: String(words[1].dropFirst(5)), run: String(words[2].dropFirst(4)), file: String(words[3].dropFirst(5))
        )
    }
}

/// A detached CMS signature (RFC 5652) in the one form MeterBench writes and accepts: DER, one signer, ECDSA P-256 with SHA-256.
///
/// Signed attributes: content type, message digest, signing time, signing certificate (RFC 5035), content hints (RFC 2634).
struct DetachedSignature {
    /// The signer's certificate, then the others.
    var certificates: [Certificate]
    /// SHA-256 of the content.
    var digest: [UInt8]
    /// The time the signer claims.
    var signedAt: SigningTime
    var hint: SignedHint
    var signature: ECDSASignature

    private static let data = DER.oid([1, 2, 840, 113549, 1, 7, 1])
    private static let signedData = DER.oid([1, 2, 840, 113549, 1, 7, 2])
    private static let contentType = DER.oid([1, 2, 840, 113549, 1, 9, 3])
    private static let messageDigest = DER.oid([1, 2, 840, 113549, 1, 9, 4])
    private static let signingTime = DER.oid([1, 2, 840, 113549, 1, 9, 5])
    private static let contentHints = DER.oid([1, 2, 840, 113549, 1, 9, 16, 2, 4])
    private static let signingCertificate = DER.oid([1, 2, 840, 113549, 1, 9, 16, 2, 47])
    private static let sha256 = DER.sequence(DER.oid([2, 16, 840, 1, 101, 3, 4, 2, 1]))
    private static let ecdsa = DER.sequence(DER.oid([1, 2, 840, 10045, 4, 3, 2]))

    /// Signs a digest.
    static func make(digest: [UInt8], hint: SignedHint, at time: SigningTime, by signer: any Signer) throws -> [UInt8] {
        guard let certificate = signer.certificates.first else {
            throw SigningError(.key, "the key has no certificate")
        }
        let attributes = signedAttributes(digest, time, certificate, hint)
        guard let pair = ECDSASignature(pair: try signer.sign(digest: Hash.sha256(DER.set(attributes)))) else {
            throw SigningError(.key, "the key gave no signature of 64 bytes")
        }
        return DetachedSignature(
            certificates: signer.certificates, digest: digest, signedAt: time, hint: hint, signature: pair.low
        ).der
    }

    /// The attributes whose SET is signed (RFC 5652, 5.4).
    private static func signedAttributes(
        _ digest: [UInt8], _ time: SigningTime, _ certificate: Certificate, _ hint: SignedHint
    ) -> [[UInt8]] {
        func attribute(_ type: [UInt8], _ value: [UInt8]) -> [UInt8] { DER.sequence(type, DER.set([value])) }
        return [
            attribute(contentType, data), attribute(messageDigest, DER.octets(digest)),
            attribute(signingTime, time.der),
            attribute(
                signingCertificate,
                DER.sequence(DER.sequence(DER.sequence(DER.octets(Hash.sha256(certificate.der)))))),
            attribute(contentHints, DER.sequence(DER.utf8(hint.text), data)),
        ]
    }

    /// What the signature is over: the attributes as a SET.
    var signedBytes: [UInt8] { DER.set(Self.signedAttributes(digest, signedAt, certificates[0], hint)) }

    /// The whole file.
    var der: [UInt8] {
        let attributes = Self.signedAttributes(digest, signedAt, certificates[0], hint)
        let signerInfo = DER.sequence(
            DER.small(1), DER.sequence(certificates[0].issuerDER, certificates[0].serialDER), Self.sha256,
            DER.set(attributes, tag: 0xa0), Self.ecdsa, DER.octets(signature.der))
        return DER.sequence(
            Self.signedData,
            DER.element(
                0xa0,
                DER.sequence(
                    DER.small(1), DER.set([Self.sha256]), DER.sequence(Self.data),
                    DER.set(certificates.map(\.der), tag: 0xa0), DER.set([signerInfo]))))
    }

    /// Reads a signature; the error is a sentence. Whatever is read is written again and compared: not a byte may differ.
    static func parse(_ bytes: [UInt8]) -> Result<DetachedSignature, Complaint> {
        let parsed: DetachedSignature
        do {
            parsed = try read(bytes)
        } catch let error as DERReader.Malformed {
            return .failure(Complaint("byte \(error.offset + 1) is not what a signature of MeterBench has there"))
        } catch {
            return .failure(error as? Complaint ?? Complaint("\(error)"))
        }
        let again = parsed.der
        guard again == bytes else {
            let offset = zip(again, bytes).enumerated().first { $1.0 != $1.1 }?.offset ?? min(again.count, bytes.count)
            return .failure(Complaint("byte \(offset + 1) is not as MeterBench writes it: it was altered"))
        }
        guard parsed.signature.isLow else { return .failure(Complaint("the signature value was rewritten (n − s)")) }
        return .success(parsed)
    }

    struct Complaint: Error {
        let text: String
        init(_ text: String) { self.text = text }
    }

    private static func read(_ bytes: [UInt8]) throws -> DetachedSignature {
        var file = DERReader(bytes)
        var contentInfo = try file.next(0x30).inside
        try file.end()
        _ = try contentInfo.next(0x06)
        var explicit = try contentInfo.next(0xa0).inside
        try contentInfo.end()
        var signed = try explicit.next(0x30).inside
        try explicit.end()
        _ = try signed.next(0x02)
        _ = try signed.next(0x31)
        _ = try signed.next(0x30)
        var list = try signed.next(0xa0).inside
        var certificates: [Certificate] = []
        while !list.isEmpty {
            let element = try list.next(0x30)
            guard let certificate = Certificate(der: Array(element.whole)) else {
                throw DERReader.Malformed(offset: element.whole.startIndex)
            }
            certificates.append(certificate)
        }
        var signers = try signed.next(0x31).inside
        try signed.end()
        var signer = try signers.next(0x30).inside
        guard signers.isEmpty else { throw Complaint("there is more than one signer; there must be one") }
        _ = try signer.next(0x02)
        _ = try signer.next(0x30)
        _ = try signer.next(0x30)
        let attributes = try readAttributes(try signer.next(0xa0).inside)
        _ = try signer.next(0x30)
        let value = Array(try signer.next(0x04).content)
        try signer.end()
        guard let holder = certificates.firstIndex(where: { Hash.sha256($0.der) == attributes.certificate }) else {
            throw Complaint("the certificate that the signature names is not in it, or was altered")
        }
        certificates.swapAt(0, holder)
        return DetachedSignature(
            certificates: certificates, digest: attributes.digest, signedAt: attributes.time, hint: attributes.hint,
            signature: try ECDSASignature(der: value))
    }

    private static func readAttributes(
        _ list: DERReader
    ) throws -> (digest: [UInt8], time: SigningTime, certificate: [UInt8], hint: SignedHint) {
        var list = list
        var digest: [UInt8]?
        var time: SigningTime?
        var certificate: [UInt8]?
        var hint: SignedHint?
        while !list.isEmpty {
            var attribute = try list.next(0x30).inside
            let type = Array(try attribute.next(0x06).whole)
            var values = try attribute.next(0x31).inside
            switch type {
            case messageDigest: digest = Array(try values.next(0x04).content)
            case signingTime:
                let element = try values.next(values.nextTag == 0x18 ? 0x18 : 0x17)
                time = SigningTime(der: Array(element.whole))
            case signingCertificate:
                var outer = try values.next(0x30).inside
                var certs = try outer.next(0x30).inside
                var first = try certs.next(0x30).inside
                certificate = Array(try first.next(0x04).content)
            case contentHints:
                var parts = try values.next(0x30).inside
                let text = String(decoding: try parts.next(0x0c).content, as: UTF8.self)
                hint = SignedHint(text: text)
            case contentType: break
            default: throw Complaint("it has a signed attribute that is not of MeterBench")
            }
        }
        guard let digest, let time, let certificate, let hint else {
            throw Complaint("a signed attribute is missing (digest, time, certificate or content hints)")
        }
        return (digest, time, certificate, hint)
    }
}
