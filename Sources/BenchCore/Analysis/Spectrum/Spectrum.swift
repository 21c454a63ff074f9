/// The lines of several channels over one and the same window.
///
/// The channels are those of a window that holds a whole number of cycles: then line `k` is the component that turns `k` times in the
/// window, and harmonic `h` is line h · cycles (IEC 61000-4-7:2002, 3.2; with 10 cycles at 50 Hz and 12 at 60 Hz lines are 5 Hz apart).
public struct SpectrumMaker: Sendable {
    /// Points of a window: a product of 2, 3 and 5.
    public let count: Int
    private let transform: FourierTransform

    /// For windows of that many points; `nil` unless the number is a product of 2, 3 and 5.
    public init?(count: Int) {
        guard let transform = FourierTransform(count: count) else { return nil }
        self.count = count
        self.transform = transform
    }

    /// Lines 0 … count / 2 of each channel as effective values; line 0 is the direct component. Every channel has `count` points.
    public func lines(_ channels: [[Double]]) -> [[SpectralLine]] {
        precondition(channels.allSatisfy { $0.count == count })
        var result: [[SpectralLine]] = []
        result.reserveCapacity(channels.count)
        let memory = UnsafeMutablePointer<Lanes>.lanes(4 * count)
        defer { memory.deallocate() }
        var first = 0
        while first < channels.count {
            let some = channels[first..<min(first + 8, channels.count)]
            memory.initialize(repeating: .zero, count: 4 * count)
            for (n, channel) in some.enumerated() {
                // Channel n is the real part of signal n, channel n + 4 its imaginary part.
                for (at, value) in channel.enumerated() { memory[2 * at + n / 4][n % 4] = value }
            }
            let spectrum = transform.run(memory, memory + 2 * count)
            for n in some.indices { result.append(parted(spectrum, (n - first) % 4, imaginary: n - first >= 4)) }
            first += 8
        }
        return result
    }

    /// One real channel's lines out of the spectrum of the two that travelled together.
    private func parted(
        _ spectrum: UnsafeMutablePointer<Lanes>, _ lane: Int, imaginary: Bool
    ) -> [SpectralLine] {
        let half = count / 2
        return (0...half).map { k in
            let mirror = k == 0 ? 0 : count - k
            let (a, b) = (spectrum[2 * k][lane], spectrum[2 * k + 1][lane])
            let (c, d) = (spectrum[2 * mirror][lane], spectrum[2 * mirror + 1][lane])
            // Z = X + jY; X = (Z(k) + Z*(−k)) / 2, Y = (Z(k) − Z*(−k)) / 2j.
            let (re, im) = imaginary ? ((b + d) / 2, (c - a) / 2) : ((a + c) / 2, (b - d) / 2)
            // The direct component and the last line of an even count stand alone; the others have a mirror image.
            let alone = k == 0 || 2 * k == count
            let scale = (alone ? 1 : 2.0.squareRoot()) / Double(count)
            return SpectralLine(re: re * scale, im: im * scale)
        }
    }
}
