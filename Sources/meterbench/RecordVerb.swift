import BenchCore
import Instruments

extension Verb {
    static let record = Verb(
        "record",
        "DIGITIZER --seconds S --into FOLDER [--channels \"U1=V*0.0001,I1=A*0.00001\" --form int16|int24|int32|float32 --rate R]",
        "records what a digitizer samples, losslessly and hash-chained, with every gap; «analyze FOLDER» reads it. DIGITIZER is HOST:PORT, "
            + "usb:VENDOR:PRODUCT, alsa:DEVICE, or a bench file and the id of its digitizer, which says the rest",
        options: ["--channels", "--form", "--rate", "--seconds", "--into"]
    ) { arguments in
        let wanted: RecordWords.Wanted
        switch RecordWords.wanted(arguments) {
        case .failure(let error):
            Terminal.error("meterbench record: \(error.message)")
            return ExitCode.usage
        case .success(let read): wanted = read
        }
        do {
            let description = try wanted.description()
            let digitizer = try await StreamRecording.digitizer(description)
            let rate = wanted.rate ?? digitizer.capability.rates.first ?? 0
            let outcome = try await StreamRecording.record(
                digitizer, rate: rate, seconds: wanted.seconds, into: wanted.folder)
            RecordWords.show(outcome, wanted.folder, rate: rate)
            return outcome.early == nil && outcome.lost == 0 ? ExitCode.ok : ExitCode.ioError
        } catch let fault as Fault {
            Terminal.error("meterbench record: \(fault)")
            return ExitCode.of(fault.code)
        } catch let problems as Diagnostics {
            for problem in problems.all { Terminal.error("\(problem)") }
            return ExitCode.dataError
        } catch {
            Terminal.error("meterbench record: \(error)")
            return ExitCode.cannotCreate
        }
    }
}

/// What stands on the command line of `record`, and what is told at its end.
private enum RecordWords {
    struct Wanted {
        /// From a bench file, or by itself.
        var bench: (file: String, id: String)?, told: InstrumentDescription?
        /// As told, s and 1/s; the digitizer's own first rate where it is not.
        var seconds: Double, rate: Double?, folder: String

        func description() throws -> InstrumentDescription {
            if let told { return told }
            guard let bench else { throw Fault(.notFound, "digitizer", "none was named") }
            let file = try BenchFile.load(try Disk.read(bench.file), file: bench.file)
            guard let found = file.instruments.first(where: { $0.id == bench.id && $0.role == .digitizer }) else {
                let known = file.instruments.filter { $0.role == .digitizer }.map(\.id)
                throw Fault(
                    .notFound, bench.id,
                    "is no digitizer of \(bench.file)"
                        + (known.isEmpty ? "; the bench has none" : "; there is \(known.joined(separator: ", "))"))
            }
            return found
        }
    }

