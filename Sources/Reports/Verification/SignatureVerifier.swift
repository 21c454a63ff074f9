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
    }

    /// Checks `content` with the signature in `signature`; `name` is the file's path in the run folder. Adds its findings to the
    /// report; the result is what the signature says where the bytes are those signed, trusted or not.
    func check(
        _ content: [UInt8], _ signature: [UInt8], name: String, into report: inout VerificationReport
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
        report.add(
            "signature", .valid, name, "signed by \(certificate.subject), who claims \(parsed.signedAt) as the time")
        trust(parsed, place, into: &report)
        return Signed(hint: parsed.hint, certificate: certificate, time: parsed.signedAt)
    }

    private func trust(_ signature: DetachedSignature, _ place: String, into report: inout VerificationReport) {
        let certificate = signature.certificates[0]
        if let complaint = certificate.profileComplaint {
            report.add("trust", .untrusted, place, "\(certificate.subject) is no seal certificate: \(complaint)")
        } else if let complaint = SignatureCheck.chainComplaint(signature.certificates, anchor: anchor, at: at) {
            report.add("trust", .untrusted, place, complaint)
        } else if certificate.validity?.contains(signature.signedAt.seconds) != true {
            report.add(
                "trust", .untrusted, place,
                "the time of signing it claims, \(signature.signedAt), is outside the validity of the certificate")
        } else if signature.signedAt > at {
            report.add(
                "trust", .untrusted, place, "the time of signing it claims, \(signature.signedAt), is after \(at)")
        } else {
            report.add("trust", .valid, place, "leads to the anchor \(anchor.subject)")
        }
    }
}
