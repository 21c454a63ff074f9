import BenchCore
import TestSupport
import Testing

@testable import Instruments

@Suite("USB: the digitizer's driver", .serialized, .enabled(if: Umockdev.isPreloaded, "runs in a second process"))
struct EmulatedUSBDigitizerTests {
    private static func description() -> InstrumentDescription {
        InstrumentDescription(
            id: "digitizer", role: .digitizer, driver: "usb-digitizer",
            wire: .usb(vendor: 0x1209, product: 0x4D42, serial: nil, interface: 0), manufacturer: "MeterBench",
            model: "Simulated Digitizer", serial: "1", traceability: nil, source: nil, accuracy: [], counter: nil,
            climate: nil,
            // The emulated device streams a counter of 32 bits: two of them make a frame.
            sampling: SamplingDescription(
                rates: [10_000], form: .int32,
                channels: [
                    RecordedChannel(name: "U1", unit: "V", scale: 1), RecordedChannel(name: "I1", unit: "A", scale: 1),
                ], startRequest: 1, stopRequest: 2))
    }

    private static func driver() async throws -> any Digitizer {
        let description = description()
        let context = DriverContext(
            description: description, wires: Wires(scpi: .scpi, modbus: .modbus), time: RealTime())
        return USBDigitizer(context: context, capability: try context.capability(), realTime: false)
    }

    @Test("frames come in order, to the bit; what finds no room in the ring is counted, to the frame; a halt is told")
    func frames() async throws {
        let device = try await EmulatedDevice("stream=1")
        let digitizer = try await Self.driver()
        // Two hundred blocks of 1600 bytes, and then the device halts its endpoint.
        let stream = try await digitizer.start(rate: 10_000)
        await #expect(throws: Fault.self) { try await digitizer.start(rate: 10_000) }
        var consumer = stream.ring.consumer()
        var expected: Int64 = 0, wrong = 0, lost: Int64 = 0
        func drain() {
            for _ in 0..<1000 {
                let found: Void? = consumer.take { header, bytes in
                    lost += header.lost
                    expected += header.lost
                    if header.first != expected { wrong += 1 }
                    for frame in 0..<Int64(header.frames) {
                        let word = bytes.loadUnaligned(fromByteOffset: Int(8 * frame), as: UInt32.self)
                        if word != UInt32(truncatingIfNeeded: 2 * (expected + frame)) { wrong += 1 }
                    }
                    expected += Int64(header.frames)
                }
                if found == nil { return }
            }
        }
        // Nobody takes anything for a while: the ring is too small for what comes meanwhile.
        try await blocking { WireTime.pause(0.5) }
        try await device.arm("stall-in", skip: 3)
        for _ in 0..<4000 where !consumer.isAtEnd() {
            drain()
            try await digitizer.wait()
        }
        drain()
        let end = try await digitizer.stop()
        #expect(expected >= 50_000 && wrong == 0)
        #expect(end.reason == "the digitizer halted its endpoint" && (end.lateness?.total ?? 0) > 100)
        print("figure: USB digitizer under umockdev: \(expected) frames, \(lost) of them lost while nobody read")
        try await blocking { WireTime.pause(0.1) }
        _ = device
    }

    @Test("the driver keeps the contract of a digitizer; a device that is pulled out ends its stream")
    func conforms() async throws {
        let turn = Turn(try await EmulatedDevice("stream=1"))
        let subject = ConformanceSubject(name: "usb-digitizer", contract: .digitizer, driver: "usb-digitizer") { _ in
            await turn.take()
            var hooks = ConformanceHooks()
            hooks.cutOff = { turn.device.pull() }
            return ConformanceRig(driver: try await Self.driver(), hooks: hooks) { await turn.give() }
        }
        let report = await Conformance.run(subject)
        #expect(report.conforms, "\(report.table)")
        for name in ["samples-without-gap", "end-is-said", "stopped-gives-nothing"] {
            #expect(report.checks.contains { $0.name == name && $0.outcome == .passed }, "\(report.table)")
        }
    }

    /// One device for all checks, which run side by side and have it in turns.
    private actor Turn {
        nonisolated let device: EmulatedDevice
        private var taken = false, waiting: [CheckedContinuation<Void, Never>] = []
        init(_ device: EmulatedDevice) { self.device = device }

        func take() async {
            if taken { await withCheckedContinuation { waiting.append($0) } }
            taken = true
        }

        /// Plugged in again where it was pulled out; the next may have it.
        func give() async {
            try? await device.order("plug", answer: "plugged")
            if waiting.isEmpty { taken = false } else { waiting.removeFirst().resume() }
        }
    }

    @Test("a digitizer that is not plugged in is said to be missing")
    func missing() async throws {
        let digitizer = try await Self.driver()
        await #expect(throws: Fault.self) { try await digitizer.start(rate: 10_000) }
        await #expect(throws: Fault.self) { _ = try await digitizer.identify() }
    }
}
