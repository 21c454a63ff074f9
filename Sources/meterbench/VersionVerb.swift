import Instruments
import Reports

extension Verb {
    static let version = Verb("version", "", "prints the program's version and its C libraries") { _ in
        Terminal.out("meterbench \(Software.version)")
        for line in LinkedLibraries.versions + ReportLibraries.versions { Terminal.out("  " + line) }
        return ExitCode.ok
    }
}
