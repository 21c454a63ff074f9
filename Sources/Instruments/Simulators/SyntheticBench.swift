public import BenchCore

/// Benches of any size with meters whose errors are drawn from a seed: for benchmarks and for tests of honesty.
public enum SyntheticBench {
    /// A bench, its world, and what hangs on it.
    public struct Made: Sendable {
        /// The bench as a bench file would describe it.
        public var bench: BenchDescription
        /// The truth behind it.
        public var world: WorldDescription
        /// Meter types by identifier.
        public var types: [String: MeterType]
        /// Meters in order of position, as an order lists them.
        public var meters: [OrderedMeter]
    }

    /// Positions with meters of class 0.5S (3 × 230 V, 5(6) A, through transformers) and good but imperfect errors.
    ///
    /// - Parameters:
    ///   - constant: pulses per kWh of every meter.
    ///   - sharedBus: all meters on one serial line of 9600 baud, or each on its own.
    ///   - seed: everything random follows from it.
    public static func make(positions: Int, constant: Double, sharedBus: Bool, seed: UInt64) -> Made {
        let type = meterType(constant: constant)
        let bench = bench(positions: positions, sharedBus: sharedBus)
        let meters = (1...max(1, positions)).map { position in
            OrderedMeter(position: position, serial: "SY-\(seed)-\(position)", type: type.id)
        }
        var random = SeededGenerator(seed: seed, label: "synthetic meters")
        let simulated = meters.map { ordered in
            var m = SimulatedMeter(position: ordered.position, type: type.id, serial: ordered.serial)
            m.gain = random.normal(mean: 0, standardDeviation: 0.08)
            m.phase = random.normal(mean: 0, standardDeviation: 0.02)
            for p in 0..<3 {
                m.phaseGains[p] = random.normal(mean: 0, standardDeviation: 0.02)
                m.phaseAngles[p] = random.normal(mean: 0, standardDeviation: 0.005)
            }
            m.offset = random.normal(mean: 0, standardDeviation: 0.03)
            m.noise = 0.01
            return m
        }
        let world = WorldDescription(
            id: "synthetic", seed: seed, ambient: AmbientTruth(temperature: 23.2, humidity: 45, wander: 0.2),
            meters: simulated)
        return Made(bench: bench, world: world, types: [type.id: type], meters: meters)
    }

    /// The meter type of synthetic benches; registers by fixed Modbus addresses.
    public static func meterType(constant: Double) -> MeterType {
        let plate = Nameplate(
            manufacturer: "MeterBench", model: "SY-3 synthetic meter", accuracyClass: "0.5S", connection: .transformer,
            wiring: .threePhaseFourWire, nominalVoltage: Quantity(230), nominalCurrent: Quantity(5),
            maximumCurrent: Quantity(6), nominalFrequency: Quantity(50), bidirectional: true)
        func float(_ name: String, _ role: RegisterRole, _ address: Int, _ unit: String, _ step: Double)
            -> RegisterDefinition
        {
            RegisterDefinition(
                name: name, role: role,
                place: .modbus(function: 4, address: address, encoding: .float(bits: 64), order: .bigEndian), scale: 1,
                unit: unit, resolution: step)
        }
        let registers = [
            RegisterDefinition(
                name: "serial", role: .serialNumber,
                place: .modbus(function: 4, address: 0, encoding: .text(words: 16), order: .bigEndian), scale: 1,
                unit: "", resolution: nil),
            float("energy-import", .activeEnergyImport, 100, "kWh", 1e-4),
            float("energy-export", .activeEnergyExport, 104, "kWh", 1e-4),
            float("power", .activePower, 108, "W", 0.01),
        ]
        let printed = Decimal.shortest(constant) + " imp/kWh"
        return MeterType(
            id: "synthetic-05s", nameplate: plate,
            constants: [
                MeterConstant(pulsesPerKilowattHour: constant, directions: [.import, .export], printed: printed)
            ], registers: registers, source: "MeterBench synthetic meter")
    }

    /// A bench of so many positions with the demonstration bench's instruments.
    public static func bench(positions: Int, sharedBus: Bool) -> BenchDescription {
        func instrument(_ id: String, _ role: InstrumentRole, _ driver: String, _ model: String, _ port: Int)
            -> InstrumentDescription
        {
            InstrumentDescription(
                id: id, role: role, driver: driver, wire: .tcp(host: "127.0.0.1", port: port),
                manufacturer: "MeterBench", model: model, serial: "SY-\(id)", traceability: nil, source: nil,
                accuracy: [], counter: nil, climate: nil)
        }
        let calibrated = Traceability(
            certificate: "DEMO-2026-0815", issuer: "Demonstration Metrology Institute", calibrated: "2026-03-02",
            validUntil: "2099-12-31")
        var source = instrument("source", .referenceSource, "scpi-source", "Simulated Source", 15_025)
        source.source = SourceRange(
            voltage: 30...300, current: 1e-3...120, frequency: 45...65, stability: 0.005, settle: 5)
        var standard = instrument("standard", .referenceStandard, "scpi-standard", "Simulated Standard", 15_026)
        standard.traceability = calibrated
        standard.accuracy = [
            StandardRange(
                current: 1e-3...(0.05).nextDown, voltage: 30...300, certificateU: 0.04, drift: 0.01,
                temperatureCoefficient: 0.001),
            StandardRange(
                current: 0.05...120, voltage: 30...300, certificateU: 0.02, drift: 0.005, temperatureCoefficient: 0.0005
            ),
        ]
        var counter = instrument("counter", .pulseCounter, "scpi-counter", "Simulated Counter", 15_027)
        counter.counter = CounterSpecification(edgeJitter: 50e-6, referenceResolution: 1, channels: positions)
        var climate = instrument("climate", .environment, "modbus-climate", "Simulated Climate", 0)
        climate.wire = .modbusTCP(host: "127.0.0.1", port: 15_502, unit: 1)
        climate.traceability = calibrated
        climate.climate = ClimateSpecification(temperatureU: 0.3)
        var contactor = instrument("contactor", .contactor, "modbus-contactor", "Simulated Contactor", 0)
        contactor.wire = .modbusTCP(host: "127.0.0.1", port: 15_502, unit: 2)
        let places = (1...max(1, positions)).map { n in
            PositionDescription(
                number: n, channel: n,
                wire: .modbusRTU(
                    device: sharedBus ? "Runs/wires/bus" : "Runs/wires/port-\(n)", baud: 9600, format: "8N1",
                    unit: sharedBus ? n : 1))
        }
        return BenchDescription(
            id: "synthetic-\(positions)", title: "Synthetic bench of \(positions) positions",
            laboratory: Laboratory(
                name: "MeterBench Demonstration Laboratory", address: ["1 Example Street, 00000 Example Town"],
                accreditation: nil), instruments: [source, standard, counter, climate, contactor], positions: places,
            safe: [
                SafeStep(instrument: "source", action: .currentOff, within: 0.5),
                SafeStep(instrument: "source", action: .voltageOff, within: 1),
                SafeStep(instrument: "contactor", action: .open, within: 0.5),
            ], world: nil, timeScale: 1)
    }
}
