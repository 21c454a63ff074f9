import BenchCore
import Instruments

extension Verb {
    static let record = Verb(
        "record",
        "DIGITIZER --seconds S --into FOLDER [--channels \"U1=V*0.0001,I1=A*0.00001\" --form int16|int24|int32|float32 --rate R]",
        "records what a digitizer samples, losslessly and hash-chained, with every gap; «analyze FOLDER» reads it. DIGITIZER is HOST:PORT, "
            + "usb:VENDOR:PRODUCT, alsa:DEVICE, or a bench file and the id of its digitizer, which says the rest",
        options: DigitizerWords.options
    ) { arguments in
        let wanted: DigitizerWords
        switch DigitizerWords.read(arguments) {
        case .failure(let error):
            Terminal.error("meterbench record: \(error.message)")
            return ExitCode.usage
        case .success(let read): wanted = read
        }
        guard let folder = wanted.folder else {
            Terminal.error("meterbench record: --into names a new folder")
            return ExitCode.usage
        }
        do {
            let description = try wanted.description()
            let digitizer = try await StreamRecording.digitizer(description)
            let rate = wanted.rate ?? digitizer.capability.rates.first ?? 0
            let outcome = try await StreamRecording.record(
                digitizer, rate: rate, seconds: wanted.seconds, into: folder)
            RecordWords.show(outcome, folder, rate: rate)
            guard outcome.early == nil, outcome.lost == 0 else { return ExitCode.ioError }
            return outcome.lie(rate) == nil ? ExitCode.ok : ExitCode.protocol
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

/// What is told at the end of `record`.
private enum RecordWords {
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
        }
        if let lie = outcome.lie(nominal) { Terminal.error("meterbench record: \(lie)") }
        if let early = outcome.early { Terminal.error("meterbench record: ended early: \(early)") }
    }
}
