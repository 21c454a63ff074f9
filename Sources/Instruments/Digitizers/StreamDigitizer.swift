import BenchCore
import Glibc
import Synchronization

/// A digitizer that sends bare frames over TCP from the moment somebody connects.
///
/// The stream says nothing of itself: channels, form and rate stand in the bench file, and the rate is compared with this machine's clock.
final class StreamDigitizer: Digitizer {
    static let entry = DriverEntry(name: "stream-digitizer", role: .digitizer, wires: [.tcp]) { context in
        guard case .tcp(let host, let port) = context.description.wire else {
            throw Fault(.notFound, context.id, "a stream digitizer is reached by { tcp: host:port }")
        }
        return StreamDigitizer(
            host: host, port: port, expected: context.expectedStream, id: context.id,
            capability: try context.capability(),
            time: context.time)
    }

    let id: String, capability: DigitizerCapability
    private let host: String, port: Int, expected: InstrumentIdentity, time: any Timekeeper
    private struct Running {
        var connection: SampleConnection, sampler: DescriptorSampler
    }
    private let running = Mutex<Running?>(nil)

    init(
        host: String, port: Int, expected: InstrumentIdentity, id: String, capability: DigitizerCapability,
        time: any Timekeeper
    ) {
        self.host = host
        self.port = port
        self.expected = expected
        self.id = id
        self.capability = capability
        self.time = time
    }

    deinit { running.withLock { $0?.sampler.stop() } }

    /// Asks whether anybody listens; the rest is what the bench file says.
    func identify() async throws -> InstrumentIdentity {
        if running.withLock({ $0 == nil }) { _ = try await connect() }
        return expected
    }

    func start(rate: Double) async throws -> SampleStream {
        try capability.check(rate, id)
        guard running.withLock({ $0 == nil }) else { throw Fault.sampling(id) }
        let connection = try await connect()
        let setup = StreamSetup(capability, rate, time)
        let sampler = DescriptorSampler(
            descriptor: connection.descriptor, frameBytes: capability.frameBytes, blockFrames: setup.blockFrames,
            blockTime: setup.blockTime, into: setup.ring)
        let stream = setup.stream(time)
        try running.withLock { running throws(Fault) in
            guard running == nil else { throw Fault.sampling(id) }
            try sampler.start()
            running = Running(connection: connection, sampler: sampler)
        }
        return stream
    }

    func wait() async throws {
        guard running.withLock({ $0 != nil }) else { throw Fault.notSampling(id) }
        try await time.waitForSamples()
    }

    func stop() async throws -> SamplingEnd {
        guard let ended = running.withLock({ $0.take() }) else { return SamplingEnd() }
        ended.sampler.stop()
        return ended.sampler.samplingEnd
    }

    /// Connects on a thread of its own: a host that does not answer takes seconds.
    private func connect() async throws -> SampleConnection {
        let (host, port, id) = (host, port, id)
        return try await BlockingWork().run {
            SampleConnection(try TCPStream(host: host, port: port, within: 5, instrument: id))
        }
    }
}

/// A connection whose bytes only the sampling thread reads.
private final class SampleConnection: @unchecked Sendable {
    // Unchecked: the socket is opened on one thread and then only its descriptor is read, by the sampling thread, until that was joined.
    private let stream: TCPStream
    var descriptor: Int32 { stream.descriptor }
    init(_ stream: TCPStream) { self.stream = stream }
}

extension DescriptorSampler {
    /// How it went; after `stop`.
    var samplingEnd: SamplingEnd {
        let cut = rest > 0 ? ", in the middle of a frame" : ""
        let reason: String?
        switch end {
        case .closed: reason = "the digitizer closed the connection\(cut)"
        case .failed(let code): reason = "the connection broke: \(String(cString: strerror(code)))\(cut)"
        case .running, .stopped: reason = nil
        }
        return SamplingEnd(grant: grant, lateness: lateness, lostAtEnd: lostAtEnd, reason: reason)
    }
}
