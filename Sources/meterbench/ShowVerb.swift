import BenchCore

extension Verb {
    static let show = Verb(
        "show", "RUN", "prints a run for a person: who, what, when, standards, every test point, incidents, losses"
    ) { arguments in
        guard arguments.words.count == 1 else {
            Terminal.error("meterbench show: name one run folder")
            return ExitCode.usage
        }
        do {
            let folder = try RunFolder.open(arguments.words[0])
            Terminal.out(RunSummary(try RunRecord.load(folder), folder: folder).text)
            return ExitCode.ok
        } catch {
            Terminal.error("meterbench show: \(error)")
            return (error as? Fault)?.code == .notFound ? ExitCode.noInput : ExitCode.dataError
        }
    }
}
