import Glibc

/// A voltage of 230 V with one event, sample by sample.
struct VoltageSignal {
    var rate = 5000.0
    var frequency = 50.0
    /// Amplitude outside the event, as a share of 230 V.
    var level = 1.0
    /// Share of 230 V inside the event.
    var residual = 1.0
    /// Start of the event, s.
    var start = 0.0
    /// Length of the event, s; 0 for none.
    var duration = 0.0
    /// Step of the phase inside the event, degrees.
    var jump = 0.0
    /// Phase of the channel, degrees.
    var phase = 0.0
    /// Third and, half as large, fifth harmonic, as a share of the fundamental.
    var harmonics = 0.0

    func samples(seconds: Double) -> [Double] {
        let count = Int(seconds * rate)
        return [Double](unsafeUninitializedCapacity: count) { buffer, filled in
            let peak = 230 * 2.0.squareRoot()
            for n in 0..<count {
                let t = Double(n) / rate
                let inside = t >= start && t < start + duration
                let angle = 2 * .pi * frequency * t + (phase + (inside ? jump : 0)) * .pi / 180
                var x = sin(angle)
                if harmonics != 0 { x += harmonics * (sin(3 * angle) + 0.5 * sin(5 * angle + 1)) }
                buffer[n] = peak * (inside ? residual : level) * x
            }
            filled = count
        }
    }
}
