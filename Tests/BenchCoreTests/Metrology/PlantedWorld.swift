@testable import BenchCore

/// A bench, a meter and test points for tests of metrology; numbers of the demonstration bench unless a test says
/// otherwise.
enum PlantedWorld {
    static func bench(
        certificateU: Double = 0.02, drift: Double = 0.005, temperature: Double = 0.0005, jitter: Double = 50e-6,
        resolution: Double = 1, stability: Double = 0.005, thermometerU: Double = 0.3
    ) -> BenchDescription {
        func instrument(_ id: String, _ role: InstrumentRole) -> InstrumentDescription {
            InstrumentDescription(
                id: id, role: role, driver: id, wire: .tcp(host: "127.0.0.1", port: 1), manufacturer: "M", model: id,
                serial: "1", traceability: nil, source: nil, accuracy: [], counter: nil, climate: nil)
        }
        var source = instrument("source", .referenceSource)
        source.source = SourceRange(
            voltage: 30...300, current: 0.001...120, frequency: 45...65, stability: stability, settle: 5)
        var standard = instrument("standard", .referenceStandard)
        standard.accuracy = [
            StandardRange(
                current: 0.001...(0.05).nextDown, voltage: 30...300, certificateU: 2 * certificateU, drift: 2 * drift,
                temperatureCoefficient: 2 * temperature),
            StandardRange(
                current: 0.05...120, voltage: 30...300, certificateU: certificateU, drift: drift,
                temperatureCoefficient: temperature),
        ]
        var counter = instrument("counter", .pulseCounter)
        counter.counter = CounterSpecification(edgeJitter: jitter, referenceResolution: resolution, channels: 6)
        var climate = instrument("climate", .environment)
        climate.climate = ClimateSpecification(temperatureU: thermometerU)
        return BenchDescription(
            id: "planted", title: "", laboratory: Laboratory(name: "", address: [], accreditation: nil),
            instruments: [source, standard, counter, climate], positions: [], safe: [], world: nil, timeScale: 1)
    }

    static func meter(constant: Double = 10000) -> MeterType {
        MeterType(
            id: "planted",
            nameplate: Nameplate(
                manufacturer: "M", model: "m", accuracyClass: "0.5S", connection: .transformer,
                wiring: .threePhaseFourWire, nominalVoltage: Quantity(230), nominalCurrent: Quantity(5),
                maximumCurrent: Quantity(6), nominalFrequency: Quantity(50), bidirectional: true),
            constants: [
                MeterConstant(
                    pulsesPerKilowattHour: constant, directions: [.import, .export],
                    printed: "\(Decimal.shortest(constant)) imp/kWh")
            ],
            registers: [
                RegisterDefinition(
                    name: "energy-import", role: .activeEnergyImport, place: .sunspec(point: "TotWhImp"), scale: 1,
                    unit: "Wh", resolution: 0.1),
                RegisterDefinition(
                    name: "energy-export", role: .activeEnergyExport, place: .sunspec(point: "TotWhExp"), scale: 1,
                    unit: "Wh", resolution: 0.1),
            ], source: "test")
    }

    static func point(
        _ kind: TestKindName = .accuracy, current: Double = 5, powerFactor: PowerFactor = .unity, limit: Double? = 0.5,
        accept: String = "", repeats: Int = 3, targetU: Double? = 0.1, confidence: Citation.Confidence = .high,
        duration: Double? = nil, energy: Double? = nil, id: String = "1 test"
    ) -> TestPoint {
        let lag = powerFactor.currentLag(.import)
        let load = LoadSetting(
            frequency: 50,
            phases: [0.0, -120, 120].map {
                PhaseLoad(voltage: 230, voltageAngle: $0, current: current, currentLag: lag)
            })
        let citation = Citation(
            document: "IEC 62053-22", edition: "2003", clause: "8.1", verified: .oneSource, confidence: confidence)
        return TestPoint(
            id: id, number: 1, kind: kind, title: "", load: load, loadKind: .balanced, phase: nil, direction: .import,
            powerFactor: powerFactor, currentText: "",
            limit: limit.map {
                PointLimit(lowerPercent: -$0, upperPercent: $0, citation: citation)
            }, accept: accept, rule: citation, repeats: repeats, targetU: targetU, settleLimit: 10, duration: duration,
            maximumPulses: kind == .noLoad ? 1 : nil, energy: energy, expectedDuration: 0, reachableU: nil)
    }

    static func reading(_ point: TestPoint) -> StandardReading {
        StandardReading(
            voltages: [230, 230, 230], currents: point.load.phases.map(\.current),
            powers: [1, 1, 1].map { $0 * point.load.activePower / 3 }, frequency: 50, voltageDistortion: [0, 0, 0])
    }

    /// Edges of a meter with a given true error at constant power, as a counter with jitter and a standard with its own
    /// error stamp them.
    static func edges(
        count: Int, error: Double, power: Double, constant: Double, referenceConstant: Double,
        standardError: Double = 0, jitter: Double = 0, whole: Bool = true, gateNoise: (Int) -> Double = { _ in 0 },
        random: inout SeededGenerator
    ) -> [PulseEdge] {
        var time = random.uniform() * 3.6e6 / (constant * power)
        return (0..<count).map { i in
            let stamp = time + (jitter > 0 ? random.normal(mean: 0, standardDeviation: jitter) : 0)
            let counts = stamp * power * (1 + standardError / 100) * referenceConstant / 3.6e6 + 1000
            let edge = PulseEdge(
                tick: Int64((stamp * 1e9).rounded()), referenceCount: whole ? counts.rounded(.down) : counts)
            time += 3.6e6 / (constant * power * (1 + (error + gateNoise(i)) / 100))
            return edge
        }
    }

    static func observation(
        _ point: TestPoint, _ train: PulseTrain, pulses: Int, gates: Int, constant: Double = 10000,
        referenceConstant: Double, temperature: Double? = 23
    ) -> PulseObservation {
        PulseObservation(
            meterConstant: constant, referenceConstant: referenceConstant,
            gates: train.gates(of: pulses, count: gates), findings: train.findings, before: reading(point),
            after: reading(point), temperature: temperature)
    }
}
