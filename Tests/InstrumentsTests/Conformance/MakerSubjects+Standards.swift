import BenchCore
import TestSupport
import Testing

@testable import Instruments

/// Reference standards and error calculators of makers, around the synthetic world.
extension MakerSubjects {
    static var standards: [ConformanceSubject] {
        get throws {
            // Yokogawa sends blocks, or text where its type says so; the item list is told anew on every connection.
            try ["yokogawa-wt3000", "yokogawa-wt1800", "yokogawa-wt5000"].map { name in
                try typed(name, .referenceStandard, language: .scpiBlocks) { facts in
                    facts.namesConstant = false
                } play: { world, time in
                    let device = SimulatedWT(world: world, time: time)
                    return (device, { device.restart() })
                }
            } + [
                typed("zera-mt310s2", .referenceStandard, language: .zeraValues) { _ in
                } play: { world, time in
                    let device = SimulatedZera(world: world, time: time)
                    return (device, { device.restart() })
                },
                typed("zera-mt310s2", .errorCalculator, language: .zeraValues) { facts in
                    facts.calculation.meterConstant = 10_000
                } play: { world, time in
                    (SimulatedZera(world: world, time: time), nil)
                },
                lmg600,
            ]
        }
    }

    /// A driver of the registry or of `Fixtures/Instruments` around the world. `play`: the simulator, and how it is switched off and on.
    private static func typed(
        _ name: String, _ role: InstrumentRole, language: TroubleLanguage,
        _ change: (inout ConformanceFacts) -> Void,
        play: @escaping @Sendable (World, ConformanceTime) -> (any WireProtocol, (@Sendable () -> Void)?)
    ) throws -> ConformanceSubject {
        let description = described(name, role)
        let subjects = ConformanceSubjects.world
        var facts = subjects.facts(nil)
        facts.exempt = played
        change(&facts)
        return .wired(
            role == .errorCalculator ? "\(name) error calculator" : name,
            entry: try DriverRegistry.entry(for: description, types: try types(name)), description: description,
            facts: facts, language: language, wire: .tcp
        ) { time in
            let world = subjects.world(role)
            let (spoken, restart) = play(world, time)
            var hooks = subjects.hooks(world, time, role)
            hooks.restart = restart
            return (spoken, hooks)
        }
    }

    /// It is called back on the port above its own, where the proxy's neighbour may be anybody: here that port has a wire of its own.
    private static var lmg600: ConformanceSubject {
        let subjects = ConformanceSubjects.world
        var facts = subjects.facts(nil)
        facts.exempt = played
        facts.namesConstant = false
        facts.measuresEnergy = false
        var subject = ConformanceSubject.wired(
            LMG600.entry.name, .standard, facts: facts,
            language: .text("LMG600", separator: UInt8(ascii: ";"), noNumbers: "9.910000E+37"), wire: .tcp
        ) { time in
            let world = subjects.world(.referenceStandard)
            let device = SimulatedLMG600(world: world, time: time)
            let back = try LoopbackServer(device.back)
            var hooks = subjects.hooks(world, time, .referenceStandard)
            hooks.restart = nil
            return ConformanceSubject.Stage(spoken: device, hooks: hooks) { address, wires in
                LMG600(
                    id: "standard", wire: await wires.scpi(address, dialect: LMG600.dialect, response: 5),
                    back: await wires.scpi(back.address, dialect: LMG600.dialect))
            }
        }
        subject.driver = LMG600.entry.name
        return subject
    }

    /// The entry of a bench file for a driver.
    static func described(_ name: String, _ role: InstrumentRole) -> InstrumentDescription {
        InstrumentDescription(
            id: "device", role: role, driver: name, wire: .tcp(host: "127.0.0.1", port: 1), manufacturer: "",
            model: "", serial: "", traceability: nil, source: nil, accuracy: [], counter: nil, climate: nil)
    }

    /// The type of `Fixtures/Instruments` of a name, where there is one.
    static func types(_ name: String) throws -> [String: InstrumentType] {
        let path = Checkout.path("Fixtures/Instruments/\(name).yaml")
        guard Disk.exists(path) else { return [:] }
        return [name: try InstrumentTypeFile.load(try Disk.read(path), file: path)]
    }
}
