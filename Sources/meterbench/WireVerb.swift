import BenchCore
import Instruments

extension Verb {
    static let wire = Verb(
        "wire", "show RUN|FILE [--instrument ID] [--from S] [--to S] [--hex]",
        "every byte of a run's wires, readable: SCPI as text, Modbus decoded",
        options: ["--instrument", "--from", "--to"], flags: ["--hex"]
    ) { arguments in
        guard arguments.words.count == 2, arguments.words[0] == "show" else {
            Terminal.error(
                "meterbench wire: «show» and a run or a file are wanted\nusage: meterbench wire \(wireUsage)")
            return ExitCode.usage
        }
        var show = WireShow()
        show.instrument = arguments.options["--instrument"]
        show.hex = arguments.flags.contains("--hex")
        for (option, path) in [("--from", \WireShow.from), ("--to", \WireShow.until)] {
            guard let text = arguments.options[option] else { continue }
            guard let seconds = Decimal.parse(text), seconds >= 0 else {
                Terminal.error("meterbench wire: \(option) wants seconds since the log began, not «\(text)»")
                return ExitCode.usage
            }
            show[keyPath: path] = seconds
        }
        do {
            var complained = false
            for file in try files(arguments.words[1]) {
                let content = WireLogReader.read(try Disk.read(file), file: file)
                Terminal.out("# \(file)\n" + show.lines(content).joined(separator: "\n"))
                for complaint in content.complaints { Terminal.error("\(complaint)") }
                complained = complained || !content.complaints.isEmpty
            }
            return complained ? ExitCode.dataError : ExitCode.ok
        } catch let fault as Fault where fault.code == .notFound {
            Terminal.error("meterbench wire: \(fault.instrument): \(fault.detail)")
            return ExitCode.noInput
        } catch {
            return Trouble.report(error)
        }
    }

    private static var wireUsage: String { wire.usage }

    /// The logs of a run in the order they were written, or the one file.
    private static func files(_ path: String) throws -> [String] {
        guard Disk.isFolder(path) else {
            guard Disk.exists(path) else { throw Fault(.notFound, path, "there is no such run or file") }
            return [path]
        }
        let folder = path + "/wire"
        guard Disk.isFolder(folder) else {
            throw Fault(.notFound, path, "has no wire log: a virtual run has no wires")
        }
        let names = try Disk.names(in: folder).filter { $0.hasSuffix(".jsonl") }
        return names.sorted { ($0.count, $0) < ($1.count, $1) }.map { folder + "/" + $0 }
    }
}
