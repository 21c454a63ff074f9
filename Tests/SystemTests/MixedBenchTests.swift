import BenchCore
import FoundationEssentials
import TestSupport
import Testing

/// A bench of which some meters are ours and some are played by an independent Modbus implementation (pymodbus).
@Suite("Mixed bench")
struct MixedBenchTests {
    static let steps = """
          - accuracy: balanced load
            matrix:
              power-factor: [1]
              current: [100 % Ib]
            settle: 10 s
            measure: { repeats: 3, uncertainty: at most 1/5 of limit }
            accept: error >= limit.lower and error <= limit.upper

          - register: register against pulses and standard
            apply: { voltage: Un, current: Imax, power-factor: 1 }
            settle: 10 s
            energy: computed
            accept: error >= limit.lower and error <= limit.upper and abs(pulses-deviation) <= limit / 10
        """

    @Test(
        "an SDM630 of an independent server is met and read beside a simulated one; exception, silence and late answer are told apart",
        .enabled(if: Checkout.hasPython("pymodbus"), "skipped: no pymodbus"))
    func mixed() async throws {
        let python = try #require(Checkout.python)
        let server = try Peer(
            python,
            [
                Checkout.path("Tests/InstrumentsTests/Peers/modbus_meter.py"), "tcp", "2=sdm630",
                "3=sdm630:exception=4", "4=sdm630:silent", "5=sdm630:late=0.9",
            ])
        let port = try await server.expect("ready ")
        let bench = try await WiredFixture(steps: Self.steps, procedure: "iec62053-21") { base in
            var text = try WiredFixture.text(base + "/Benches/demo.yaml")
            let head = text.prefix(upTo: try #require(text.firstRange(of: "\npositions:")).lowerBound)
            let tail = text.suffix(from: try #require(text.firstRange(of: "\nsafe:")).lowerBound)
            let own = try #require(text.firstMatch(of: /position: 1, channel: 1, wire: (\{[^}]*\})/)).1
            let others = (2...5).map {
                "  - { position: \($0), channel: \($0), wire: { modbus-tcp: 127.0.0.1:\(port), unit: \($0) } }\n"
            }
            text = head + "\npositions:\n  - { position: 1, channel: 1, wire: \(own) }\n" + others.joined() + tail
            try WiredFixture.write(text, base + "/Benches/demo.yaml")
            // 0x01345678 is the serial number that the independent server answers.
            let serials = [20_207_001, 20_207_224, 20_207_003, 20_207_004, 20_207_005]
            let meters = serials.enumerated().map { index, serial in
                "  - { position: \(index + 1), type: eastron-sdm630, serial: \"\(serial)\""
            }
            try WiredFixture.write(
                """
                world: mixed
                seed: 7
                meter-types: ../Meters
                not-played: [position 2, position 3, position 4, position 5]
                meters:
                """ + "\n" + meters.map { $0 + ", gain: 0.1 %, noise: 0.003 % }\n" }.joined(),
                base + "/Benches/demo-world.yaml")
            try WiredFixture.write(
                """
                order: DEMO-0001
                customer: [Example Utility plc]
                batch: MIXED
                operator: A. Demonstrator
                procedure: ../Procedures/iec62053-21.yaml
                bench: ../Benches/demo.yaml
                meter-types: ../Meters
                meters:
                """ + "\n" + meters.map { $0 + " }\n" }.joined(), base + "/Orders/demo.yaml")
        }
        let end = try await bench.run().finish(within: 300)
        let summary = try Summary.read(end.output)
        #expect(summary.complete)
        #expect(end.exit == 1, "\(end.output)")
        #expect(summary.verdicts["20207001"]?.word == "pass")

        var met: [Int: MeterMet] = [:]
        var results: [Int: PointResult] = [:]
        for line in try bench.journal().split(separator: "\n") {
            switch try JSONDecoder().decode(JournalEntry.self, from: Data(line.utf8)).what {
            case .meter(let meter): met[meter.position] = meter
            case .result(let result) where result.point.contains("register"): results[result.position] = result
            default: break
            }
        }
        #expect(met[1]?.identity?.serial == "20207001")
        #expect(met[2]?.identity?.serial == "20207224" && met[2]?.identity?.simulated == false)
        #expect(met[3]?.fault?.code == .modbusException)
        #expect(met[4]?.fault?.code == .timeout)
        #expect(met[5]?.fault?.code == .lateAnswer)
        // Its register stands still while energy flows: right by pulses, wrong by register.
        if case .register(let seen) = results[2]?.measurement {
            // 1234.56 kWh as the server answers it.
            #expect(abs(seen.tested.begin - 1234.56) < 0.001 && seen.tested.end == seen.tested.begin)
        } else {
            Issue.record("position 2 has no register reading: \(String(describing: results[2]?.measurement))")
        }
        #expect(results[2]?.evaluation.verdict.word == "fail")
        for position in 3...5 {
            if case .notTaken = results[position]?.measurement { continue }
            Issue.record("position \(position): \(String(describing: results[position]?.measurement))")
        }
    }
}
