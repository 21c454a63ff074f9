import BenchCore
import Synchronization

/// A GENY YC99T: one connection, and what it was told, for all the roles it plays.
///
/// The source's test command carries the error calculator's settings and the other way round, so both must know of each other.
actor GenyBench: WireConnection {
    nonisolated let wire: FrameConnection<GenyFraming>
    nonisolated let state = Mutex(State())

    /// What it was told.
    struct State: Sendable {
        var prepared: GenyWire.Test?, applied: GenyWire.Test?
        /// Whether the outputs count as on, and whether the last command was confirmed.
        var on = false, confirmed = false
        /// The first alarm since the last load.
        var alarm: String?
        var eventsFrom = 0
        /// The running error measurement, and its last result.
        var calculation: ErrorCalculation?, result: [Double]?, stage = ErrorState.Stage.idle
        /// When the errors were last asked for, and from which event on a late answer may come.
        var asked: Double?, answersFrom = 0
        /// When the measurement was started, or its last result came.
        var began = 0.0
    }

    init(_ wire: FrameConnection<GenyFraming>) { self.wire = wire }

    func close() async { await wire.close() }

    /// Asks, and returns the frame of the answer.
    nonisolated func ask(
        _ command: GenyCommand, _ data: [UInt8] = [], within: Double? = nil, for id: String
    ) async throws -> GenyFrame {
        let frames = try await wire.exchange(.geny(command, data, within: within), for: id)
        return frames.last ?? GenyFrame(command: 0, data: [])
    }

    /// The same as part of a safe action.
    nonisolated func askUrgently(
        _ command: GenyCommand, _ data: [UInt8] = [], for id: String
    ) async throws -> GenyFrame {
        let frames = try await wire.urgentExchange(.geny(command, data), for: id)
        return frames.last ?? GenyFrame(command: 0, data: [])
    }

    /// Reads the samples of all phases.
    nonisolated func samples(for id: String) async throws -> GenyWire.Samples {
        // 1: once (`readbackSampling`).
        try GenyWire.samples(try await ask(.samples, [1], for: id), id)
    }

    /// Who it is: it cannot say, so the bench file's is repeated once it has answered; a simulator says so when it goes online.
    nonisolated func identify(_ expected: InstrumentIdentity, for id: String) async throws -> InstrumentIdentity {
        _ = try await samples(for: id)
        var identity = expected
        identity.simulated = await wire.greeted.contains { $0.data.dropFirst().elementsEqual(Self.simulatorMark) }
        return identity
    }
    /// What a simulator's answer to `online` has behind the result.
    static let simulatorMark = Array("SIM".utf8)

    /// What an unasked frame says of a dangerous state.
    static func alarm(_ frame: GenyFrame) -> String? {
        guard frame.command == GenyCommand.alarm.rawValue else { return nil }
        return "the bench reports an error by itself (\(GenyFraming().text(frame)))"
    }

    static let unconfirmed = [
        "frames and commands are as gide03/GenyYC99T and gide03/AutoCalibrationHW5 have them, not from the maker's document",
        "the command that stops the outputs (D3) was never seen on the wire, and the alarm (8F) only in a part of the library that does not run",
        "that elements 1 to 3 put the current into one phase, and that 1 is inductive and 2 capacitive, is taken from names alone",
    ]
}

extension Wires {
    /// The GENY at an address, shared by the roles it plays.
    func geny(_ wire: WireAddress) -> GenyBench {
        connection(wire) { timeouts, log in
            // Its own software waits 10 s for an answer (`SerialMonitor.transaction`).
            var patient = timeouts
            patient.response = max(10, timeouts.response)
            return GenyBench(
                FrameConnection(
                    wire: wire, framing: GenyFraming(), timeouts: patient, language: "geny", log: log,
                    greeting: [.genyOnline]
                ) { GenyBench.alarm($0) })
        }
    }
}
