import BenchCore

/// Checks one signed file against one trust anchor, offline.
struct SignatureVerifier {
    let anchor: Certificate
    let at: SigningTime

    /// What a sound signature says.
    struct Signed {
        var hint: SignedHint
        var certificate: Certificate
        var time: SigningTime
        /// Whether the key leads to the anchor and was in its time.
        var trusted: Bool
    }

    /// Checks `content` with the signature in `signature`; `name` is the file's path in the run folder. Adds its findings to the
    /// report (troubles only, where `brief`); the result is what the signature says where the bytes are those signed, trusted or not.
    func check(
        _ content: [UInt8], _ signature: [UInt8], name: String, brief: Bool = false,
        into report: inout VerificationReport
    ) -> Signed? {
        let place = name + ".p7s"
        let parsed: DetachedSignature
        switch DetachedSignature.parse(signature) {
        case .success(let read): parsed = read
        case .failure(let complaint):
            report.add("signature", .tampered, place, complaint.text)
            return nil
        }
        guard parsed.digest == Hash.sha256(content) else {
            report.add("signature", .tampered, name, "the file is not the one that was signed: its SHA-256 differs")
            return nil
        }
        guard SignatureCheck.mathematics(parsed) else {
            report.add("signature", .tampered, place, "the value is not that of the signer's key: it was altered")
            return nil
        }
        guard parsed.hint.file == name else {
            report.add(
                "signature", .tampered, name, "it was signed as \(parsed.hint.file) of run \(parsed.hint.run)")
            return nil
        }
        let certificate = parsed.certificates[0]
        let complaint = trustComplaint(parsed)
        if let complaint {
            report.add("trust", .untrusted, place, complaint)
        } else if !brief {
            report.add(
                "signature", .valid, name,
                "signed by \(certificate.subject), who claims \(parsed.signedAt) as the time")
            report.add("trust", .valid, place, "leads to the anchor \(anchor.subject)")
        }
        return Signed(
            hint: parsed.hint, certificate: certificate, time: parsed.signedAt, trusted: complaint == nil)
    }

    /// Why a sound signature is not to be trusted, in words; `nil` where it is.
    private func trustComplaint(_ signature: DetachedSignature) -> String? {
        let certificate = signature.certificates[0]
        if let complaint = certificate.profileComplaint {
            return "\(certificate.subject) is no seal certificate: \(complaint)"
        }
        if let complaint = SignatureCheck.chainComplaint(signature.certificates, anchor: anchor, at: at) {
            return complaint
        }
        if certificate.validity?.contains(signature.signedAt.seconds) != true {
            return "the time of signing it claims, \(signature.signedAt), is outside the validity of the certificate"
        }
        return signature.signedAt > at
            ? "the time of signing it claims, \(signature.signedAt), is after \(at)" : nil
    }
}
