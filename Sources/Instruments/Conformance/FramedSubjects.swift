internal import BenchCore

extension WorldSubjects {
    /// The subject of a driver that is neither SCPI nor Modbus; `nil` for any other driver.
    func framed(
        _ instrument: InstrumentDescription, _ entry: DriverEntry, _ wire: ConformanceWire
    ) -> ConformanceSubject? {
        switch instrument.driver {
        case "zera-mt786", "zera-fg30x": return zera(instrument, entry, wire)
        case "geny-yc99t": return geny(instrument, entry, wire)
        default: return nil
        }
    }

    private func zera(
        _ instrument: InstrumentDescription, _ entry: DriverEntry, _ wire: ConformanceWire
    ) -> ConformanceSubject {
        var facts = facts(instrument)
        var played = world
        switch instrument.role {
        case .referenceSource:
            // The source's «OK» says that it has settled, and the clock here stands still until then.
            played.source.settle = 0
            facts.exempt["off-is-confirmed"] =
                "its language has no word that asks whether the outputs are on; what it confirmed is believed"
        case .referenceStandard:
            facts.exempt["restart-is-noticed"] =
                "its language has no word that tells one start of the integrator from another"
        default: break
        }
        let subjects = WorldSubjects(bench: bench, world: played, types: types)
        return .wired(
            instrument.id, entry: entry, description: instrument, facts: facts, language: .zera, wire: wire
        ) { time in
            let world = subjects.world(instrument.role)
            let context = FramedContext(world: world, time: time, place: .instrument(instrument.id))
            let dialect: ZeraDialect = instrument.driver == "zera-fg30x" ? .fg30x : .mt786
            return (
                SimulatedMT786(context: context, dialect: dialect), subjects.hooks(world, time, instrument.role)
            )
        }
    }

    private func geny(
        _ instrument: InstrumentDescription, _ entry: DriverEntry, _ wire: ConformanceWire
    ) -> ConformanceSubject {
        let model = GenyModel(instrument)
        var facts = facts(instrument)
        // How the bench is told a negative power is not known.
        facts.lags = [-90, -60, 60, 90]
        if instrument.role == .referenceStandard {
            facts.namesConstant = false
            facts.measuresEnergy = false
            facts.exempt["reads-what-is-applied"] = "its samples have no frequency"
        }
        let load = facts.load
        let play: @Sendable (ConformanceTime) -> ConformanceSubject.Played = { time in
            let world = world(instrument.role)
            var hooks = hooks(world, time, instrument.role)
            hooks.settled = {
                // Half a percent of the value is what the driver documents as settled.
                world.at(time.now) { state, _ in
                    guard let applied = state.applied else { return false }
                    let reading = state.reading
                    return applied.phases.enumerated().allSatisfy { p, phase in
                        abs(reading.voltages[p] - phase.voltage) <= 0.0051 * phase.voltage
                            && abs(reading.currents[p] - phase.current) <= 0.0051 * phase.current
                    }
                }
            }
            let context = FramedContext(world: world, time: time, place: .instrument(instrument.id))
            let spoken = SimulatedGeny(context: context, model: model)
            // Its samples are taken at the terminals, which take some milliseconds to die away: every exchange lasts a moment.
            let paced = instrument.role == .referenceSource
            return (paced ? PacedWire(spoken: spoken) { time.pass(0.05) } : spoken, hooks)
        }
        var subject = ConformanceSubject.wired(
            instrument.id, ConformanceContract(entry.role), facts: facts, language: .geny, wire: wire, play: play
        ) { address, wires, time in
            var moved = instrument
            moved.wire = address
            if entry.role == .errorCalculator {
                // The calculator measures a load that the source of the same bench has applied.
                let source = GenySource(
                    id: "source", bench: await wires.geny(address), model: model,
                    expected: InstrumentIdentity(
                        manufacturer: "", model: "", serial: "", firmware: "", simulated: false), range: nil)
                try await source.prepare(load)
                try await source.apply()
            }
            return try await entry.make(DriverContext(description: moved, wires: wires, time: time))
        }
        subject.driver = entry.name
        return subject
    }
}

/// A simulator on a clock that stands still, whose every exchange takes a moment.
struct PacedWire<Spoken: WireProtocol>: WireProtocol {
    let spoken: Spoken
    /// Moves the clock on.
    let pass: @Sendable () -> Void

    func session() -> any WireSession { Session(session: spoken.session(), pass: pass) }

    private struct Session: WireSession {
        var session: any WireSession
        let pass: @Sendable () -> Void
        mutating func consume(_ buffer: inout [UInt8]) -> [WireReply] {
            pass()
            return session.consume(&buffer)
        }
    }
}

extension TroubleLanguage {
    /// ZERA's lines, ended by CR; what a reference meter answers ends with the command's letters and `ACK`.
    static let zera = TroubleLanguage(
        name: "ZERA", noise: [0x7F, 0x01, 0xFF, 0x0D],
        unasked: [Array("SM00000000000000000000\r".utf8), Array("SOKZZ\r".utf8)], checked: false,
        fewer: { values($0) { Array($0.dropLast()) } },
        more: { values($0) { $0 + ["1;2;3"] } },
        noNumber: { bytes in
            values(bytes) { lines in
                guard let last = lines.last else { return lines }
                let number = last.contains(";") ? last.split(separator: ";")[0] + ";--.--" : "--.--"
                return lines.dropLast() + [String(number)]
            }
        })

    /// The value lines of an answer that has a fixed number of them, changed.
    private static func values(_ bytes: [UInt8], _ change: ([String]) -> [String]) -> [UInt8]? {
        var lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r").map(String.init)
        guard bytes.last == 0x0D, let end = lines.popLast(), ["AMEACK", "AEVACK"].contains(end) else { return nil }
        return Array((change(lines) + [end]).map { $0 + "\r" }.joined().utf8)
    }

    /// GENY's binary frames with a check sum.
    static let geny = TroubleLanguage(
        name: "GENY", noise: [0x7E, 0x7E, 0x13],
        unasked: [GenyFrame(command: 0xD1, data: [0]).bytes], checked: true,
        fewer: { data($0) { Array($0.dropLast(4)) } },
        more: { data($0) { $0.count == 81 ? $0 + [0, 0, 0x80, 0x3F] : $0 } },
        noNumber: { data($0) { Array($0.dropLast(4)) + [0, 0, 0xC0, 0x7F] } })

    /// A frame with numbers in it, its data changed and its check sum right.
    private static func data(_ bytes: [UInt8], _ change: ([UInt8]) -> [UInt8]) -> [UInt8]? {
        var buffer = bytes
        guard case .word(let frame) = GenyFraming().take(&buffer), frame.data.count > 4, buffer.isEmpty else {
            return nil
        }
        // The answer to `online` has a simulator's mark, no number.
        guard frame.command != GenyCommand.online.rawValue else { return nil }
        return GenyFrame(command: frame.command, data: change(frame.data)).bytes
    }
}
