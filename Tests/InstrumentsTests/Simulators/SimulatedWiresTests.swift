import BenchCore
import Glibc
import Instruments
import TestSupport
import Testing

@Suite("A bench played over real wires")
struct SimulatedWiresTests {
    private func descriptors() -> Int { (try? Disk.names(in: "/proc/self/fd").count) ?? 0 }

    private func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    @Test("Twenty starts and stops leave neither descriptors nor links behind")
    func leaks() async throws {
        let folder = try TemporaryFolder()
        let type = SyntheticBench.meterType(constant: 10_000)
        let before = descriptors()
        #expect(before > 0)
        for _ in 0..<20 {
            let (bench, world) = PlayedBench.describe(type, folder.path)
            let wires = try SimulatedWires.start(
                bench: bench, world: world, types: [type.id: type], time: ScaledTime(scale: 1))
            #expect(wires.lines.count == 6)
            #expect(exists(folder.path + "/wires/bus"))
            wires.stop()
            wires.stop()
            #expect(!exists(folder.path + "/wires/bus"))
        }
        // Six wires hold some twenty descriptors: one leaked by each would be 120. Other tests run beside this one and hold
        // descriptors of their own for a while, so the count is given time to come down.
        for _ in 0..<300 where descriptors() - before >= 20 { try await Task.sleep(for: .milliseconds(100)) }
        #expect(descriptors() - before < 20)
    }

    @Test("A port that is taken is named, and nothing else stays open")
    func taken() throws {
        let folder = try TemporaryFolder()
        let type = SyntheticBench.meterType(constant: 10_000)
        let (bench, world) = PlayedBench.describe(type, folder.path)
        let first = try SimulatedWires.start(
            bench: bench, world: world, types: [type.id: type], time: ScaledTime(scale: 1))
        defer { first.stop() }
        var fault: Fault?
        do {
            _ = try SimulatedWires.start(
                bench: bench, world: world, types: [type.id: type], time: ScaledTime(scale: 1))
        } catch let error as Fault { fault = error }
        #expect(fault?.code == .refused)
        #expect(fault?.instrument == "source")
        #expect(fault?.detail.contains("is another simulator running?") == true)
        #expect(exists(folder.path + "/wires/bus"), "the first simulator's line is untouched")
    }

