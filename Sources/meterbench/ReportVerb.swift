import BenchCore
import Reports

extension Verb {
    static let report = Verb(
        "report", "RUN [--into FOLDER] [--replace]",
        "makes the certificates of a run again from its evidence, and says whether they are the same bytes as those issued",
        options: ["--into"], flags: ["--replace"]
    ) { arguments in
        guard arguments.words.count == 1 else {
            Terminal.error("meterbench report: name one run folder")
            return ExitCode.usage
        }
        do {
            let run = try RunFolder.open(arguments.words[0])
            let folder = arguments.options["--into"] ?? run.reports
            let issued = try CertificateWriter.documents(try CertificateSource(run))
            let compared = try CertificateWriter.compare(issued, with: folder)
            for refusal in issued.refused {
                Terminal.error("\(CertificateError.refused(document: refusal.document, refusal.refusals))")
            }
            // A file that was issued may be signed: other bytes never take its place unasked.
            let different = compared.filter { $0.state == .different }
            if !different.isEmpty, !arguments.flags.contains("--replace") {
                for one in different { Terminal.error("\(folder)/\(one.name): differs from what the evidence gives") }
                Terminal.error(
                    "nothing was written; --replace writes the files again (signatures over them become void)")
                return ExitCode.dataError
            }
            try CertificateWriter.write(issued, into: folder)
            for one in compared {
                let words: [ReportComparison.State: String] = [
                    .same: "the same as issued", .different: "replaced", .missing: "written",
                ]
                Terminal.out("\(folder)/\(one.name)  \(words[one.state] ?? "")")
            }
            return issued.refused.isEmpty ? ExitCode.ok : ExitCode.dataError
        } catch let fault as Fault {
            Terminal.error("meterbench report: \(fault)")
            return fault.code == .notFound ? ExitCode.noInput : ExitCode.dataError
        } catch {
            Terminal.error("meterbench report: \(error)")
            return ExitCode.dataError
        }
    }
}
