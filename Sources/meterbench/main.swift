import BenchCore
import Instruments
import Reports

#if canImport(Glibc)
    import Glibc
#endif

/// Every verb, in the order `help` shows them.
let verbs: [Verb] = [
    .check,
    .plan,
    .run,
    .simulate,
    .show,
    .verify,
    .report,
    .archive,
    .meter,
    .wire,
    .instruments,
    .analyze,
    .radio,
    .record,
    .doctor,
    .version,
]

guard WideLanes.fit else {
    Terminal.error(
        "meterbench: this program was built for a processor with AVX2 and FMA, which this one is not; build it here with «make»"
    )
    exit(ExitCode.unavailable)
}
// Whoever reads our words may leave: that never ends a program that has a bench in its hands.
signal(SIGPIPE, SIG_IGN)
let arguments = CommandLine.arguments.dropFirst()
guard let word = arguments.first, word != "help", word != "--help", word != "-h" else {
    Terminal.out("meterbench: test bench and certification of electricity meters\n")
    for verb in verbs {
        Terminal.out("  meterbench \(verb.name) \(verb.usage)\n      \(verb.summary)")
    }
    exit(arguments.isEmpty ? ExitCode.usage : ExitCode.ok)
}
guard let verb = verbs.first(where: { $0.name == word }) else {
    Terminal.error("meterbench: there is no verb «\(word)»; «meterbench help» lists them")
    exit(ExitCode.usage)
}
if arguments.dropFirst().contains(where: { $0 == "--help" || $0 == "-h" }) {
    Terminal.out("usage: meterbench \(verb.name) \(verb.usage)\n      \(verb.summary)")
    exit(ExitCode.ok)
}
switch Arguments.parse(Array(arguments.dropFirst()), for: verb) {
case .failure(let error):
    Terminal.error("meterbench \(verb.name): \(error.message)\nusage: meterbench \(verb.name) \(verb.usage)")
    exit(ExitCode.usage)
case .success(let parsed):
    exit(await verb.run(parsed))
}