    @Test("A file that stands where a serial line should be is not overwritten")
    func inTheWay() throws {
        let folder = try TemporaryFolder()
        let type = SyntheticBench.meterType(constant: 10_000)
        let (bench, world) = PlayedBench.describe(type, folder.path)
        try Disk.makeFolder(folder.path + "/wires")
        try Disk.write(Array("mine".utf8), to: folder.path + "/wires/bus")
        #expect(throws: Fault.self) {
            try SimulatedWires.start(
                bench: bench, world: world, types: [type.id: type], time: ScaledTime(scale: 1))
        }
        #expect(try Disk.read(folder.path + "/wires/bus") == Array("mine".utf8))
    }

    @Test("What the world leaves to others is not served")
    func notPlayed() throws {
        let played = try PlayedBench(notPlayed: [.position(1), .instrument("standard")])
        #expect(played.wires.lines.count == 4)
        #expect(!played.wires.lines.contains { $0.contains("standard") || $0.contains("position 1") })
    }

    @Test("Every driver of ours identifies, drives and reads the played bench")
    func drivers() async throws {
        let played = try PlayedBench()
        let bench = try await played.open()
        let contactor = try #require(bench.contactor)
        for instrument: any Instrument in [bench.source, bench.standard, bench.counter, contactor] {
            #expect(try await instrument.identify().simulated)
        }
        // −3 °C with the thermometer's own planted error, U = 0.3 K.
        let air = try await (try #require(bench.climate)).read().temperature
        #expect(abs(air + 3) < 0.9)
        try await contactor.close()
        let load = Loads.balanced(5)
        let constant = try await bench.standard.range(for: load)
        #expect(constant == 50_000_000)
        try await bench.source.prepare(load)
        try await bench.source.apply()
        while try await !bench.source.state().settled { try await played.time.sleep(seconds: 1) }
        try await bench.counter.arm(channels: [1, 2, 3])
        try await played.time.sleep(seconds: 20)
        for position in 1...3 {
            let edges = try await bench.counter.edges(channel: position, from: 0).edges
            let first = try #require(edges.first)
            let last = try #require(edges.last)
            let meter = Double(edges.count - 1) / 10_000
            let error = (meter / ((last.referenceCount - first.referenceCount) / constant) - 1) * 100
            // Errors of the meters are zero here, those of the standard are below 0.1 %.
            #expect(abs(error) < 0.1, "position \(position): \(error) %")
        }
        try await bench.source.perform(.currentOff)
        try await played.time.sleep(seconds: 1)
        let type = SyntheticBench.meterType(constant: 10_000)
        let energy = try #require(type.register(.activeEnergyImport))
        var shown: [Double] = []
        for position in 1...3 {
            let meter = try #require(bench.meters[position])
            shown.append(try #require(try await meter.read(energy).number))
            #expect(try await meter.identify().serial == "T-\(position)")
        }
        // Meters without errors and with equal beginnings show the same: 12.5 kWh, and at least 20 s of 3450 W (19 Wh).
        #expect(shown[0] > 12.519 && Set(shown).count == 1)
        try await bench.source.perform(.voltageOff)
        try await contactor.perform(.open)
        #expect(try await !bench.source.state().on)
    }

    @Test(
        "Each wire fault of a meter comes back from the driver under its name, on TCP and on the bus",
        arguments: [
            (PlannedFault.Kind.silent, Fault.Code.timeout), (.exception(4), .modbusException),
            (.late(1.8), .lateAnswer),
            (.wrongUnit(9), .wrongUnit), (.brokenFrame, .brokenFrame), (.halfFrame, .brokenFrame),
        ])
    func named(kind: PlannedFault.Kind, code: Fault.Code) async throws {
        let played = try PlayedBench(faults: [PlannedFault(.position(1), kind), PlannedFault(.position(2), kind)])
        let bench = try await played.open(quick: true)
        let power = try #require(SyntheticBench.meterType(constant: 10_000).register(.activePower))
        for position in [1, 2] {
            let meter = try #require(bench.meters[position])
            var found: Fault.Code?
            do { _ = try await meter.read(power) } catch let fault as Fault { found = fault.code }
            #expect(found == code, "position \(position)")
        }
        // The neighbour on the same bus never notices.
        #expect(try await (try #require(bench.meters[3])).read(power).number == 0)
    }

    @Test("A source that stops answering is silent, and the contactor still opens")
    func deafSource() async throws {
        let played = try PlayedBench(faults: [PlannedFault(.instrument("source"), .silent, at: 10)])
        let bench = try await played.open(quick: true)
        try await (try #require(bench.contactor)).close()
        try await bench.source.prepare(Loads.balanced(5))
        try await bench.source.apply()
        try await played.time.sleep(seconds: 15)
        var code: Fault.Code?
        do { _ = try await bench.source.state() } catch let fault as Fault { code = fault.code }
        #expect(code == .timeout)
        #expect(try await bench.standard.read().totalPower > 3000, "it stays on: that is the danger")
        try await (try #require(bench.contactor)).perform(.open)
        #expect(try await bench.standard.read().totalPower == 0)
    }

    @Test(
        "An independent Modbus client reads climate, contactor and meters",
        .enabled(if: Checkout.hasPython("pymodbus"), "skipped: no pymodbus"))
    func pymodbus() async throws {
        let played = try PlayedBench { $0.ambient.humidity = 45 }
        let script = Checkout.path("Tests/InstrumentsTests/Peers/simulator_client.py")
        let python = try #require(Checkout.python)
        func ask(_ words: String...) async throws -> String {
            let result = try await Peer.run(python, [script] + words)
            #expect(result.exit == 0)
            return result.output.trimmingSuffix("\n")
        }
        let devices = "127.0.0.1:\(played.port(played.bench.instruments[3].wire))"
        let climate = try await ask("modbus", "tcp", devices, "1", "4", "1", "2")
        #expect(climate == "4500 \(0x4D42)")
        #expect(try await ask("modbus", "tcp", devices, "2", "2", "0", "1") == "0")
        #expect(try await ask("coil", devices, "2", "1") == "1")
        #expect(try await ask("modbus", "tcp", devices, "2", "1", "0", "1") == "1")
        #expect(try await ask("modbus", "tcp", devices, "1", "3", "0", "1") == "exception 1")
        let meter = "127.0.0.1:\(played.port(played.bench.positions[0].wire))"
        // 12.5 kWh as float64: 4029 0000 0000 0000.
        #expect(try await ask("modbus", "tcp", meter, "1", "4", "100", "4") == "\(0x4029) 0 0 0")
        let bus = played.folder.path + "/wires/bus"
        // «T-3» is 542D 3300.
        #expect(try await ask("modbus", "rtu", bus, "3", "4", "0", "2") == "\(0x542D) \(0x3300)")
        #expect(try await ask("modbus", "rtu", bus, "9", "4", "0", "2") == "silent")
    }

    @Test(
        "An independent SunSpec reader finds the meter models, float and integer",
        .enabled(if: Checkout.hasPython("sunspec2"), "skipped: no pysunspec2"), arguments: [213, 203])
    func sunspec(model: Int) async throws {
        let path = Checkout.path("Fixtures/Meters/demo-05s.yaml")
        let type = try MeterTypeFile.load(try Disk.read(path), file: path)
        let played = try PlayedBench(type: type) { world in
            for i in world.meters.indices { world.meters[i].integerModel = model == 203 }
        }
        let bench = try await played.open()
        try await (try #require(bench.contactor)).close()
        try await bench.source.prepare(Loads.balanced(5))
        try await bench.source.apply()
        try await played.time.sleep(seconds: 30)
        try await bench.source.perform(.currentOff)
        try await played.time.sleep(seconds: 1)
        let energy = try #require(type.register(.activeEnergyImport))
        let ours = try #require(try await bench.meters[1]?.read(energy).number)
        let script = Checkout.path("Tests/InstrumentsTests/Peers/simulator_client.py")
        let port = String(played.port(played.bench.positions[0].wire))
        let result = try await Peer.run(
            try #require(Checkout.python),
            [script, "sunspec", port, "1", String(model), "TotWhImp", "TotWhExp", "PhVphA", "Hz", "W", "A"])
        #expect(result.exit == 0)
        let values = result.output.trimmingSuffix("\n").split(separator: "|").map(String.init)
        try #require(values.count == 8, "it printed \(result.output)")
        #expect(values[0] == "MeterBench" && values[1] == "T-1")
        let numbers = values.dropFirst(2).map { Decimal.parse($0) ?? .nan }
        // At least 30 s of 3450 W (28.75 Wh) on top of 12.5 kWh, in steps of 0.1 Wh; our driver and theirs read the same.
        #expect(numbers[0] > 12_528)
        #expect(abs(numbers[0] - ours) < 1e-3)
        #expect(abs(numbers[1] - 12_500) < 1e-9)
        #expect(abs(numbers[2] - 230) < 0.2 && numbers[3] == 50)
        #expect(abs(numbers[4]) < 1e-3 && abs(numbers[5]) < 1e-3)
    }
}

extension String {
    /// Without a suffix, where it is there.
    func trimmingSuffix(_ suffix: String) -> String { hasSuffix(suffix) ? String(dropLast(suffix.count)) : self }
}
