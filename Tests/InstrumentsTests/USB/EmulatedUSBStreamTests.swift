import BenchCore
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Instruments

/// Takes the emulated digitizer's samples, a 32-bit counter, and looks whether one is missing.
private final class CountingSink: USBStreamSink {
    struct State: Sendable {
        var bytes = 0, expected: UInt32 = 0, gaps = 0, ended = 0
        var troubles: [USBStreamTrouble] = []
        /// Bytes until there is no room any more for one time.
        var room = Int.max
    }
    let state = Mutex(State())

    func take(_ bytes: UnsafeRawBufferPointer) -> Int {
        state.withLock { state in
            var taken = bytes.count
            if state.room < bytes.count {
                taken = state.room / 4 * 4
                state.room = .max
            } else if state.room != .max {
                state.room -= bytes.count
            }
            for index in 0..<(taken / 4) {
                let sample = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self))
                if sample != state.expected { state.gaps += 1 }
                state.expected = sample &+ 1
            }
            state.bytes += taken
            return taken
        }
    }

    func trouble(_ trouble: USBStreamTrouble, at position: UInt64) { state.withLock { $0.troubles.append(trouble) } }
    func ended(at position: UInt64) { state.withLock { $0.ended += 1 } }

    /// Waits until the stream has come so far, or has ended.
    func wait(_ enough: (State) -> Bool) async throws {
        for _ in 0..<6000 where !state.withLock({ enough($0) }) { try await Task.sleep(for: .milliseconds(5)) }
    }
}

@Suite("USB: streams of samples", .serialized, .enabled(if: Umockdev.isPreloaded, "runs in a second process"))
struct EmulatedUSBStreamTests {
    private func stream(into sink: CountingSink, transfers: Int = 8, size: Int = 16 << 10) throws(Fault)
        -> USBBulkStream
    {
        try USBBulkStream(
            vendor: 0x1209, product: 0x4D42, serial: nil, transfers: transfers, size: size, into: sink,
            instrument: "digitizer")
    }

    private func begin(_ stream: USBBulkStream, kilobytes: UInt16 = 0) throws {
        stream.start()
        _ = try stream.control(kind: 0x40, request: 1, value: kilobytes, instrument: "digitizer")
    }

    @Test("eight megabytes of samples come without a gap, and the stream stops when it is told to")
    func whole() async throws {
        let device = try await EmulatedDevice("stream=1")
        let sink = CountingSink()
        let stream = try stream(into: sink)
        let start = WireTime.now
        try begin(stream)
        try await sink.wait { $0.bytes >= 8 << 20 }
        let rate = Double(sink.state.withLock { $0.bytes }) / (WireTime.now - start) / 1e6
        stream.stop()
        print("figure: stream of samples under umockdev: \(Decimal.fixed(rate, 1)) MB/s")
        let state = sink.state.withLock { $0 }
        #expect(state.bytes >= 8 << 20)
        #expect(state.gaps == 0 && state.troubles.isEmpty && state.ended == 1)
        #expect(try await device.count("waiting") == 0)
    }

    @Test("a consumer without room is told what was lost, and the stream goes on")
    func overrun() async throws {
        let device = try await EmulatedDevice("stream=1")
        let sink = CountingSink()
        sink.state.withLock { $0.room = 100_000 }
        let stream = try stream(into: sink)
        try begin(stream)
        try await sink.wait { $0.bytes >= 500_000 }
        stream.stop()
        let state = sink.state.withLock { $0 }
        // 100 000 bytes end inside the seventh transfer of 16 384: 14 688 of the 16 384 are lost.
        #expect(state.troubles == [.overrun(bytes: 7 * 16_384 - 100_000)])
        #expect(state.gaps == 1)
        _ = device
    }

    @Test("a short transfer is told, delivered, and nothing is missing after it")
    func short() async throws {
        let device = try await EmulatedDevice("stream=1")
        try await device.arm("short", skip: 3, value: 1000)
        let sink = CountingSink()
        let stream = try stream(into: sink)
        try begin(stream)
        try await sink.wait { $0.bytes >= 500_000 }
        stream.stop()
        let state = sink.state.withLock { $0 }
        #expect(state.troubles == [.short(bytes: 1000)])
        #expect(state.gaps == 0)
    }

    @Test(
        "a stream that the device halts, or that the bus breaks, ends with the reason, once; it can be started again",
        arguments: [("stall-in", USBStreamTrouble.stalled), ("error-in", .failed("the bus reports an error"))])
    func halted(fault: String, trouble: USBStreamTrouble) async throws {
        let device = try await EmulatedDevice("stream=1")
        try await device.arm(fault, skip: 5)
        let sink = CountingSink()
        let stream = try stream(into: sink)
        try begin(stream)
        try await sink.wait { $0.ended == 1 }
        var state = sink.state.withLock { $0 }
        #expect(state.troubles == [trouble] && state.ended == 1)
        // Five whole transfers came before.
        #expect(state.bytes == 5 * 16_384 && state.gaps == 0)
        stream.stop()
        sink.state.withLock { $0 = CountingSink.State() }
        stream.start()
        try await sink.wait { $0.bytes >= 500_000 }
        stream.stop()
        state = sink.state.withLock { $0 }
        #expect(state.bytes >= 500_000 && state.troubles.isEmpty)
    }

    @Test("a digitizer that is pulled out is lost, and said to be")
    func lost() async throws {
        let device = try await EmulatedDevice("stream=1")
        try await device.arm("unplug-in", skip: 4)
        let sink = CountingSink()
        let stream = try stream(into: sink)
        try begin(stream)
        try await sink.wait { $0.ended == 1 }
        let state = sink.state.withLock { $0 }
        #expect(state.troubles == [.lost] && state.ended == 1 && state.gaps == 0)
        #expect(throws: Fault.self) { try stream.control(kind: 0x40, request: 1, instrument: "digitizer") }
        stream.stop()
    }
}
