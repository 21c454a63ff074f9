import BenchCore

extension Verb {
    static let doctor = Verb(
        "doctor", "[--seconds S] [--json]",
        "measures how well this machine keeps the time of the sampling loop: 1 kHz and 10 kHz, and what it grants",
        options: ["--seconds"], flags: ["--json"], run: Doctor.run)
}

/// Measures the machine as the sampling loop would find it.
private enum Doctor {
    /// What one interval came to.
    struct Finding: Encodable {
        var rate: Int, wakeups: UInt64, missed: UInt64
        /// Lateness in µs at 50, 99 and 99.9 %, and the worst.
        var median: Double, p99: Double, p999: Double, worst: Double
        var grant: RealTimeGrant
        /// Share of the slots that were met within one interval.
        var held: Double
    }

    static func run(_ arguments: Arguments) async -> Int32 {
        guard arguments.words.isEmpty else {
            Terminal.error("meterbench doctor: it takes no words, only --seconds and --json")
            return ExitCode.usage
        }
        let seconds = arguments.options["--seconds"].map { Double($0) } ?? 5
        guard let seconds, seconds >= 0.1, seconds <= 3600 else {
            Terminal.error("meterbench doctor: --seconds takes a number from 0.1 to 3600")
            return ExitCode.usage
        }
        var findings: [Finding] = []
        for rate in [1_000, 10_000] {
            let loop = TickLoop(interval: Int64(1_000_000_000 / rate))
            do {
                try loop.start()
                try await ContinuousClock().sleep(for: .seconds(seconds))
            } catch {
                loop.stop()
                Terminal.error("meterbench doctor: \(error)")
                return ExitCode.software
            }
            loop.stop()
            findings.append(finding(rate, loop))
        }
        if arguments.flags.contains("--json") {
            do { try Terminal.json(findings) } catch { return ExitCode.software }
        } else {
            show(findings)
        }
        return ExitCode.ok
    }

    private static func finding(_ rate: Int, _ loop: TickLoop) -> Finding {
        let lateness = loop.lateness
        func at(_ share: Double) -> Double { (lateness.percentile(share) ?? 0) * 1e6 }
        let slots = Double(lateness.total + loop.missed)
        return Finding(
            rate: rate, wakeups: lateness.total, missed: loop.missed, median: at(0.5), p99: at(0.99), p999: at(0.999),
            worst: loop.worst * 1e6, grant: loop.grant, held: slots > 0 ? Double(lateness.total) / slots : 0)
    }

    private static func show(_ findings: [Finding]) {
        guard let grant = findings.first?.grant else { return }
        Terminal.out("granted: \(grant.text)")
        for refusal in grant.refused { Terminal.out("  \(refusal)") }
        Terminal.out("lateness of wake-ups, µs        50 %      99 %    99.9 %     worst    missed   slots met")
        for one in findings {
            func column(_ value: Double) -> String {
                let text = Decimal.fixed(value, 1)
                return String(repeating: " ", count: max(1, 10 - text.count)) + text
            }
            let missed = String(one.missed)
            let met = Decimal.fixed(100 * one.held, 4) + " %"
            Terminal.out(
                "  \(one.rate / 1000) kHz".padded(to: 26) + column(one.median) + column(one.p99) + column(one.p999)
                    + column(one.worst) + String(repeating: " ", count: max(1, 10 - missed.count)) + missed
                    + String(repeating: " ", count: max(1, 12 - met.count)) + met)
        }
        Terminal.out(
            "Samples are stamped by their number, never by a wake-up; what counts is that no stall outlasts the buffers (0.25 s)."
        )
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
