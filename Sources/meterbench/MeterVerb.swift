import BenchCore
import Instruments

#if canImport(Glibc)
    import Glibc
#endif

extension Verb {
    static let meter = Verb(
        "meter", "read --type TYPE --wire WIRE [--meters FOLDER] [--json]",
        "reads one meter by hand: nameplate, registers with units, clock; WIRE is \(WireText.forms)",
        options: ["--type", "--wire", "--meters"], flags: ["--json"]
    ) { arguments in
        guard arguments.words == ["read"], let name = arguments.options["--type"],
            let wire = arguments.options["--wire"]
        else {
            Terminal.error(
                "meterbench meter: «read», --type and --wire are needed\nusage: meterbench meter \(meterUsage)")
            return ExitCode.usage
        }
        let file = typeFile(name, arguments.options["--meters"])
        guard access(file, R_OK) == 0 else {
            Terminal.error("meterbench meter: there is no meter type «\(name)»: \(file) cannot be read")
            return ExitCode.noInput
        }
        do {
            let type = try MeterTypeFile.load(try Disk.read(file), file: file)
            let reading = try await MeterReading.take(type: type, wire: try WireText.parse(wire))
            Terminal.out(arguments.flags.contains("--json") ? try reading.json() : reading.table)
            guard let fault = reading.fault else { return ExitCode.ok }
            Terminal.error("meterbench meter: \(fault)")
            return ExitCode.protocol
        } catch let refused as WireText.Refused {
            Terminal.error("meterbench meter: \(refused.reason)")
            return ExitCode.usage
        } catch let fault as Fault {
            Terminal.error("meterbench meter: \(fault)")
            switch fault.code {
            case .timeout, .connectionRefused, .connectionLost: return ExitCode.unavailable
            default: return ExitCode.protocol
            }
        } catch {
            Terminal.error("\(error)")
            return ExitCode.dataError
        }
    }
}

private let meterUsage = "read --type TYPE --wire WIRE [--meters FOLDER] [--json]"

/// The file of a type: a path as it is, a name in the folder given, in `Fixtures/Meters`, or where `make install` put it.
private func typeFile(_ name: String, _ folder: String?) -> String {
    if name.hasSuffix(".yaml") { return name }
    if let folder { return "\(folder)/\(name).yaml" }
    let here = "Fixtures/Meters/\(name).yaml"
    if access(here, R_OK) == 0 { return here }
    let program = CommandLine.arguments.first.map { $0.split(separator: "/", omittingEmptySubsequences: false) } ?? []
    let installed = program.dropLast().joined(separator: "/") + "/../share/meterbench/Fixtures/Meters/\(name).yaml"
    return access(installed, R_OK) == 0 ? installed : here
}
