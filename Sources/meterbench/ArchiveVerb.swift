import BenchCore

extension Verb {
    static let archive = Verb(
        "archive", "rebuild [RUNS] | list [RUNS] | find SERIAL [RUNS]",
        "the index of orders, meters, runs and certificates (RUNS/archive.sqlite; RUNS is «Runs» by default), made from the run folders"
    ) { arguments in
        let words = arguments.words
        let finding = words.first == "find"
        guard let action = words.first, ["rebuild", "list", "find"].contains(action),
            (finding ? 2...3 : 1...2).contains(words.count)
        else {
            Terminal.error("meterbench archive: say rebuild, list, or find SERIAL")
            return ExitCode.usage
        }
        let runs = words.count > (finding ? 2 : 1) ? words[words.count - 1] : "Runs"
        guard Disk.isFolder(runs) else {
            Terminal.error("meterbench archive: there is no folder of runs «\(runs)»")
            return ExitCode.noInput
        }
        let path = runs + "/archive.sqlite"
        do {
            let isNew = !Disk.exists(path)
            let archive = try Archive(path)
            if action == "rebuild" || isNew {
                let rebuilt = try archive.rebuild(from: runs)
                for trouble in rebuilt.troubles { Terminal.error("meterbench archive: not indexed: \(trouble)") }
                guard action != "rebuild" else {
                    Terminal.out("\(rebuilt.runs) runs indexed in \(path)")
                    return rebuilt.troubles.isEmpty ? ExitCode.ok : ExitCode.dataError
                }
            }
            guard finding else {
                Terminal.out(try archive.listing())
                return ExitCode.ok
            }
            guard let story = try archive.story(serial: words[1]) else {
                Terminal.error("meterbench archive: no run in \(path) has a meter «\(words[1])»")
                return ExitCode.noInput
            }
            Terminal.out(story)
            return ExitCode.ok
        } catch {
            Terminal.error("meterbench archive: \(error)")
            return ExitCode.ioError
        }
    }
}
