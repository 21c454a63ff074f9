import BenchCore
import Reports

#if canImport(Glibc)
    import Glibc
#endif

extension Verb {
    static let verify = Verb(
        "verify", "RUN|CERTIFICATE.pdf --anchor ROOT.pem [--run RUN] [--at DATE] [--json]",
        """
        checks signatures, seal, journal and completeness, and recomputes every verdict; offline
              exit codes: 0 valid, 1 tampered, 2 unreadable, 3 key not trusted, 5 not signed, 6 a rule is broken (not those of sysexits.h)
              --anchor  the root certificate you trust, from the laboratory or authority itself
              --run     the run folder of a certificate that does not lie in its reports/ folder
              --at      for which moment certificates must be valid, e.g. 2026-11-21; now by default
        """,
        options: ["--anchor", "--run", "--at"], flags: ["--json"]
    ) { arguments in
        guard arguments.words.count == 1, let subject = arguments.words.first else {
            Terminal.error("meterbench verify: name one run folder or one certificate")
            return ExitCode.usage
        }
        guard let anchorPath = arguments.options["--anchor"] else {
            Terminal.error(
                "meterbench verify: --anchor ROOT.pem is missing: whose signatures do you trust? "
                    + "(demonstration runs: Fixtures/Keys/demonstration-root.pem)")
            return ExitCode.usage
        }
        let asked = arguments.options["--at"]
        guard let at = asked.map({ SigningTime($0) }) ?? SigningTime(seconds: Int64(time(nil))) else {
            Terminal.error("meterbench verify: --at \(asked ?? ""): write a day as 2026-11-21, or 2026-11-21T08:00:00Z")
            return ExitCode.usage
        }
        do {
            let verifier = RunVerifier(anchor: try TrustAnchor.read(anchorPath), at: at)
            let report = verifier.verify(subject: subject, run: arguments.options["--run"])
            if arguments.flags.contains("--json") {
                Terminal.out(String(decoding: try CanonicalJSON.encode(report), as: UTF8.self))
            } else {
                Terminal.out(report.text)
            }
            return report.exitCode
        } catch {
            Terminal.error("meterbench verify: \(error)")
            return Finding.Outcome.unreadable.exitCode
        }
    }
}
