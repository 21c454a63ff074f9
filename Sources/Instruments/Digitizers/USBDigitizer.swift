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
        if running.withLock({ $0 == nil }) {
            let opened = try await open(into: NoSink())
            try await BlockingWork().run { opened.close() }
        }
        return context.expectedStream
    }

    func start(rate: Double) async throws -> SampleStream {
        try capability.check(rate, id)
        guard running.withLock({ $0 == nil }) else { throw Fault.sampling(id) }
        let setup = StreamSetup(capability, rate, context.time)
        let sink = USBRingSink(setup.filler(), claim: realTime ? RealTimeClaim() : nil)
        let opened = try await open(into: sink)
        try running.withLock { running throws(Fault) in
            guard running == nil else {
                opened.close()
                throw Fault.sampling(id)
            }
            running = Running(stream: opened, sink: sink)
        }
        opened.start()
        do { try await request(context.description.sampling?.startRequest, opened) } catch {
            _ = try await stop()
            throw error
        }
        return setup.stream(context.time)
    }

    func wait() async throws {
        guard running.withLock({ $0 != nil }) else { throw Fault.notSampling(id) }
        try await context.time.waitForSamples()
    }

    func stop() async throws -> SamplingEnd {
        guard let ended = running.withLock({ $0.take() }) else { return SamplingEnd() }
        // A device that is gone cannot be asked to end.
        try? await request(context.description.sampling?.stopRequest, ended.stream)
        try await BlockingWork().run { ended.stream.close() }
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
    private let claim: RealTimeClaim?
    /// In memory of its own: a property of the class would be checked for exclusive access with each use.
    private let filler: UnsafeMutablePointer<BlockFiller>
    private var ending: USBStreamTrouble?
    private var lostAtEnd: Int64 = 0

    init(_ filler: consuming BlockFiller, claim: RealTimeClaim?) {
        self.filler = .allocate(capacity: 1)
        self.filler.initialize(to: filler)
        self.claim = claim
    }

    deinit {
        filler.deinitialize(count: 1)
        filler.deallocate()
    }

    func began() { claim?.enter() }

    func take(_ bytes: UnsafeRawBufferPointer) -> Int {
        filler.pointee.copy(bytes, at: MachineClock.nanoseconds)
        return bytes.count
    }

    func trouble(_ trouble: USBStreamTrouble, at position: UInt64) { if trouble.ends { ending = trouble } }

    func ended(at position: UInt64) {
        lostAtEnd = filler.pointee.finish(at: MachineClock.nanoseconds).lost
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
        return SamplingEnd(grant: claim?.grant, lateness: filler.pointee.lateness, lostAtEnd: lostAtEnd, reason: reason)
    }
}
