import BenchCore

/// The one root that a verifier trusts: given by the person who verifies, never taken from what is verified.
public enum TrustAnchor {
    /// Reads the one certificate of a PEM file. Throws `SigningError(.key)`, or `Fault` where the file cannot be read.
    public static func read(_ path: String) throws -> Certificate {
        let found = Certificate.all(pem: try Disk.read(path))
        guard found.count == 1, let anchor = found.first else {
            throw SigningError(
                .key, "\(path): a trust anchor is one certificate in PEM form; this file holds \(found.count)")
        }
        return anchor
    }
}
