import CCrypto

/// SHA-256 (FIPS 180-4) of bytes and files, in hexadecimal as `sha256sum` prints it.
public enum Hash {
    /// 64 zeros: what stands where there is no line before.
    public static let none = String(repeating: "0", count: 64)

    /// The 32 bytes of the hash.
    public static func sha256(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        SHA256(bytes, bytes.count, &digest)
        return digest
    }

    /// The hash in 64 lower-case hexadecimal digits.
    public static func sha256Hex(_ bytes: [UInt8]) -> String { hex(sha256(bytes)) }

    /// The hash of a slice.
    public static func sha256Hex(_ bytes: ArraySlice<UInt8>) -> String { sha256Hex(Array(bytes)) }

    /// The hash of a text's UTF-8 bytes.
    public static func sha256Hex(_ text: String) -> String { sha256Hex(Array(text.utf8)) }

    /// The hash of a file, read in pieces so that its length does not matter. Throws `Fault(.storage)`.
    public static func sha256Hex(file path: String) throws -> String {
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            throw Fault(.internalError, path, "SHA-256 is not to be had from libcrypto")
        }
        defer { EVP_MD_CTX_free(context) }
        try Disk.read(path) { piece in
            EVP_DigestUpdate(context, piece.baseAddress, piece.count)
        }
        var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        EVP_DigestFinal_ex(context, &digest, nil)
        return hex(digest)
    }

    /// The hash of the program that is running: the software identification on every certificate (WELMEC 7.2).
    public static func ofRunningProgram() throws -> String { try sha256Hex(file: "/proc/self/exe") }

    /// Bytes as lower-case hexadecimal digits.
    public static func hex(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
