import FoundationEssentials
import TestSupport
import Testing

@testable import BenchCore

/// Telegrams: the example of EN 13757-4, and recordings that others made or read.
@Suite("Wireless M-Bus on the air")
struct WirelessMBusTests {
    /// The example frame of EN 13757-4 with its CRCs 4447 and 1E6D, as several makers print it (Silicon Laboratories, Texas Instruments).
    private static let example: [UInt8] = [
        0x0F, 0x44, 0xAE, 0x0C, 0x78, 0x56, 0x34, 0x12, 0x01, 0x07, 0x44, 0x47, 0x78, 0x0B, 0x13, 0x43, 0x65, 0x87,
        0x1E,
        0x6D,
    ]

    @Test("CRC and fields of the standard's example")
    func example() throws {
        #expect(WirelessMBusFrame.crc(Self.example[..<10]) == 0x4447)
        #expect(WirelessMBusFrame.crc(Self.example[12..<18]) == 0x1E6D)
        let telegram = try #require(WirelessMBusFrame.read(Self.example, mode: .t, format: "A"))
        #expect(telegram.address == "CEN 12345678")
        #expect(telegram.control == 0x44 && telegram.version == 1 && telegram.device == 7)
        for bit in 0..<96 {
            var broken = Self.example
            broken[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(WirelessMBusFrame.read(broken, mode: .t, format: "A") == nil)
        }
    }

    private static func chips(_ text: String) -> [UInt8] { text.utf8.map { $0 - 48 } }
    private static func bits(_ bytes: [UInt8]) -> [UInt8] {
        bytes.flatMap { byte in (0..<8).map { byte >> (7 - $0) & 1 } }
    }

    /// The example as it goes on the air.
    private static func onAir(_ mode: WirelessMBusTelegram.Mode) -> (chips: [UInt8], rate: Double) {
        let preamble = (0..<24).flatMap { _ -> [UInt8] in [0, 1] }
        switch mode {
        case .s:
            var body: [UInt8] = []
            for bit in bits(example) { body += bit == 1 ? [0, 1] : [1, 0] }
            return (preamble + chips("000111011010010110") + body, 32_768)
        case .t:
            var body: [UInt8] = []
            for byte in example {
                for half in [Int(byte >> 4), Int(byte & 15)] {
                    let six = WirelessMBus.sixes[half]
                    for chip in 0..<6 { body.append(six >> UInt8(5 - chip) & 1) }
                }
            }
            return (preamble + chips("0000111101") + body, 100_000)
        case .c: return (preamble + chips("01010100001111010101010011001101") + bits(example), 100_000)
        }
    }

    @Test(
        "a burst of each mode tells who sends, also 10 dB above the noise",
        arguments: WirelessMBusTelegram.Mode.allCases)
    func modes(mode: WirelessMBusTelegram.Mode) throws {
        let (chips, rate) = Self.onAir(mode)
        let planted = PlantedBurst(
            start: 0.02, length: Double(chips.count) / rate, offset: 60e3, snr: 10, width: 200e3,
            kind: .chips(chips, rate, 50e3))
        let found = PlantedBand.found([planted], rate: 800e3, seconds: 0.05, seed: 11)
        let burst = try #require(found.first)
        #expect(found.count == 1)
        let telegram = try #require(burst.telegram)
        #expect(telegram.mode == mode && telegram.address == "CEN 12345678")
        #expect(abs(telegram.chipRate - rate) < max(telegram.chipRateU, 0.002 * rate))
        #expect(abs(telegram.deviation - 50e3) < 8e3)
        #expect(abs(burst.length - planted.length) < 0.01 * planted.length)
    }

    @Test("random chips are nobody's telegram")
    func noise() throws {
        let planted = PlantedBurst(
            start: 0.02, length: 0.01, offset: 60e3, snr: 20, width: 200e3, kind: .fsk(100_000, 50e3))
        let found = PlantedBand.found([planted], rate: 800e3, seconds: 0.05, seed: 12)
        #expect(found.count == 1 && found.allSatisfy { $0.telegram == nil })
    }

    @Test(
        "recordings that numpy made are read by us and by rtl_433 alike",
        .enabled(if: Checkout.hasPython("numpy"), "skipped: no numpy"), arguments: ["S", "T", "CA", "CB"])
    func peers(mode: String) async throws {
        let folder = try TemporaryFolder()
        let rate = mode == "S" ? 1_000_000 : 1_200_000
        // rtl_433 takes rate and form from the name.
        let path = "\(folder.path)/x_868M_\(rate / 1000)k.cu8"
        let plan =
            #"{"rate": \#(rate), "seconds": 0.25, "seed": 4, "form": "cu8", "noise_dbfs": -32, "bursts": [{"kind": "wmbus", "mode": "\#(mode)", "frame": "0F44AE0C785634120107780B13436587", "start": 0.04, "offset": 20e3, "snr": 30}]}"#
        try Disk.write(Array(plan.utf8), to: folder.path + "/plan.json")
        let made = try await Peer.run(
            try #require(Checkout.python),
            [Checkout.path("Tests/InstrumentsTests/Peers/radio_recording.py"), folder.path + "/plan.json", path])
        try #require(made.exit == 0)
        let recording = try RadioRecording.bare(path, form: .cu8, rate: Double(rate), centre: 868e6)
        let survey = try RadioSurvey.make(recording)
        #expect(survey.bursts.count == 1)
        let telegram = try #require(survey.bursts.first?.telegram)
        #expect(telegram.mode.rawValue + (mode.count > 1 ? telegram.format : "") == mode)
        #expect(telegram.address == "CEN 12345678")
        guard let other = Checkout.program("rtl_433") else { return }
        let read = try await Peer.run(other, ["-R", "104", "-R", "105", "-r", path, "-F", "json"], within: 300)
        #expect(read.output.contains(#""M" : "CEN", "id" : 12345678"#), "\(read.output)")
    }
}
