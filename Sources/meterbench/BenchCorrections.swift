import BenchCore

/// The corrections of a bench's digitizer: read beside the bench file for a new run, from the run folder for one that goes on.
enum BenchCorrections {
    /// Where their bytes stand below `frozen/`.
    static let shelf = "corrections"

    /// Reads what the bench file names. Complaints go to the line that names it, or to the file itself; certificates that are not valid
    /// today are told apart, as those of instruments are.
    static func load(
        _ bench: Loaded<BenchDescription>, folder: String, today: String
    ) throws -> (set: CorrectionSet?, frozen: [FrozenFile], complaints: [Diagnostic], expired: [Diagnostic]) {
        guard let (index, sampling, names) = named(bench.value) else { return (nil, [], [], []) }
        var set = CorrectionSet()
        var frozen: [FrozenFile] = []
        var complaints: [Diagnostic] = [], expired: [Diagnostic] = []
        for (n, name) in names.enumerated() {
            func place(_ message: String) -> Diagnostic {
                bench.diagnostic("instruments[\(index)].sampling.corrections[\(n)]", message)
            }
            do {
                let file = try FrozenFile(shelf: shelf, reading: Path.join(folder, name))
                guard !frozen.contains(where: { $0.name == file.name }) else {
                    complaints.append(place("two files are called \(Disk.name(name)): names must differ"))
                    continue
                }
                frozen.append(file)
                try set.add(file.bytes, file: name)
            } catch let fault as Fault {
                complaints.append(place("\(fault.instrument): \(fault.detail)"))
            } catch let trouble as Diagnostics { complaints += trouble.all }
            for (file, message) in set.invalid(on: today) where file == name { expired.append(place(message)) }
        }
        let known = sampling.channels.map(\.name)
        for channel in set.channels.keys.sorted() where !known.contains(channel) {
            complaints.append(
                bench.diagnostic(
                    "instruments[\(index)].sampling.corrections",
                    "the corrections are for channel «\(channel)», which is not sampled; there are \(known.joined(separator: ", "))"
                ))
        }
        return (set, frozen, complaints, expired)
    }

    /// Reads them again from a run folder.
    static func load(_ bench: BenchDescription, frozen folder: String) throws -> CorrectionSet? {
        guard let (_, _, names) = named(bench) else { return nil }
        var set = CorrectionSet()
        for name in names {
            try set.add(try Disk.read(folder + "/" + shelf + "/" + Disk.name(name)), file: name)
        }
        return set
    }

    private static func named(
        _ bench: BenchDescription
    ) -> (index: Int, sampling: SamplingDescription, names: [String])? {
        for (index, instrument) in bench.instruments.enumerated() where instrument.role == .digitizer {
            guard let sampling = instrument.sampling, let names = sampling.corrections, !names.isEmpty else { continue }
            return (index, sampling, names)
        }
        return nil
    }
}
