public import BenchCore

/// Seals runs and signs their reports; a simulated run takes a demonstration key, a real one never does.
public enum RunSealer {
    /// Whether a key may sign a run. Throws `SigningError`.
    public static func check(_ certificate: Certificate?, simulated: Bool) throws {
        guard let certificate else { throw SigningError(.key, "the key has no certificate") }
        if simulated && !certificate.isDemonstration {
            throw SigningError(
                .simulatedRun,
                "the run is simulated and is signed by a demonstration key only, not by \(certificate.subject)")
        }
        if !simulated && certificate.isDemonstration {
            throw SigningError(
                .demonstrationKey, "\(certificate.subject) is a demonstration key: it never signs a real run")
        }
        if let complaint = certificate.profileComplaint { throw SigningError(.profile, complaint) }
    }

    /// Writes `seal.json` and `seal.json.p7s` of a run that has its end; a sealed run is refused.
    ///
    /// `utc` is the time of signing as a timekeeper writes it. Throws `SigningError`, or `Fault` of the disk.
    @discardableResult
    public static func seal(
        _ folder: RunFolder, by signer: any Signer, softwareVersion: String, softwareHash: String, at utc: String
    ) throws -> Seal {
        guard !Disk.exists(folder.seal) else { throw SigningError(.content, "\(folder.path): is sealed already") }
        let seal = try Seal.make(folder, softwareVersion: softwareVersion, softwareHash: softwareHash, at: utc)
        try check(signer.certificates.first, simulated: seal.simulated)
        let bytes = try seal.bytes()
        let hint = SignedHint(root: seal.root, run: seal.run, file: "seal.json")
        let signature = try sign(bytes, hint, signer, utc)
        // The signature first: a seal.json always has one.
        try Disk.write(signature, to: folder.seal + ".p7s")
        try Disk.write(bytes, to: folder.seal)
        return seal
    }

    /// Signs a report of a sealed run, `reports/<name>`, into `reports/<name>.p7s`.
    public static func signReport(
        _ name: String, of folder: RunFolder, by signer: any Signer, at utc: String
    ) throws {
        let seal: Seal
        do {
            seal = try Seal.parse(try Disk.read(folder.seal), folder.seal)
        } catch {
            throw SigningError(.content, "\(folder.path): has no whole seal; seal the run before its reports")
        }
        try check(signer.certificates.first, simulated: seal.simulated)
        let path = folder.reports + "/" + name
        let hint = SignedHint(root: seal.root, run: seal.run, file: "reports/" + name)
        try Disk.write(try sign(try Disk.read(path), hint, signer, utc), to: path + ".p7s")
    }

    private static func sign(
        _ content: [UInt8], _ hint: SignedHint, _ signer: any Signer, _ utc: String
    ) throws -> [UInt8] {
        guard let time = SigningTime(utc) else { throw SigningError(.content, "«\(utc)» is no time in UTC") }
        return try DetachedSignature.make(digest: Hash.sha256(content), hint: hint, at: time, by: signer)
    }
}
