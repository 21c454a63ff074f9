import Testing

@testable import BenchCore
@testable import TestSupport

@Suite("The files that come with the program")
struct FixtureFilesTests {
    @Test("The demonstration bench loads with everything its file says")
    func bench() throws {
        let loaded = try BenchFile.read(try Checkout.bytes("Fixtures/Benches/demo.yaml"), file: "demo.yaml")
        let bench = loaded.value
        #expect(bench.id == "demo-six" && bench.instruments.count == 5 && bench.positions.map(\.number) == Array(1...6))
        #expect(bench.laboratory.address == ["1 Example Street", "00000 Example Town"])
        let source = try #require(bench.instrument(.referenceSource)?.source)
        #expect(source.current == 0.001...120 && source.voltage == 30...300 && source.frequency == 45...65)
        #expect(source.stability == 0.005 && source.settle == 5)
        let accuracy = try #require(bench.instrument(.referenceStandard)).accuracy
        #expect(accuracy.map(\.certificateU) == [0.04, 0.02] && accuracy.map(\.drift) == [0.01, 0.005])
        #expect(accuracy.map(\.temperatureCoefficient) == [0.001, 0.0005])
        // «below 50 mA» leaves 50 mA to the next row: exactly one row answers.
        #expect(accuracy.filter { $0.current.contains(0.05) }.count == 1)
        let counter = try #require(bench.instrument(.pulseCounter)?.counter)
        #expect(counter == CounterSpecification(edgeJitter: 50e-6, referenceResolution: 1, channels: 6))
        #expect(bench.instrument(.environment)?.climate == ClimateSpecification(temperatureU: 0.3))
        #expect(bench.positions[3].wire == .modbusRTU(device: "Runs/wires/bus-a", baud: 9600, format: "8N1", unit: 4))
        #expect(bench.positions[0].wire == .modbusTCP(host: "127.0.0.1", port: 15511, unit: 1))
        #expect(bench.safe.map(\.action) == [.currentOff, .voltageOff, .open])
        #expect(bench.safe.map(\.within) == [0.5, 1, 0.5])
        #expect(bench.world == "demo-world.yaml" && bench.timeScale == 300)
        #expect(loaded.marks["instruments[0].range.current"] == Mark(line: 16, column: 47))
    }

    @Test("An expired standard is named at its line, and only from the day after its last")
    func expired() throws {
        let text = String(decoding: try Checkout.bytes("Fixtures/Benches/demo.yaml"), as: UTF8.self)
        let bytes = Array(text.replacing("2099-12-31", with: "2026-11-20").utf8)
        let bench = try BenchFile.read(bytes, file: "demo.yaml")
        #expect(BenchCheck.expired(bench, on: "2026-11-20").isEmpty)
        let found = BenchCheck.expired(bench, on: "2026-11-21").map(\.description)
        #expect(found.count == 2)
        #expect(
            found.first
                == "demo.yaml:32:130: the calibration of reference-standard «standard» (MeterBench Simulated Standard, serial "
                + "SIM-R-1), certificate DEMO-2026-0815, was valid until 2026-11-20 and has expired on 2026-11-21: no "
                + "certificate can be issued until it is recalibrated")
        #expect(BenchCheck.expired(bench.value, on: "2026-03-01").count == 2, "calibrated after the day of the run")
    }

    @Test("The demonstration order loads and fits the demonstration bench")
    func order() throws {
        let order = try OrderFile.read(try Checkout.bytes("Fixtures/Orders/demo.yaml"), file: "demo.yaml")
        #expect(order.value.id == "DEMO-0001" && order.value.decisionRule == .guardBandU)
        #expect(order.value.customer == ["Example Utility plc", "2 Example Road", "00000 Example Town"])
        #expect(order.value.meters.map(\.position) == Array(1...6))
        let bench = try BenchFile.load(try Checkout.bytes("Fixtures/Benches/demo.yaml"), file: "bench.yaml")
        #expect(OrderFile.check(order, bench: bench, types: ["demo-05s"]).isEmpty)
        var small = bench
        small.positions.removeLast()
        #expect(
            OrderFile.check(order, bench: small, types: ["demo-05"]).map(\.description).suffix(2) == [
                "demo.yaml:16:17: bench demo-six has no position 6; positions are 1, 2, 3, 4, 5",
                "demo.yaml:16:46: there is no meter type «demo-05s»; did you mean «demo-05»? types are demo-05",
            ])
    }

    @Test("The demonstration meter loads with its SunSpec registers")
    func meter() throws {
        let type = try MeterTypeFile.load(try Checkout.bytes("Fixtures/Meters/demo-05s.yaml"), file: "demo-05s.yaml")
        #expect(type.id == "demo-05s" && type.nameplate.accuracyClass == "0.5S" && type.nameplate.bidirectional)
        #expect(type.constant(.export)?.pulsesPerKilowattHour == 10000)
        let energy = try #require(type.register(.activeEnergyImport))
        #expect(energy.place == .sunspec(point: "TotWhImp") && energy.unit == "Wh" && energy.resolution == 0.1)
        #expect(type.register(.serialNumber)?.unit == "")
    }

    @Test("A Modbus register keeps function, address, encoding and word order")
    func modbus() throws {
        let text = """
            meter-type: x
            source: x
            nameplate: { manufacturer: x, model: x, accuracy-class: 1, connection: direct, wiring: 3P4W, nominal-voltage: 230 V, nominal-current: 10 A, maximum-current: 100 A, nominal-frequency: 50 Hz, bidirectional: yes }
            constants: []
            registers:
              - { name: imp, role: active-energy-import, function: 4, address: 0x0048, type: float32, word-order: high word first, scale: 1, unit: kWh, resolution: 0.01 kWh }
              - { name: sn, role: serial-number, function: 3, address: 64512, type: uint32, word-order: high word first }
              - { name: name, role: model, function: 3, address: 10, type: text, words: 8 }
            """
        let type = try MeterTypeFile.load(Array(text.utf8), file: "x.yaml")
        #expect(
            type.registers.map(\.place) == [
                .modbus(function: 4, address: 72, encoding: .float(bits: 32), order: .bigEndian),
                .modbus(function: 3, address: 64512, encoding: .unsigned(bits: 32), order: .bigEndian),
                .modbus(function: 3, address: 10, encoding: .text(words: 8), order: .bigEndian),
            ])
        #expect(type.registers[0].resolution == 0.01 && type.constants.isEmpty)
    }

    @Test("Every meter type in Fixtures/Meters loads, and is named like its file")
    func everyMeter() throws {
        let names = try Checkout.names("Fixtures/Meters")
        #expect(!names.isEmpty)
        for name in names {
            let type = try MeterTypeFile.load(try Checkout.bytes("Fixtures/Meters/" + name), file: name)
            #expect(type.id + ".yaml" == name)
        }
    }
}
