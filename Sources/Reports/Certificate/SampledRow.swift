public import BenchCore

extension MeterCertificate {
    /// What a digitizer sampled beside a test, in the attempt that counts.
    public struct SampledRow: Sendable, Hashable, Codable {
        /// Number of the test point, and the attempt.
        public var number: Int, attempt: Int
        /// The digitizer; frames a second, frames taken, frames lost.
        public var instrument: String, rate: Figure, frames: Int64, lost: Int64
        /// How late blocks came at most in 99.9 % of all, ms; `nil` where nothing was sampled in real time.
        public var late: Figure?
        /// Lowest and highest frequency of the windows, Hz; largest distortion of a voltage, and unbalance, in percent.
        public var lowest: Figure?, highest: Figure?, distortion: Figure?, unbalance: Figure?
        /// Windows of 10 or 12 cycles, and dips, swells and interruptions seen while gates were open; `nil` where nobody asked.
        public var windows: Int?, events: Int?
        /// The waveforms that are kept.
        public var waveforms: [KeptWaveform]
    }
}

extension ResultRows {
    /// What was sampled in the attempts that count, in the order of the plan.
    func sampled(_ record: RunRecord) -> [(point: TestPoint, done: SamplingDone)] {
        taken.compactMap { point, result in
            record.sampling.last { $0.what.point == point.id && $0.what.attempt == result?.attempt }.map {
                (point, $0.what)
            }
        }
    }

    /// The rows of a certificate.
    func sampling(_ record: RunRecord) -> [MeterCertificate.SampledRow] {
        sampled(record).map { point, done in
            let seen = done.observed
            return MeterCertificate.SampledRow(
                number: point.number, attempt: done.attempt, instrument: done.instrument,
                rate: Printed.number(done.rate, done.rate.rounded() == done.rate ? 0 : 3), frames: done.frames,
                lost: done.lost, late: done.lateness.map { Printed.number($0.p999 * 1e3, 2) },
                lowest: seen?.frequency.map { Printed.number($0.lowerBound, 3) },
                highest: seen?.frequency.map { Printed.number($0.upperBound, 3) },
                distortion: seen?.voltageDistortion.map { Printed.number($0, 2) },
                unbalance: seen?.voltageUnbalance.map { Printed.number($0, 2) }, windows: seen?.windows,
                events: seen?.events.count, waveforms: done.captures)
        }
    }
}
