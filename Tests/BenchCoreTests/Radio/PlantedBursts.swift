import Glibc

@testable import BenchCore

/// A burst that is planted into noise, with everything known of it.
struct PlantedBurst {
    enum Kind {
        /// A tone.
        case tone
        /// 2-FSK of random chips: chips a second, half the distance of the tones in Hz.
        case fsk(Double, Double)
        /// 2-FSK of these chips.
        case chips([UInt8], Double, Double)
    }
    var start: Double, length: Double
    /// Hz from the centre; signal power over noise power in `width`, dB.
    var offset: Double, snr: Double, width: Double
    var kind = Kind.tone
}

/// Complex noise with bursts in it, the same for the same seed.
enum PlantedBand {
    /// Mean square of the noise: −40 dB of full scale.
    static let noise = 1e-4

    static func samples(_ bursts: [PlantedBurst], rate: Double, seconds: Double, seed: UInt64) -> [Float] {
        var random = SeededGenerator(seed: seed, label: "planted band")
        let sigma = (noise / 2).squareRoot()
        let count = Int((seconds * rate).rounded())
        var samples = (0..<2 * count).map { _ in Float(random.normal(mean: 0, standardDeviation: sigma)) }
        for burst in bursts {
            let first = Int((burst.start * rate).rounded())
            let end = min(count, Int(((burst.start + burst.length) * rate).rounded()))
            let amplitude = (noise * burst.width / rate * pow(10, burst.snr / 10)).squareRoot()
            var phase = 0.0
            var chip = -1, tone = 0.0
            for n in max(0, first)..<max(first, end) {
                switch burst.kind {
                case .tone: break
                case .fsk(let rateOfChips, let deviation):
                    let now = Int(Double(n - first) / rate * rateOfChips)
                    if now != chip {
                        chip = now
                        tone = random.next() & 1 == 1 ? deviation : -deviation
                    }
                case .chips(let chips, let rateOfChips, let deviation):
                    let now = min(chips.count - 1, Int(Double(n - first) / rate * rateOfChips))
                    tone = chips[now] == 1 ? deviation : -deviation
                }
                phase += (burst.offset + tone) / rate
                phase -= phase.rounded()
                samples[2 * n] += Float(amplitude * cos(2 * .pi * phase))
                samples[2 * n + 1] += Float(amplitude * sin(2 * .pi * phase))
            }
        }
        return samples
    }

    /// What the detector finds in them, fed in pieces of uneven size.
    static func found(
        _ bursts: [PlantedBurst], rate: Double, seconds: Double, seed: UInt64, centre: Double = 868e6,
        _ options: BurstOptions = BurstOptions()
    ) -> [RadioBurst] {
        let detector = BurstDetector(rate: rate, centre: centre, options: options)
        let samples = samples(bursts, rate: rate, seconds: seconds, seed: seed)
        samples.withUnsafeBufferPointer { all in
            var at = 0, size = 2 * 1013
            while at < all.count {
                let end = min(all.count, at + size)
                detector.feed(UnsafeBufferPointer(rebasing: all[at..<end]))
                at = end
                size = size * 3 % 20_014 + 2
                size += size % 2
            }
        }
        return detector.finish()
    }
}
