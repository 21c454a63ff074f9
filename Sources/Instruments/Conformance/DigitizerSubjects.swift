internal import BenchCore
internal import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// Digitizers as the suite of their contract sees them.
enum DigitizerSubjects {
    /// A digitizer of a bench file, as the simulated streams play it.
    static func description(_ driver: String, _ wire: WireAddress) -> InstrumentDescription {
        let capability = WorldSignal.capability(form: .int24)
        return InstrumentDescription(
            id: "digitizer", role: .digitizer, driver: driver, wire: wire, manufacturer: Simulator.manufacturer,
            model: "Simulated Digitizer", serial: "SIM-D-1", traceability: nil, source: nil, accuracy: [],
            counter: nil, climate: nil,
            sampling: SamplingDescription(
                rates: [capability.rates[0]], form: capability.form, channels: capability.channels))
    }

    /// The TCP driver over the simulated stream.
    static func stream(_ world: @escaping @Sendable () -> World) -> ConformanceSubject {
        ConformanceSubject(name: "stream-digitizer", contract: .digitizer, driver: StreamDigitizer.entry.name) { _ in
            let socket = try Listener.open(host: "127.0.0.1", port: 0, id: "digitizer")
            let description = description(
                StreamDigitizer.entry.name, .tcp(host: "127.0.0.1", port: Listener.port(socket)))
            guard let spoken = SampleStreamServer(description, world(), RealTime()) else {
                close(socket)
                throw Fault(.internalError, "digitizer", "nobody plays it")
            }
            let server = RunningOnce(try LinkServer(listening: [socket], spoken: spoken))
            let wires = Wires(scpi: .scpi, modbus: .modbus)
            let driver = try await StreamDigitizer.entry.make(
                DriverContext(description: description, wires: wires, time: RealTime()))
            var hooks = ConformanceHooks()
            hooks.cutOff = { server.stop() }
            return ConformanceRig(driver: driver, hooks: hooks) {
                _ = try? await (driver as? any Digitizer)?.stop()
                server.stop()
                await wires.close()
            }
        }
    }

    /// The sound card driver over ALSA's own card «null», which gives silence as fast as it is asked.
    static func soundCard() -> ConformanceSubject {
        ConformanceSubject(name: "sound-card", contract: .digitizer, driver: SoundCardDigitizer.entry.name) { _ in
            ConformanceRig(
                driver: try await driver(
                    SoundCardDigitizer.entry, description(SoundCardDigitizer.entry.name, .alsa(device: "null"))))
        }
    }

    /// A driver of an entry, in real time.
    static func driver(_ entry: DriverEntry, _ description: InstrumentDescription) async throws -> any Instrument {
        try await entry.make(
            DriverContext(description: description, wires: Wires(scpi: .scpi, modbus: .modbus), time: RealTime()))
    }

    /// The player of recordings.
    static func file() -> ConformanceSubject {
        ConformanceSubject(name: "file-digitizer", contract: .digitizer, driver: FileDigitizer.entry.name) { _ in
            let channels = WorldSignal.capability(form: .int32).channels
            let values = (0..<(6 * 20_000)).map { Int32(truncatingIfNeeded: ($0 * 7919) % 16_000_000 - 8_000_000) }
            let recording = Recording(channels: channels, rate: 10_000, samples: .integer(values, bits: 24))
            let time = ConformanceTime()
            let driver = FileDigitizer(
                id: "digitizer",
                expected: InstrumentIdentity(
                    manufacturer: Simulator.manufacturer, model: "Recording", serial: "1", firmware: "",
                    simulated: false), recording: recording, time: time)
            var hooks = ConformanceHooks()
            hooks.pass = { time.pass($0) }
            // A recording that is at its end gives nothing more.
            hooks.cutOff = { time.pass(3) }
            return ConformanceRig(driver: driver, hooks: hooks)
        }
    }
}

/// A server that is stopped by whoever comes first.
private final class RunningOnce: Sendable {
    private let server: Mutex<(any RunningServer)?>
    init(_ server: any RunningServer) { self.server = Mutex(server) }
    func stop() { server.withLock { $0.take() }?.stop() }
}
