import BenchCore
import FoundationEssentials
import Reports

/// What is left to do when the bench is safe: seal, certificates, signatures, and a few words for the operator.
struct RunEnding {
    let exitCode: Int32
    private let start: RunStart
    private let outcome: RunOutcome
    private var certificates: [String] = []
    private var refused: [String] = []

    /// Seals and signs a complete run; an interrupted one is left as it is, to be resumed.
    init(_ start: RunStart, _ outcome: RunOutcome) throws {
        self.start = start
        self.outcome = outcome
        if outcome.complete {
            let folder = start.job.folder
            let utc = RealTime().utc(BenchInstant(nanoseconds: 0))
            if let signer = start.signer, !Disk.exists(folder.seal) {
                try RunSealer.seal(
                    folder, by: signer, softwareVersion: Software.version,
                    softwareHash: try Hash.ofRunningProgram(), at: utc)
            }
            let issued = try CertificateWriter.write(try CertificateSource(folder), into: folder.reports)
            for file in issued.files {
                if let signer = start.signer { try RunSealer.signReport(file.name, of: folder, by: signer, at: utc) }
                if file.name.hasSuffix(".pdf") { certificates.append(folder.reports + "/" + file.name) }
            }
            refused = issued.refused.flatMap { document, refusals in
                refusals.map { "\(document) is not issued: \($0.reason) (\($0.clause))" }
            }
        }
        // The archive is an index that can be made again: trouble with it is told, and spoils nothing.
        do {
            try Archive(Disk.parent(start.job.folder.path) + "/archive.sqlite").add(start.job.folder)
        } catch {
            Terminal.error("the run is not in the archive («meterbench archive rebuild» puts it there): \(error)")
        }
        exitCode = Self.code(outcome)
    }

    /// The program as it was called, so that a line can be copied and run.
    private static var program: String { CommandLine.arguments.first ?? "meterbench" }

    static func code(_ outcome: RunOutcome) -> Int32 {
        if let fault = outcome.fault { return ExitCode.of(fault.code) }
        guard outcome.complete, outcome.stopped == nil else { return ExitCode.inconclusive }
        let words = outcome.verdicts.values.map(\.word)
        if words.contains("fail") { return ExitCode.fail }
        return words.allSatisfy { $0 == "pass" } ? ExitCode.ok : ExitCode.inconclusive
    }

    /// For a person.
    func text() -> String {
        let order = start.job.work.started.order
        var lines = [""]
        for meter in order.meters.sorted(by: { $0.position < $1.position }) {
            let verdict = outcome.verdicts[meter.position] ?? .notTested(reason: "no result")
            lines.append(
                ProgressPage.right("\(meter.position)", 4) + "  " + ProgressPage.left(meter.serial, 18)
                    + verdict.word + (verdict.reason.map { ": " + $0 } ?? ""))
        }
        lines.append("")
        if let fault = outcome.fault { lines.append("ended by a fault: \(fault)") }
        if let stopped = outcome.stopped { lines.append("\(stopped.verb.rawValue): \(stopped.cause)") }
        for step in outcome.safe {
            let took = Decimal.fixed(step.took * 1000, 1) + " ms"
            let result = step.fault.map { "FAILED (\($0.detail)); it may still be on" } ?? took
            lines.append("safe state: \(step.step.instrument) \(step.step.action.rawValue): \(result)")
        }
        let e = outcome.efficiency
        if e.actual > 0 {
            let losses = e.losses.sorted { $0.key < $1.key }.map { "\($0.key) \(Decimal.fixed($0.value, 0)) s" }
            lines.append(
                "bench efficiency η = \(Decimal.fixed(e.eta, 3)): \(Decimal.fixed(e.bound, 0)) s of "
                    + "\(Decimal.fixed(e.actual, 0)) s; losses: \(losses.joined(separator: ", "))")
        }
        lines += refused
        let folder = start.job.folder.path
        guard outcome.complete else {
            lines.append("The run is not complete. Go on with:\n  \(Self.program) run --resume \(folder)")
            return lines.joined(separator: "\n")
        }
        lines.append("evidence: \(folder)")
        lines.append("certificates:")
        lines += certificates.map { "  " + $0 }
        if start.signer == nil {
            lines.append("The bench names no key: nothing is signed.")
        } else if let root = start.root {
            lines.append("verify with:\n  \(Self.program) verify \(folder) --anchor \(root)")
            if let first = certificates.first {
                lines.append(
                    "  openssl cms -verify -binary -inform DER -in \(first).p7s -content \(first) -CAfile \(root) "
                        + "-purpose any -out /dev/null")
            }
        }
        return lines.joined(separator: "\n")
    }

    private struct Summary: Codable {
        var run: String, folder: String, complete: Bool, verdicts: [String: Verdict], certificates: [String]
        var fault: Fault?, stopped: RunStopped?, safe: [SafeStepDone], efficiency: Efficiency
    }

    /// For a program: one JSON object.
    func json() throws -> String {
        let order = start.job.work.started.order
        var verdicts: [String: Verdict] = [:]
        for meter in order.meters { verdicts[meter.serial] = outcome.verdicts[meter.position] }
        let summary = Summary(
            run: start.job.work.started.run, folder: start.job.folder.path, complete: outcome.complete,
            verdicts: verdicts, certificates: certificates, fault: outcome.fault, stopped: outcome.stopped,
            safe: outcome.safe, efficiency: outcome.efficiency)
        return String(decoding: try CanonicalJSON.encode(summary), as: UTF8.self)
    }
}
