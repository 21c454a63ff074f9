import BenchCore
import Plugins

extension Verb {
    static let plan = Verb(
        "plan", "PROCEDURE --bench BENCH --meter METER",
        "shows the test points of a procedure on a bench for a meter type, with limits, time, energy and uncertainty",
        options: ["--bench", "--meter"]
    ) { arguments in
        guard arguments.words.count == 1, let path = arguments.words.first, let bench = arguments.options["--bench"],
            let meter = arguments.options["--meter"]
        else {
            Terminal.error("usage: meterbench plan PROCEDURE --bench BENCH --meter METER")
            return ExitCode.usage
        }
        do {
            Terminal.out(
                try PlanTable.lines(procedure: path, bench: bench, meter: meter, kinds: BuiltIn.stepKinds)
                    .joined(separator: "\n"))
            return ExitCode.ok
        } catch let trouble as Diagnostics {
            Terminal.out("\(trouble)")
            return ExitCode.dataError
        } catch {
            Terminal.error("meterbench plan: \(error)")
            return ExitCode.noInput
        }
    }
}
