import BenchCore

extension DriverContext {
    /// What a digitizer that cannot tell is said to sample. Throws `Fault(.notFound)` where the bench file does not say.
    func capability() throws(Fault) -> DigitizerCapability {
        guard let sampling = description.sampling, let form = sampling.form, !sampling.channels.isEmpty,
            !sampling.rates.isEmpty
        else { throw Fault(.notFound, id, "the bench file does not say what it samples: write «sampling: …»") }
        return DigitizerCapability(channels: sampling.channels, rates: sampling.rates, form: form)
    }
}

extension DriverContext {
    /// Who a digitizer without words is: what the bench file says, and a simulator where that is the model's name.
    var expectedStream: InstrumentIdentity {
        var identity = expected
        identity.simulated = description.model.hasPrefix("Simulated")
        return identity
    }
}

extension DigitizerCapability {
    /// Bytes of a frame.
    var frameBytes: Int { form.width * channels.count }

    /// Throws `Fault(.refused)` for a rate that is not there.
    func check(_ rate: Double, _ id: String) throws(Fault) {
        guard rates.contains(rate) else {
            throw Fault(
                .refused, id,
                "it does not sample at \(Decimal.shortest(rate)) a second, but at "
                    + rates.map { Decimal.shortest($0) }.joined(separator: ", "))
        }
    }
}

/// Ring and blocks for a digitizer whose samples come in life's own time.
struct StreamSetup {
    let capability: DigitizerCapability, rate: Double
    let ring: SampleRing, blockFrames: Int
    /// Bench seconds in a second of life; how long a block lasts, s of life.
    let scale: Double, blockTime: Double

    init(_ capability: DigitizerCapability, _ rate: Double, _ time: any Timekeeper) {
        self.capability = capability
        self.rate = rate
        (ring, blockFrames) = SampleStream.ring(rate: rate, frameBytes: capability.frameBytes)
        scale = time.scale ?? 1
        blockTime = Double(blockFrames) / rate / scale
    }

    /// What fills the ring; to be asked once.
    func filler() -> BlockFiller {
        BlockFiller(ring, frameBytes: capability.frameBytes, blockFrames: blockFrames, blockTime: blockTime)
    }

    /// The stream, begun now.
    func stream(_ time: any Timekeeper) -> SampleStream {
        SampleStream(
            channels: capability.channels, rate: rate, stampRate: rate * scale, form: capability.form, ring: ring,
            start: time.utc(time.now), traceability: "this computer's clock when sampling began")
    }
}

extension Fault {
    /// A digitizer was asked for samples, or to start twice.
    static func notSampling(_ id: String) -> Fault { Fault(.refused, id, "it is not sampling") }
    static func sampling(_ id: String) -> Fault { Fault(.refused, id, "it is sampling already") }
}

extension Timekeeper {
    /// Waits for a few milliseconds of life: samples of real digitizers come whatever the bench's clock does.
    func waitForSamples() async throws { try await sleep(seconds: bench(life: 0.005)) }
}