    static func wanted(_ arguments: Arguments) -> Result<Wanted, UsageError> {
        func refused(_ text: String) -> Result<Wanted, UsageError> { .failure(UsageError(text)) }
        guard let seconds = arguments.options["--seconds"].flatMap({ Double($0) }), seconds > 0, seconds <= 1e6 else {
            return refused("--seconds is a time above 0, at most 1000000")
        }
        guard let folder = arguments.options["--into"], !folder.isEmpty else {
            return refused("--into names a new folder")
        }
        var rate: Double?
        if let text = arguments.options["--rate"] {
            guard let value = Double(text), value >= 1, value <= 1e8 else {
                return refused("--rate is a number of frames a second, from 1 to 100000000")
            }
            guard seconds * value >= 1 else { return refused("--seconds is too short for one frame") }
            rate = value
        }
        var wanted = Wanted(seconds: seconds, rate: rate, folder: folder)
        switch arguments.words.count {
        case 2:
            wanted.bench = (arguments.words[0], arguments.words[1])
            return .success(wanted)
        case 1: break
        default: return refused("name one digitizer, e.g. 192.0.2.7:5000, or a bench file and the id of its digitizer")
        }
        let place: (driver: String, wire: WireAddress)
        do throws(ValueTrouble) { place = try wire(arguments.words[0]) } catch { return refused(error.message) }
        guard let rate else { return refused("--rate is a number of frames a second, from 1 to 100000000") }
        guard let form = arguments.options["--form"].flatMap({ SampleForm(rawValue: $0) }) else {
            return refused("--form is one of \(SampleForm.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        switch channels(arguments.options["--channels"], form) {
        case .failure(let error): return .failure(error)
        case .success(let channels):
            wanted.told = InstrumentDescription(
                id: "digitizer", role: .digitizer, driver: place.driver, wire: place.wire, manufacturer: "", model: "",
                serial: "", traceability: nil, source: nil, accuracy: [], counter: nil, climate: nil,
                sampling: SamplingDescription(rates: [rate], form: form, channels: channels))
            return .success(wanted)
        }
    }

    private static func wire(_ word: String) throws(ValueTrouble) -> (String, WireAddress) {
        if word.hasPrefix("usb:") {
            let id = try WireFields.usbID(String(word.dropFirst(4)))
            return ("usb-digitizer", .usb(vendor: id.vendor, product: id.product, serial: nil, interface: 0))
        }
        if word.hasPrefix("alsa:") { return ("sound-card", .alsa(device: String(word.dropFirst(5)))) }
        let end = try WireFields.endpoint(word)
        return ("stream-digitizer", .tcp(host: end.host, port: end.port))
    }

    private static func channels(_ text: String?, _ form: SampleForm) -> Result<[RecordedChannel], UsageError> {
        func refused(_ text: String) -> Result<[RecordedChannel], UsageError> { .failure(UsageError(text)) }
        guard let text else { return refused("--channels is needed, e.g. \"U1=V*0.0001,I1=A*0.00001\"") }
        var channels: [RecordedChannel] = []
        for part in text.split(separator: ",") {
            let sides = part.split(separator: "=", maxSplits: 1).map { $0.filter { $0 != " " } }
            let right = sides.count == 2 ? sides[1].split(separator: "*", maxSplits: 1) : []
            guard right.count == 2, !sides[0].isEmpty, let scale = Double(right[1]), scale != 0, scale.isFinite else {
                return refused("«\(part)» is no channel; NAME=UNIT*SCALE is, e.g. U1=V*0.0001 for 0.1 mV a step")
            }
            var channel = RecordedChannel(name: sides[0], unit: String(right[0]), scale: scale)
            channel.setRange(form)
            channels.append(channel)
        }
        guard !channels.isEmpty, channels.count <= 256, Set(channels.map(\.name)).count == channels.count else {
            return refused("--channels names 1 to 256 channels, each once")
        }
        return .success(channels)
    }

    static func show(_ outcome: StreamRecording.Outcome, _ folder: String, rate nominal: Double) {
        Terminal.out(
            "\(folder): \(outcome.written.frames) frames in \(outcome.written.chunks) chunks, \(outcome.written.bytes) bytes; "
                + (outcome.lost == 0 ? "none lost" : "\(outcome.lost) LOST"))
        Terminal.out(
            "  ring: \(outcome.fill.highest) of \(outcome.fill.capacity) blocks at most; "
                + (outcome.end.grant?.text ?? "no thread of its own was needed"))
        if let late = outcome.end.lateness?.percentile(0.99), let worst = outcome.end.lateness?.percentile(1) {
            Terminal.out(
                "  blocks late by \(Decimal.fixed(late * 1e3, 2)) ms at most in 99 of 100, \(Decimal.fixed(worst * 1e3, 2)) ms in all"
            )
        }
        if let rate = outcome.measuredRate, outcome.written.frames >= Int(nominal) {
            let share = 100 * (rate / nominal - 1)
            Terminal.out(
                "  rate by this computer's clock: \(Decimal.fixed(rate, 1)) a second (\(Decimal.signed(share, 3)) %)")
            if abs(share) > 2 {
                Terminal.error(
                    "meterbench record: the digitizer does not sample at \(Decimal.shortest(nominal)) a second, as it is said to"
                )
            }
        }
        if let early = outcome.early { Terminal.error("meterbench record: ended early: \(early)") }
    }
}
