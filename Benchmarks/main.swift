// Figures of `make bench`: what the issues and the performance notes demand, measured here and now. Ends with 1 where a demand is not met.
// `meterbench-figures wires`, `usb`, `adaptive`, `detection` or `sampling` takes those only; `sampling ring` one part of that; `sampling-soak` ten
// minutes of sampling with all processors busy, which nothing else takes along.
import BenchCore
import Glibc

do {
    let only = CommandLine.arguments.dropFirst().first
    if only == USBFigures.word {
        try USBFigures.measure()
        exit(0)
    }
    guard
        only == nil
            || ["wires", "usb", "sampling", SoakFigures.word, AdaptiveFigures.word, DetectionFigures.word].contains(
                only)
    else {
        print(
            "usage: meterbench-figures [wires | usb | adaptive | detection | sampling [ring | sums | flicker | chain | day [HOURS] | lateness] | \(SoakFigures.word) [SECONDS]]"
        )
        exit(64)
    }
    let begin = ContinuousClock.now
    var sheet = Sheet()
    print("MeterBench figures (release build; virtual time unless it says otherwise)")
    if only == nil {
        let shipped = try SyntheticRun.Shipped()
        try CoverageFigures(shipped).show(&sheet)
        try SweepFigures.show(shipped, &sheet)
        let efficiency = try EfficiencyFigures(shipped)
        efficiency.show(&sheet)
        efficiency.showBaselines(&sheet)
        try JournalFigures.show(shipped, &sheet)
    }
    if only == nil || only == DetectionFigures.word { try DetectionFigures.show(&sheet) }
    if only == nil || only == AdaptiveFigures.word { try AdaptiveFigures.show(&sheet) }
    if only == nil || only == "wires" { try await WireFigures().show(&sheet) }
    if only == nil || only == "usb" { USBFigures.show(&sheet) }
    if only == nil || only == "sampling" {
        let part = CommandLine.arguments.dropFirst(2).first
        func wanted(_ name: String) -> Bool { part == nil || part == name }
        if wanted("ring") { RingFigures.show(&sheet) }
        if wanted("sums") { SamplingFigures.show(&sheet) }
        if wanted("flicker") { FlickerFigures.show(&sheet) }
        if wanted("chain") { ChainFigures.show(&sheet) }
        if wanted("day") {
            let hours = CommandLine.arguments.dropFirst(3).first.flatMap { Double($0) } ?? 24
            DayFigures.show(&sheet, hours: max(0.12, min(hours, 1000)))
        }
        if wanted("lateness") { LatenessFigures.show(&sheet) }
    }
    if only == SoakFigures.word {
        let seconds = CommandLine.arguments.dropFirst(2).first.flatMap { Double($0) } ?? SoakFigures.usual
        SoakFigures.show(&sheet, seconds: seconds)
    }
    print("")
    sheet.plain("time for all of this", Decimal.fixed((ContinuousClock.now - begin) / .seconds(1), 0) + " s")
    print(sheet.missed.isEmpty ? "\nAll demands are met." : "\nNOT met: " + sheet.missed.joined(separator: "; "))
    exit(sheet.missed.isEmpty ? 0 : 1)
} catch {
    print("The figures could not be taken: \(error)")
    exit(70)
}
