import BenchCore
import Instruments

extension Verb {
    /// `instruments conform ID --bench BENCH`: the suite of one instrument's contract, against the instrument itself with nothing
    /// energised, or with `--simulated` against its simulator with trouble made on the wire.
    ///
    /// `ID` is an instrument of the bench file, or `"position 3"` with `--type FILE` for the meter there.
    static func conform(_ arguments: Arguments) async -> Int32 {
        guard arguments.words.count == 2, let path = arguments.options["--bench"] else {
            Terminal.error(
                "meterbench instruments: «conform» takes the id of one instrument, and --bench its bench file")
            return ExitCode.usage
        }
        let id = arguments.words[1]
        do {
            let bench = try BenchFile.load(try Disk.read(path), file: path)
            var types: [String: InstrumentType] = [:]
            for (name, file) in InstrumentTypes.files(bench, folder: Disk.parent(path)) where Disk.exists(file) {
                types[name] = try InstrumentTypeFile.load(try Disk.read(file), file: file)
            }
            let report: ConformanceReport
            if arguments.flags.contains("--simulated") {
                report = try await Conformance.simulated(try Simulation.load(bench: path), types: types, id: id)
            } else if let number = Conformance.position(id) {
                guard let wire = bench.positions.first(where: { $0.number == number })?.wire,
                    let file = arguments.options["--type"]
                else {
                    Terminal.error(
                        "meterbench instruments: «conform \"\(id)\"» needs a data wire of that position in the bench file, and --type "
                            + "the file of the meter's type")
                    return ExitCode.usage
                }
                let type = try MeterTypeFile.load(try Disk.read(file), file: file)
                report = try await Conformance.real(type: type, wire: wire, id: id)
            } else {
                report = try await Conformance.real(bench: bench, types: types, id: id)
            }
            Terminal.out(arguments.flags.contains("--json") ? try report.json() : report.table)
            return report.conforms ? ExitCode.ok : ExitCode.fail
        } catch let complaints as Diagnostics {
            Terminal.error(complaints.description)
            return ExitCode.dataError
        } catch let fault as Fault {
            Terminal.error("meterbench instruments: \(fault)")
            return fault.code == .notFound ? ExitCode.noInput : ExitCode.of(fault.code)
        } catch {
            Terminal.error("meterbench instruments: \(error)")
            return ExitCode.software
        }
    }
}
