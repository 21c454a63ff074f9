internal import BenchCore

/// A GENY YC99T around the world.
///
/// Written from gide03/GenyYC99T as the driver is. What was chosen here: result 1 for what is not understood or cannot be, result 2 before `online`;
/// a source fault of the world is told once by an alarm frame in front of the next answer; a 5C keeps the question for errors until it has them,
/// which shows as no answer here, and the next question is answered at once.
struct SimulatedGeny: WireProtocol {
    private let instrument: SharedInstrument<SimulatedGenySession>

    init(context: FramedContext, model: GenyModel) {
        instrument = SharedInstrument(SimulatedGenySession(context: context, model: model))
    }

    func session() -> any WireSession { instrument.client() }
}

/// What it was told, and what it answers.
struct SimulatedGenySession: WireSession, Sendable {
    let context: FramedContext, model: GenyModel
    private let framing = GenyFraming()
    private var online = false, toldFault = false
    private var measurements: [SimulatedErrorMeasurement] = []

    init(context: FramedContext, model: GenyModel) {
        self.context = context
        self.model = model
    }

    mutating func consume(_ buffer: inout [UInt8]) -> [WireReply] {
        var replies: [WireReply] = []
        while let found = framing.take(&buffer) {
            guard case .word(let frame) = found else { continue }
            let answer = answer(frame)?.bytes
            if context.ask({ $0.fault }) != nil, !toldFault {
                toldFault = true
                replies.append(WireReply(bytes: GenyFrame(command: GenyCommand.alarm.rawValue, data: [1]).bytes))
            }
            replies += context.replies(answer) { bytes in
                var broken = bytes
                broken[broken.count - 2] ^= 0x5A
                return broken
            }
        }
        return replies
    }

    private mutating func answer(_ frame: GenyFrame) -> GenyFrame? {
        func done(_ data: [UInt8] = []) -> GenyFrame { GenyFrame(command: frame.command, data: [0] + data) }
        func refused(_ result: UInt8) -> GenyFrame { GenyFrame(command: frame.command, data: [result]) }
        guard let command = GenyCommand(rawValue: frame.command) else { return refused(1) }
        if command == .online {
            online = true
            return done(GenyBench.simulatorMark)
        }
        guard online || command == .stop else { return refused(2) }
        switch command {
        case .offline:
            online = false
            return done()
        case .stop:
            context.ask { $0.switchOff(voltage: true) }
            measurements = []
            return done()
        case .test: return test(frame.data) ? done() : refused(1)
        case .samples: return done(samples())
        case .errors:
            guard let first = measurements.first else { return model == .yc99t3C ? done() : nil }
            let errors = context.ask { state in measurements.map { $0.result(&state).error } }
            guard errors.first != .some(nil), first.pulses > 0 else {
                return model == .yc99t3C ? done() : nil
            }
            return done([1] + (0..<3).flatMap { LittleEndian.bytes(Float($0 < errors.count ? errors[$0] ?? 0 : 0)) })
        case .online, .alarm: return refused(1)
        }
    }

    private mutating func test(_ data: [UInt8]) -> Bool {
        guard data.count == 26, data[0] == 0 || data[0] == 2, data[1] <= 3 else { return false }
        func number(_ at: Int) -> Double { Double(LittleEndian.float(data[at..<(at + 4)])) }
        let voltage = number(3), current = number(7), factor = number(11), frequency = number(16)
        let constant = number(20), pulses = Int(data[24]) | Int(data[25]) << 8
        guard let nominal = model.voltages.first(where: { $0.code == data[2] })?.nominal, voltage <= nominal,
            current <= model.current, (-1...1).contains(factor)
        else { return false }
        // The angle whose cosine is the factor, by bisection: no library of angles is needed for a simulator.
        let angle = Self.angle(factor) * (data[15] == 2 ? -1 : 1)
        let phases = [0.0, -120, 120].enumerated().map { p, at in
            let live = data[0] == 0 || p == 0
            let loaded = live && (data[1] == 0 || Int(data[1]) == p + 1)
            return PhaseLoad(
                voltage: live ? voltage : 0, voltageAngle: at, current: loaded ? current : 0,
                currentLag: loaded && current > 0 ? angle : 0)
        }
        let load = LoadSetting(frequency: frequency, phases: phases)
        let done = context.ask { $0.give(load) }
        measurements =
            done
            ? (1...3).compactMap { position in
                context.ask { state in
                    SimulatedErrorMeasurement(position, constant: constant, pulses: pulses, &state)
                }
            } : []
        return done
    }

    private static func angle(_ factor: Double) -> Double {
        var low = 0.0, high = 180.0
        for _ in 0..<60 {
            let middle = (low + high) / 2
            let cosine = Phasor.power(Phasor(rms: 1, angle: 0), Phasor(rms: 1, angle: -middle)).active
            if cosine > factor { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }

    private func samples() -> [UInt8] {
        let (reading, applied) = context.ask { ($0.reading, $0.applied) }
        var numbers: [Double] = []
        for p in 0..<3 {
            let phase = applied?.phases[p]
            let apparent = reading.voltages[p] * reading.currents[p]
            let lag = phase?.currentLag ?? 0
            let reactive = max(0, apparent * apparent - reading.powers[p] * reading.powers[p]).squareRoot()
            numbers += [
                reading.voltages[p], turned(phase?.voltageAngle ?? 0), reading.currents[p],
                turned((phase?.voltageAngle ?? 0) - lag), reading.powers[p], lag < 0 ? -reactive : reactive,
            ]
        }
        numbers += [reading.totalPower, numbers[5] + numbers[11] + numbers[17]]
        return numbers.flatMap { LittleEndian.bytes(Float($0)) }
    }

    private func turned(_ degrees: Double) -> Double {
        let rest = degrees.truncatingRemainder(dividingBy: 360)
        return rest < 0 ? rest + 360 : rest
    }
}
