import BenchCore
import Instruments

extension Verb {
    static let record = Verb(
        "record",
        "HOST:PORT --channels \"U1=V*0.0001,I1=A*0.00001\" --form int16|int24|int32|float32 --rate R --seconds S --into FOLDER",
        "records what a digitizer streams over TCP, losslessly and hash-chained, with every gap; «analyze FOLDER» reads it",
        options: ["--channels", "--form", "--rate", "--seconds", "--into"]
    ) { arguments in
        let setup: StreamRecording.Setup
        switch RecordWords.setup(arguments) {
        case .failure(let error):
            Terminal.error("meterbench record: \(error.message)")
            return ExitCode.usage
        case .success(let read): setup = read
        }
        do {
            let outcome = try await StreamRecording.record(setup)
            RecordWords.show(outcome, setup)
            return outcome.early == nil && outcome.lost == 0 ? ExitCode.ok : ExitCode.ioError
        } catch let fault as Fault {
            Terminal.error("meterbench record: \(fault)")
            return ExitCode.of(fault.code)
        } catch {
            Terminal.error("meterbench record: \(error)")
            return ExitCode.cannotCreate
        }
    }
}

/// What stands on the command line of `record`, and what is told at its end.
private enum RecordWords {
    static func setup(_ arguments: Arguments) -> Result<StreamRecording.Setup, UsageError> {
        func refused(_ text: String) -> Result<StreamRecording.Setup, UsageError> { .failure(UsageError(text)) }
        guard arguments.words.count == 1, let colon = arguments.words[0].lastIndex(of: ":"),
            let port = Int(arguments.words[0][arguments.words[0].index(after: colon)...]), (1...65535).contains(port),
            colon > arguments.words[0].startIndex
        else { return refused("name one HOST:PORT, e.g. 192.0.2.7:5000") }
        var host = String(arguments.words[0][..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        guard let form = arguments.options["--form"].flatMap({ SampleForm(rawValue: $0) }) else {
            return refused("--form is one of \(SampleForm.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        guard let rate = arguments.options["--rate"].flatMap({ Double($0) }), rate >= 1, rate <= 1e8 else {
            return refused("--rate is a number of frames a second, from 1 to 100000000")
        }
        guard let seconds = arguments.options["--seconds"].flatMap({ Double($0) }), seconds > 0, seconds * rate >= 1,
            seconds <= 1e6
        else { return refused("--seconds is a time above 0, at most 1000000") }
        guard let folder = arguments.options["--into"], !folder.isEmpty else {
            return refused("--into names a new folder")
        }
        guard let text = arguments.options["--channels"] else {
            return refused("--channels is needed, e.g. \"U1=V*0.0001,I1=A*0.00001\"")
        }
        var channels: [RecordedChannel] = []
        for part in text.split(separator: ",") {
            let sides = part.split(separator: "=", maxSplits: 1).map { $0.filter { $0 != " " } }
            let right = sides.count == 2 ? sides[1].split(separator: "*", maxSplits: 1) : []
            guard right.count == 2, !sides[0].isEmpty, let scale = Double(right[1]), scale != 0, scale.isFinite else {
                return refused("«\(part)» is no channel; NAME=UNIT*SCALE is, e.g. U1=V*0.0001 for 0.1 mV a step")
            }
            var channel = RecordedChannel(name: sides[0], unit: String(right[0]), scale: scale)
            if form != .float32 {
                let end = Double(Int64(1) << Int64(8 * form.width - 1))
                (channel.lowest, channel.highest) = (-end, end - 1)
            }
            channels.append(channel)
        }
        guard !channels.isEmpty, channels.count <= 256, Set(channels.map(\.name)).count == channels.count else {
            return refused("--channels names 1 to 256 channels, each once")
        }
        return .success(
            StreamRecording.Setup(
                host: host, port: port, form: form, channels: channels, rate: rate, seconds: seconds, folder: folder))
    }

    static func show(_ outcome: StreamRecording.Outcome, _ setup: StreamRecording.Setup) {
        Terminal.out(
            "\(setup.folder): \(outcome.written.frames) frames in \(outcome.written.chunks) chunks, \(outcome.written.bytes) bytes; "
                + (outcome.lost == 0 ? "none lost" : "\(outcome.lost) LOST"))
        Terminal.out(
            "  ring: \(outcome.fill.highest) of \(outcome.fill.capacity) blocks at most; \(outcome.grant.text)")
        if let rate = outcome.measuredRate, outcome.written.frames >= Int(setup.rate) {
            let share = 100 * (rate / setup.rate - 1)
            Terminal.out(
                "  rate by this computer's clock: \(Decimal.fixed(rate, 1)) a second (\(Decimal.signed(share, 3)) %)")
            if abs(share) > 2 {
                Terminal.error(
                    "meterbench record: the digitizer does not sample at \(Decimal.shortest(setup.rate)) a second, as --rate says"
                )
            }
        }
        if let early = outcome.early { Terminal.error("meterbench record: ended early: \(early)") }
    }
}
