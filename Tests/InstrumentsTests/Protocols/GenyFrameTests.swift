import BenchCore
import Testing

@testable import Instruments

@Suite("GENY frames")
struct GenyFrameTests {
    /// The frame that GenyYC99T `src/Util.py` has recorded (test_2): samples of a load of 220 V and 5 A.
    private static let recorded: [UInt8] = {
        let hex =
            "7e53000000b200007dff5b4300000000e0ff9f4000000000937f894452fb4ebd6c005c4300007043d600a0408f027043ff808944"
            + "6435f1bdd2ff5b430000f0426000a0401f05f04236808944a138c9bd64404e45eb7a88bef51cff"
        let digits = Array(hex.utf8)
        return stride(from: 0, to: digits.count, by: 2).map {
            UInt8(String(decoding: digits[$0...($0 + 1)], as: UTF8.self), radix: 16) ?? 0
        }
    }()

    @Test("The recorded frame is read, and written again byte by byte")
    func roundTrip() throws {
        var buffer = Self.recorded
        guard case .word(let frame) = GenyFraming().take(&buffer) else {
            Issue.record("no frame")
            return
        }
        #expect(buffer.isEmpty)
        #expect(frame.command == 0xB2)
        #expect(frame.bytes == Self.recorded)
        let samples = try GenyWire.samples(frame, "geny")
        #expect(samples.voltages.map { ($0 * 1000).rounded() / 1000 } == [219.998, 220.002, 219.999])
        #expect(samples.powers.map { $0.rounded() } == [1100, 1100, 1100])
    }

    @Test(
        "Garbage, half frames and wrong check sums do not hide the frame behind them",
        arguments: [
            [0x00, 0xFF, 0x13], [0x7E], [0x7E, 0x03, 0x00, 0x00, 0x00, 0xD3], [0x7E, 0xFF, 0xFF, 0xFF, 0xFF, 0x00],
            [0x7E, 0x03, 0x00, 0x00, 0x00, 0xD3, 0x00, 0x00, 0x12, 0x34, 0xFF],
        ] as [[UInt8]])
    func garbage(before: [UInt8]) {
        var buffer = before + Self.recorded
        var found: GenyFrame?
        for _ in 0..<3 where found == nil {
            if case .word(let frame) = GenyFraming().take(&buffer) { found = frame }
        }
        #expect(found?.bytes == Self.recorded)
        #expect(buffer.isEmpty)
    }

    @Test("A frame that comes in pieces is waited for; one that is damaged and alone is reported")
    func pieces() {
        var buffer: [UInt8] = []
        for byte in Self.recorded.dropLast() {
            buffer.append(byte)
            if case .some = GenyFraming().take(&buffer) { Issue.record("a frame after \(buffer.count) bytes") }
        }
        buffer.append(0xFF)
        if case .word = GenyFraming().take(&buffer) {} else { Issue.record("no frame") }
        var broken = Self.recorded
        broken[10] ^= 1
        if case .broken = GenyFraming().take(&broken) {} else { Issue.record("no complaint") }
        #expect(broken.isEmpty)
    }

    @Test("Loads that the test command cannot say are refused with the reason")
    func refusals() {
        func reason(_ change: (inout LoadSetting) -> Void) -> String? {
            var load = Loads.balanced(5)
            change(&load)
            if case .failure(let refusal) = GenyWire.test(load) { return refusal.reason }
            return nil
        }
        #expect(reason { _ in } == nil)
        #expect(reason { $0.phases[1].voltage = 231 }?.contains("voltages differ") == true)
        #expect(reason { $0.phases[1].current = 6 }?.contains("currents differ") == true)
        #expect(reason { $0.phases[1].voltageAngle = -90 }?.contains("−120°") == true)
        #expect(
            reason { load in load.phases.indices.forEach { load.phases[$0].currentLag = 180 } }?.contains("negative")
                == true)
        #expect(reason { $0.phases[2].current = 0 }?.contains("two phases") == true)
        if case .success(let test) = GenyWire.test(Loads.single(5, phase: 2)) {
            #expect(test.element == 2)
        } else {
            Issue.record("one phase is refused")
        }
        // 230 V needs the range of 380 V; 400 V the 660 V that only the 3C has (Util.py, VoltageRange).
        if case .success(var test) = GenyWire.test(Loads.balanced(5)) {
            #expect(GenyWire.data(test, .yc99t5C)?[2] == 8)
            test.voltage = 400
            #expect(GenyWire.data(test, .yc99t5C) == nil)
            #expect(GenyWire.data(test, .yc99t3C)?[2] == 9)
        }
    }
}
