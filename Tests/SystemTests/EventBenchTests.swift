import BenchCore
import FoundationEssentials
import Reports
import TestSupport
import Testing

/// Voltage events on real wires: source, digitizer, standard, counter and meters over sockets, in time.
@Suite("Voltage events on wires", .serialized)
struct EventBenchTests {
    private static let steps = """
          - event: dips
            apply: { residual: 40 %, duration: 20 cycles, current: In }
            times: 2
            every: 4 s
            within: 5 s
            settle: 10 s
            measure: { repeats: 2 }
            accept: >-
              error >= limit.lower and error <= limit.upper and during >= limit.lower and during <= limit.upper
              and balanced and answers and logged
          - event: an interruption without current
            apply: { residual: 0 %, duration: 1 s, current: open }
            within: 5 s
            settle: 10 s
            accept: abs(change) <= critical-change and answers and logged
        """

    @Test(
        "a dip and an interruption are fired, proved, judged, certified and verified; the meter that counts nothing in dips fails"
    )
    func whole() async throws {
        let bench = try await WiredFixture(
            steps: Self.steps, procedure: "voltage-events", bench: "sampled", number: "DEMO-0003"
        ) { base in
            let order = try WiredFixture.text(base + "/Orders/events.yaml")
            try WiredFixture.write(
                order.replacing("../../Procedures", with: "../Procedures"), base + "/Orders/sampled.yaml")
        }
        let end = try await bench.run().finish(within: 900)
        let summary = try Summary.read(end.output)
        #expect(summary.complete, "\(end.output)")
        #expect(summary.verdicts["DM-26-0103"]?.word == "pass", "\(end.output)")
        #expect(summary.verdicts["DM-26-0104"]?.word == "fail", "\(end.output)")
        let record = try RunRecord.load(RunFolder(path: summary.folder))
        let dips = try #require(record.results[3]?.values.first { $0.point.contains("40 %") })
        guard case .event(let seen) = dips.measurement else {
            Issue.record("\(dips)")
            return
        }
        #expect(seen.firings.count == 2 && seen.firings.allSatisfy { $0.seen.count == 1 })
        let outage = try #require(record.results[3]?.values.first { $0.point.contains("to 0 %") })
        #expect(outage.evaluation.verdict == .pass, "\(outage.evaluation)")
        let verified = try await Peer.run(
            Product.path("meterbench"), ["verify", summary.folder, "--anchor", bench.anchor], mergeErrors: true,
            within: 300)
        #expect(verified.exit == 0, "\(verified.output)")
        let reports = summary.folder + "/reports/"
        let names = try FileManager.default.contentsOfDirectory(atPath: reports).filter { $0.hasSuffix(".json") }
        let certificates = try names.filter { $0.contains("-03-") || $0.contains("-04-") }.map {
            try JSONDecoder().decode(MeterCertificate.self, from: Data(contentsOf: URL(filePath: reports + $0)))
        }
        #expect(certificates.count == 2 && certificates.allSatisfy { $0.events.count == 2 })
        let failed = try #require(certificates.first { $0.item.position == 4 })
        #expect(failed.reasons.contains { $0.contains("energy was lost") }, "\(failed.reasons)")
    }
}
