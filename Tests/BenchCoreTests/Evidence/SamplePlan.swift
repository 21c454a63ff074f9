@testable import BenchCore

/// A plan of two accuracy points behind a warm-up, an order of two meters and their bench, by hand.
enum SamplePlan {
    static let load = LoadSetting(
        frequency: 50,
        phases: [0.0, -120, 120].map { PhaseLoad(voltage: 230, voltageAngle: $0, current: 5, currentLag: 0) })

    static func point(_ number: Int, _ kind: TestKindName) -> TestPoint {
        TestPoint(
            id: "\(number) \(kind.rawValue)", number: number, kind: kind, title: "T", load: load, loadKind: .balanced,
            phase: nil, direction: .import, powerFactor: .unity, currentText: "In",
            limit: kind == .warmUp
                ? nil
                : PointLimit(
                    lowerPercent: -0.5, upperPercent: 0.5,
                    citation: Citation(
                        document: "IEC 62053-22", edition: "2003", clause: "8.1", verified: .memory,
                        confidence: .medium)),
            accept: "", rule: nil, repeats: 2, targetU: 0.05, settleLimit: 30, duration: nil, maximumPulses: nil,
            energy: nil, expectedDuration: 10, reachableU: 0.03)
    }

    static let meterType = MeterType(
        id: "m",
        nameplate: Nameplate(
            manufacturer: "Maker", model: "M1", accuracyClass: "0.5S", connection: .transformer,
            wiring: .threePhaseFourWire, nominalVoltage: Quantity(230), nominalCurrent: Quantity(5),
            maximumCurrent: Quantity(6), nominalFrequency: Quantity(50), bidirectional: false),
        constants: [MeterConstant(pulsesPerKilowattHour: 10000, directions: [.import], printed: "10000 imp/kWh")],
        registers: [
            RegisterDefinition(
                name: "e", role: .activeEnergyImport,
                place: .modbus(function: 4, address: 0x48, encoding: .float(bits: 32), order: .bigEndian), scale: 1,
                unit: "kWh", resolution: 0.01)
        ], source: "by hand")

    static let plan = Plan(
        procedure: "p", edition: "1", title: "Procedure", basis: "IEC 62053-22", limits: "l", meter: meterType,
        conditions: Conditions(temperature: 21...25, frequency: 49.5...50.5, voltageDistortion: 2),
        decisionRule: .guardBandU, points: [point(1, .warmUp), point(2, .accuracy), point(3, .accuracy)], rampDown: 5)

    static let order = Order(
        id: "ORD-7", customer: ["Customer"], batch: "B", operator: "O. Perator", decisionRule: nil, procedure: "p.yaml",
        bench: "b.yaml", meterTypes: "meters",
        meters: [
            OrderedMeter(position: 1, serial: "S-1", type: "m"), OrderedMeter(position: 2, serial: "S-2", type: "m"),
        ])

    static let bench = BenchDescription(
        id: "bench", title: "Bench", laboratory: Laboratory(name: "Lab", address: ["Street"], accreditation: nil),
        instruments: [
            InstrumentDescription(
                id: "standard", role: .referenceStandard, driver: "scpi-standard",
                wire: .tcp(host: "127.0.0.1", port: 1), manufacturer: "Maker", model: "R", serial: "1",
                traceability: Traceability(
                    certificate: "C-1", issuer: "NMI", calibrated: "2026-01-01", validUntil: "2027-01-01"),
                source: nil,
                accuracy: [
                    StandardRange(
                        current: 0.001...120, voltage: 30...300, certificateU: 0.02, drift: 0.005,
                        temperatureCoefficient: 0.0005)
                ], counter: nil, climate: nil)
        ],
        positions: [
            PositionDescription(number: 1, channel: 1, wire: nil),
            PositionDescription(number: 2, channel: 2, wire: nil),
        ], safe: [SafeStep(instrument: "source", action: .currentOff, within: 0.5)], world: nil, timeScale: 1)

    static let frozen = [FrozenFile(name: "order/o.yaml", bytes: Array("order: ORD-7\n".utf8))]

    static func result(
        _ position: Int, _ point: String, _ verdict: Verdict, attempt: Int = 1,
        measurement: Measurement = .held(seconds: 1)
    ) -> PointResult {
        PointResult(
            position: position, serial: "S-\(position)", point: point, attempt: attempt, measurement: measurement,
            evaluation: Evaluation(verdict: verdict))
    }
}
