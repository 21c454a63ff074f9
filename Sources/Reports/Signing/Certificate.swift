import BenchCore
import CCrypto

#if canImport(Glibc)
    import Glibc
#endif

/// An X.509 certificate: who holds a key, and what the key is for (RFC 5280).
public final class Certificate: @unchecked Sendable {
    /// Libcrypto's object; never changed after reading, and its own caches are guarded by its locks.
    let handle: OpaquePointer
    /// The exact bytes, DER.
    public let der: [UInt8]

    /// The organisational unit that marks a demonstration certificate.
    public static let demonstrationMarker = "MeterBench DEMONSTRATION"

    /// Reads DER; `nil` where the bytes are no certificate, or where something follows it.
    public init?(der: [UInt8]) {
        let read = der.withUnsafeBufferPointer { buffer -> OpaquePointer? in
            var pointer = buffer.baseAddress
            guard let x509 = d2i_X509(nil, &pointer, buffer.count) else { return nil }
            guard pointer == buffer.baseAddress.map({ $0 + buffer.count }) else {
                X509_free(x509)
                return nil
            }
            return x509
        }
        ERR_clear_error()
        guard let read else { return nil }
        handle = read
        self.der = der
    }

    /// Every certificate of a PEM text, in order.
    public static func all(pem: [UInt8]) -> [Certificate] {
        guard let bio = pem.withUnsafeBufferPointer({ BIO_new_mem_buf($0.baseAddress, Int32($0.count)) }) else {
            return []
        }
        defer { BIO_free(bio) }
        // The buffer behind the BIO must live while it is read.
        return withExtendedLifetime(pem) {
            var found: [Certificate] = []
            while let x509 = PEM_read_bio_X509(bio, nil, nil, nil) {
                defer { X509_free(x509) }
                if let certificate = Certificate(der: bytes { i2d_X509(x509, $0) }) { found.append(certificate) }
            }
            ERR_clear_error()
            return found
        }
    }

    deinit { X509_free(handle) }

    /// The bytes that an `i2d_` function writes.
    static func bytes(
        _ write: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> Int32
    ) -> [UInt8] {
        let length = Int(write(nil))
        guard length > 0 else { return [] }
        var result = [UInt8](repeating: 0, count: length)
        result.withUnsafeMutableBufferPointer { buffer in
            var pointer = buffer.baseAddress
            _ = write(&pointer)
        }
        return result
    }

    /// SHA-256 of the certificate, hexadecimal.
    public var fingerprint: String { Hash.sha256Hex(der) }

    /// Holder in one line: `CN=…, OU=…, O=…`.
    public var subject: String { Self.oneLine(X509_get_subject_name(handle)) }
    /// Issuer in one line.
    public var issuer: String { Self.oneLine(X509_get_issuer_name(handle)) }

    private static func oneLine(_ name: OpaquePointer?) -> String {
        guard let name, let bio = BIO_new(BIO_s_mem()) else { return "" }
        defer { BIO_free(bio) }
        guard X509_NAME_print_ex(bio, name, 0, shim_name_flags()) >= 0 else { return "" }
        var start: UnsafeMutablePointer<CChar>?
        let length = shim_BIO_mem_data(bio, &start)
        guard let start, length > 0 else { return "" }
        return String(
            decoding: UnsafeBufferPointer(start: start, count: length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The organisational units of the holder.
    public var organisationalUnits: [String] { names(NID_organizationalUnitName) }
    /// The holder's common name; the whole subject where there is none.
    public var commonName: String { names(NID_commonName).first ?? subject }

    /// The parts of the holder's name of one kind.
    private func names(_ kind: Int32) -> [String] {
        guard let name = X509_get_subject_name(handle) else { return [] }
        var found: [String] = []
        var index = X509_NAME_get_index_by_NID(name, kind, -1)
        while index >= 0 {
            if let entry = X509_NAME_get_entry(name, index), let data = X509_NAME_ENTRY_get_data(entry) {
                let count = Int(ASN1_STRING_length(data))
                found.append(
                    String(
                        decoding: UnsafeBufferPointer(start: ASN1_STRING_get0_data(data), count: count), as: UTF8.self))
            }
            index = X509_NAME_get_index_by_NID(name, kind, index)
        }
        return found
    }

    /// Whether the key is for demonstrations only.
    public var isDemonstration: Bool { organisationalUnits.contains(Self.demonstrationMarker) }

    /// Begin and end of validity, s since 1970.
    public var validity: ClosedRange<Int64>? {
        func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64? {
            var parts = tm()
            guard let time, ASN1_TIME_to_tm(time, &parts) == 1 else { return nil }
            return Int64(timegm(&parts))
        }
        guard let from = seconds(X509_get0_notBefore(handle)), let to = seconds(X509_get0_notAfter(handle)), from <= to
        else { return nil }
        return from...to
    }

    /// Issuer and serial number as they stand in the certificate, DER.
    var issuerDER: [UInt8] { Self.bytes { i2d_X509_NAME(X509_get_issuer_name(handle), $0) } }
    var serialDER: [UInt8] { Self.bytes { i2d_ASN1_INTEGER(X509_get_serialNumber(handle), $0) } }

    /// What keeps this from being a seal certificate, in words; `nil` where it is one.
    ///
    /// P-256 key; not a CA; key usage digitalSignature and nonRepudiation, nothing else; extended key usage
    /// documentSigning (RFC 9336) among the purposes.
    public var profileComplaint: String? {
        guard let key = X509_get0_pubkey(handle), Self.isP256(key) else {
            return "the key is not on the curve P-256 (prime256v1)"
        }
        if X509_check_ca(handle) != 0 { return "it is the certificate of an authority, not of a seal" }
        let usage = X509_get_key_usage(handle)
        guard usage == UInt32(KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION) else {
            return "the key usage must be digitalSignature and nonRepudiation, nothing else"
        }
        guard extendedUsages.contains(DER.oid([1, 3, 6, 1, 5, 5, 7, 3, 36])) else {
            return "the extended key usage lacks documentSigning (1.3.6.1.5.5.7.3.36)"
        }
        return nil
    }

    static func isP256(_ key: OpaquePointer) -> Bool {
        var name = [CChar](repeating: 0, count: 32)
        var length = 0
        guard EVP_PKEY_get_group_name(key, &name, name.count, &length) == 1 else { return false }
        return name.prefix(length).map { UInt8(bitPattern: $0) } == Array("prime256v1".utf8)
    }

    /// The purposes of the extended key usage as DER object identifiers.
    private var extendedUsages: [[UInt8]] {
        let index = X509_get_ext_by_NID(handle, NID_ext_key_usage, -1)
        guard index >= 0, let data = X509_EXTENSION_get_data(X509_get_ext(handle, index)) else { return [] }
        let bytes = UnsafeBufferPointer(start: ASN1_STRING_get0_data(data), count: Int(ASN1_STRING_length(data)))
        var outer = DERReader(Array(bytes))
        guard var list = try? outer.next(0x30).inside else { return [] }
        var found: [[UInt8]] = []
        while let purpose = try? list.next(0x06) { found.append(Array(purpose.whole)) }
        return found
    }
}
