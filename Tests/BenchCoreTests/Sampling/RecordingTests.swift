import Testing

@testable import BenchCore

@Suite struct RecordingTests {
    static let channel = RecordedChannel(name: "U1", unit: "V", scale: 0.5, offset: 1, lowest: -4, highest: 3)

    @Test("a physical value is scale times raw plus offset, channel by channel")
    func physical() {
        let other = RecordedChannel(name: "I1", unit: "A", scale: -2)
        let recording = Recording(
            channels: [Self.channel, other], rate: 10, samples: .integer([2, 10, -4, 20, 3, 30], bits: 16))
        #expect(recording.frames == 3)
        #expect(recording.duration == 0.3)
        #expect(recording.physical(0) == [2, -1, 2.5])
        #expect(recording.physical(1) == [-20, -40, -60])
        #expect(recording.physical(1, 1..<2) == [-40])
        #expect(recording.channel("I1") == 1)
        #expect(recording.channel("I2") == nil)
    }

    @Test("frames at either end of the range are saturated, and none where the range is not known")
    func saturated() {
        let raw: [Int32] = [3, 3, 2, -4, 0, 5, -9]
        var recording = Recording(channels: [Self.channel], rate: 1, samples: .integer(raw, bits: 16))
        #expect(recording.saturated(0) == [0..<2, 3..<4, 5..<7])
        recording.samples = .float(raw.map { Float($0) })
        #expect(recording.saturated(0) == [0..<2, 3..<4, 5..<7])
        recording.channels[0].lowest = nil
        recording.channels[0].highest = nil
        #expect(recording.saturated(0) == [])
    }

    @Test("what does not fit each other is refused with a sentence")
    func refused() {
        func trouble(_ change: (inout Recording) -> Void) -> String? {
            var recording = Recording(channels: [Self.channel], rate: 10, samples: .float([1, 2]))
            change(&recording)
            return SampleRecordings.trouble { _ = try recording.checked("r") }
        }
        #expect(trouble { _ in } == nil)
        #expect(trouble { $0.channels = [] } == "r: has no channel to analyse")
        #expect(trouble { $0.samples = .float([]) } == "r: holds no sample")
        #expect(
            trouble { $0.samples = .float([1, .nan]) }
                == "r: channel U1, frame 1: the sample is nan, which is no number")
        #expect(trouble { $0.samples = .float([.infinity]) }?.contains("is inf, which is no number") == true)
        #expect(
            trouble { $0.samples = .integer([1, 40_000], bits: 16) }
                == "r: channel U1, frame 1: 40000 does not fit into 16 bits")
        #expect(trouble { $0.samples = .integer([1], bits: 33) }?.contains("33 bits a sample") == true)
        #expect(
            trouble {
                $0.channels.append($0.channels[0]); $0.samples = .float([1, 2, 3])
            }?.contains("no whole number") == true)
        #expect(trouble { $0.start = "noon" }?.contains("«noon» is no moment") == true)
        for rate in [0, -1, 1.1e9, .nan, .infinity] {
            #expect(trouble { $0.rate = rate }?.contains("a rate is above 0 and at most 1000000000") == true)
        }
        for scale in [0, .nan, .infinity] {
            #expect(trouble { $0.channels[0].scale = scale }?.contains("give no values") == true)
        }
    }

    @Test("moments keep nine decimals and go over the end of a year")
    func moments() {
        #expect(RecordingTime("2026-12-31T23:59:59.999999Z")?.adding(1e-6)?.text == "2027-01-01T00:00:00.000000Z")
        #expect(RecordingTime("2026-11-21T17:36:33.1234567Z")?.text == "2026-11-21T17:36:33.123456700Z")
        #expect(RecordingTime("2026-11-21T17:36:33Z")?.adding(-0.5)?.text == "2026-11-21T17:36:32.500000Z")
        #expect(RecordingTime("2026-11-21T17:36:33Z")?.adding(.infinity) == nil)
        #expect(RecordingTime("2026-11-21T17:36:33.x2Z") == nil)
        #expect(RecordingTime("yesterday") == nil)
    }
}
