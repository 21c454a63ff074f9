import Glibc
import Testing

@testable import BenchCore

@Suite("Flicker of eight channels together")
struct EightChannelFlickerTests {
    // `FlickerMeter` is held to the tables of the standard by its own tests; here both see the same. Found: within 0.05 %.
    @Test("Eight channels have the Pst and Pinst that each has alone", arguments: [4000.0, 12_800])
    func alone(_ rate: Double) throws {
        let together = try EightChannelFlicker(.v230f50, rate: rate, interval: 5, begin: 5)
        let count = Int(11 * rate)
        var numbers = [Int32](repeating: 0, count: 8 * count)
        for n in 0..<count {
            let t = Double(n) / rate
            for channel in 0..<8 {
                let wave = sin(2 * .pi * (50 * t + Double(channel) / 8))
                // From 0.5 % to 4 % at 8.8 Hz; the last channel has no voltage.
                let depth = 0.0025 * Double(channel + 1)
                let level = channel == 7 ? 0 : 3e6 * (1 + depth * sin(2 * .pi * 8.8 * t))
                numbers[8 * n + channel] = Int32((level * wave).rounded())
            }
        }
        var found: [[FlickerSeverity]] = []
        numbers.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            var at = 0
            while at < count {
                let piece = min(777, count - at)
                found += together.process(base + 8 * at, frames: piece)
                at += piece
            }
        }
        #expect(found.count == 1)
        let severities = try #require(found.first)
        for channel in [0, 3, 6] {
            var meter = try FlickerMeter(.v230f50, rate: rate, interval: 5, begin: 5)
            let alone = try #require(meter.process((0..<count).map { Double(numbers[8 * $0 + channel]) }).first)
            let one = severities[channel]
            #expect(abs(one.pst / alone.pst - 1) < 0.002, "channel \(channel): \(one.pst), alone \(alone.pst)")
            #expect(abs(one.pinstMax / alone.pinstMax - 1) < 0.005, "\(one.pinstMax), alone \(alone.pinstMax)")
            #expect(one.start == 5 && one.duration == 5)
        }
        #expect(severities[7].pst < 1e-3 && together.pinst.count == 8)
    }

    @Test("Classes of four levels are those of each alone")
    func classes() {
        let levels: [Double] = [0, 1e-12, 0x1p-24, 1e-3, 0.999, 1, 1.0001, 57, 16_000, 16_384, 1e9, .infinity]
        for level in levels {
            var single = FlickerClasses()
            single.add(level)
            let place = FlickerClasses.places(SIMD4(repeating: level))
            var counts = [UInt32](repeating: 0, count: FlickerClasses.count)
            counts[Int(place.z)] = 1
            #expect(FlickerClasses(counts: counts).levels([50]) == single.levels([50]), "\(level)")
        }
    }

    @Test("What cannot be is refused in one sentence")
    func refused() {
        #expect(throws: PowerQualityTrouble.self) { try EightChannelFlicker(.v230f50, rate: 3999) }
        #expect(throws: PowerQualityTrouble.self) { try EightChannelFlicker(.v230f50, rate: .infinity) }
        #expect(throws: PowerQualityTrouble.self) { try EightChannelFlicker(.v230f50, rate: 10_000, interval: 0) }
    }
}
