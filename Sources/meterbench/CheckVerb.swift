import BenchCore
import Instruments
import Plugins

extension Verb {
    static let check = Verb(
        "check", "FILE…",
        "checks procedures, limit tables, benches, orders, meter and instrument types, radio rules; names every complaint's place"
    ) { arguments in
        guard !arguments.words.isEmpty else {
            Terminal.error("meterbench check: name at least one file")
            return ExitCode.usage
        }
        var code = ExitCode.ok
        for path in arguments.words {
            do {
                let complaints = try FileCheck.complaints(
                    path, kinds: BuiltIn.stepKinds, others: [InstrumentTypeFile.kind, RadioRuleFile.kind])
                if complaints.isEmpty { Terminal.out("\(path): ok") }
                for complaint in complaints { Terminal.out("\(complaint)") }
                if !complaints.isEmpty, code == ExitCode.ok { code = ExitCode.dataError }
            } catch {
                Terminal.error("meterbench check: \(error)")
                code = ExitCode.noInput
            }
        }
        return code
    }
}
