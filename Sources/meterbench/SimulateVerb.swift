import BenchCore
import Glibc
import Instruments

extension Verb {
    static let simulate = Verb(
        "simulate", "BENCH", "plays every instrument and meter of a simulated bench until it is interrupted"
    ) { arguments in
        guard arguments.words.count == 1 else {
            Terminal.error("meterbench simulate: one bench file is needed")
            return ExitCode.usage
        }
        do {
            let simulation = try Simulation.load(bench: arguments.words[0])
            let time = ScaledTime(scale: simulation.bench.timeScale)
            let wires = try SimulatedWires.start(
                bench: simulation.bench, world: simulation.world, types: simulation.types, time: time)
            let (ends, end) = AsyncStream.makeStream(of: Int32.self)
            Signals.handle([SIGINT, SIGTERM, SIGHUP]) { number in end.yield(number) }
            for line in wires.lines { Terminal.out(line) }
            Terminal.out("ready")
            for await _ in ends { break }
            wires.stop()
            return ExitCode.ok
        } catch let complaints as Diagnostics {
            Terminal.error(complaints.description)
            return ExitCode.dataError
        } catch let fault as Fault {
            Terminal.error("meterbench simulate: \(fault.instrument): \(fault.detail)")
            return fault.code == .refused ? ExitCode.unavailable : ExitCode.noInput
        } catch {
            Terminal.error("meterbench simulate: \(error)")
            return ExitCode.software
        }
    }
}
