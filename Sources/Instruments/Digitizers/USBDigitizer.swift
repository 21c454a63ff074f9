import BenchCore
import Glibc
import Synchronization

/// A digitizer that streams bare frames over a USB bulk endpoint, with a vendor request to begin and end where it needs one.
final class USBDigitizer: Digitizer {
    static let entry = DriverEntry(name: "usb-digitizer", role: .digitizer, wires: [.usb]) { context in
        USBDigitizer(context: context, capability: try context.capability())
    }

    let capability: DigitizerCapability
    private let context: DriverContext, realTime: Bool
    var id: String { context.id }
    private struct Running {
        var stream: USBBulkStream, sink: USBRingSink
    }
    private let running = Mutex<Running?>(nil)

    /// - Parameter realTime: whether the stream's thread asks for real time; an emulated bus, which locks between processes, is no place for it.
    init(context: DriverContext, capability: DigitizerCapability, realTime: Bool = true) {
        self.context = context
        self.realTime = realTime
        self.capability = capability
    }

    deinit { running.withLock { $0?.stream.stop() } }

    /// Asks whether it is plugged in and can be opened; the rest is what the bench file says.
    func identify() async throws -> InstrumentIdentity {
        if running.withLock({ $0 == nil }) { _ = try await open(into: NoSink()) }
        return context.expectedStream
    }

    func start(rate: Double) async throws -> SampleStream {
        try capability.check(rate, id)
        guard running.withLock({ $0 == nil }) else { throw Fault.sampling(id) }
        let (ring, blockFrames) = SampleStream.ring(rate: rate, frameBytes: capability.frameBytes)
        let scale = context.time.scale ?? 1
        let sink = USBRingSink(
            frameBytes: capability.frameBytes, blockFrames: blockFrames,
            blockTime: Double(blockFrames) / rate / scale, into: ring, claim: realTime ? RealTimeClaim() : nil)
        let opened = try await open(into: sink)
        try running.withLock { running throws(Fault) in
            guard running == nil else { throw Fault.sampling(id) }
            running = Running(stream: opened, sink: sink)
        }
        opened.start()
        do { try await request(context.description.sampling?.startRequest, opened) } catch {
            _ = try await stop()
            throw error
        }
        return SampleStream(
            channels: capability.channels, rate: rate, stampRate: rate * scale, form: capability.form, ring: ring,
            start: context.time.utc(context.time.now), traceability: "this computer's clock when sampling began")
    }

    func wait() async throws {
        guard running.withLock({ $0 != nil }) else { throw Fault.notSampling(id) }
        try await context.time.waitForSamples()
    }

    func stop() async throws -> SamplingEnd {
        guard let ended = running.withLock({ $0.take() }) else { return SamplingEnd() }
        // A device that is gone cannot be asked to end.
        try? await request(context.description.sampling?.stopRequest, ended.stream)
        try await BlockingWork().run { ended.stream.stop() }
        return ended.sink.samplingEnd
    }

    private func open(into sink: any USBStreamSink) async throws -> USBBulkStream {
        guard case .usb(let vendor, let product, let serial, let interface) = context.description.wire else {
            throw Fault(.notFound, id, "a USB digitizer is reached by { usb: 1209:4D42 }")
        }
        let id = id
        return try await BlockingWork().run {
            try USBBulkStream(
                vendor: vendor, product: product, serial: serial, interface: interface, into: sink, instrument: id)
        }
    }

    private func request(_ number: Int?, _ stream: USBBulkStream) async throws {
        guard let number else { return }
        let id = id
        // Vendor request to the device, no data (USB 2.0, table 9-2).
        _ = try await BlockingWork().run {
            try stream.control(kind: 0x40, request: UInt8(truncatingIfNeeded: number), instrument: id)
        }
    }
}

/// For a stream that is only opened.
private final class NoSink: USBStreamSink {
    func take(_ bytes: UnsafeRawBufferPointer) -> Int { bytes.count }
    func trouble(_ trouble: USBStreamTrouble, at position: UInt64) {}
    func ended(at position: UInt64) {}
}

/// Puts what a USB stream brings into a ring, block by block; what finds no room is counted as lost frames.
///
/// On the stream's thread: no allocation but for the words of a trouble that ends it, no lock.
final class USBRingSink: USBStreamSink, @unchecked Sendable {
    // Unchecked: only the stream's thread touches it while that runs; it is read after it was joined.
    private let frameBytes: Int, block: Int
    private let pace: BlockPace, claim: RealTimeClaim?
    private var producer: SampleProducer
    private var room: UnsafeMutableRawBufferPointer?
    private var filled = 0, first: Int64 = 0
    private var ending: USBStreamTrouble?
    private var lostAtEnd: Int64 = 0

    init(frameBytes: Int, blockFrames: Int, blockTime: Double, into ring: SampleRing, claim: RealTimeClaim?) {
        self.frameBytes = frameBytes
        block = frameBytes * blockFrames
        pace = BlockPace(blockTime)
        self.claim = claim
        producer = ring.producer()
        room = producer.reserve()
    }

    func began() { claim?.enter() }

    func take(_ bytes: UnsafeRawBufferPointer) -> Int {
        RealTimeMarks.enter()
        defer { RealTimeMarks.leave() }
        var rest = bytes
        while let base = rest.baseAddress, !rest.isEmpty {
            let count = min(rest.count, block &- filled)
            if let room { (room.baseAddress.map { $0 + filled })?.copyMemory(from: base, byteCount: count) }
            filled &+= count
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            if filled == block { handOver() }
        }
        return bytes.count
    }

    private func handOver() {
        let frames = filled / frameBytes
        let now = MachineClock.nanoseconds
        if filled == block { pace.note(now) }
        if room != nil {
            producer.commit(BlockHeader(first: first, frames: frames, bytes: frames &* frameBytes, stamp: now))
        } else {
            producer.lose(frames: Int64(frames))
        }
        first &+= Int64(frames)
        filled = 0
        room = producer.reserve()
    }

    func trouble(_ trouble: USBStreamTrouble, at position: UInt64) { if trouble.ends { ending = trouble } }

    func ended(at position: UInt64) {
        if filled >= frameBytes { handOver() }
        lostAtEnd = producer.owed
        producer.finish()
    }

    /// How it went; after the stream was stopped.
    var samplingEnd: SamplingEnd {
        claim?.end()
        let reason: String?
        switch ending {
        case nil, .overrun, .short: reason = nil
        case .stalled: reason = "the digitizer halted its endpoint"
        case .lost: reason = "the digitizer was unplugged"
        case .failed(let words): reason = words
        }
        return SamplingEnd(grant: claim?.grant, lateness: pace.histogram, lostAtEnd: lostAtEnd, reason: reason)
    }
}
