import BenchCore
import FoundationEssentials
import TestSupport
import Testing

/// `radio` as a person types it.
@Suite("Radio recordings on the command line")
struct RadioVerbTests {
    private func meterbench(_ words: String...) async throws -> (exit: Int32, output: String) {
        try await Peer.run(Product.path("meterbench"), words, folder: Checkout.root, mergeErrors: true, within: 300)
    }

    /// 0.2 s at 250 kS/s around 868.9 MHz: noise, and a tone of 20 ms at 868.95 MHz, 30 dB above the noise in 5 kHz.
    private func recording(in folder: TemporaryFolder) throws -> String {
        var random = SeededGenerator(seed: 1, label: "radio verb")
        var bytes: [UInt8] = []
        for n in 0..<50_000 {
            let on = (15_000..<20_000).contains(n)
            // 50 kHz are a fifth of the rate: five points of a circle.
            let turn: [(Double, Double)] = [(1, 0), (0.309, 0.951), (-0.809, 0.588), (-0.809, -0.588), (0.309, -0.951)]
            let (c, s) = turn[n % 5]
            for part in [c, s] {
                let value = random.normal(mean: 0, standardDeviation: 0.01) + (on ? 0.2 * part : 0)
                let word = UInt16(bitPattern: Int16(value * 32768))
                bytes += [UInt8(word & 255), UInt8(word >> 8)]
            }
        }
        try Disk.write(bytes, to: folder.path + "/one.sigmf-data")
        try Disk.write(
            Array(
                #"{"global": {"core:datatype": "ci16_le", "core:sample_rate": 250000}, "captures": [{"core:sample_start": 0, "core:frequency": 868900000}]}"#
                    .utf8), to: folder.path + "/one.sigmf-meta")
        return folder.path + "/one.sigmf-meta"
    }

    @Test(
        "it prints the burst, its duty cycle and the verdicts, as text and as JSON, and ends with the code of the verdict"
    )
    func survey() async throws {
        let folder = try TemporaryFolder()
        let path = try recording(in: folder)
        let plain = try await meterbench("radio", path)
        #expect(plain.exit == 0)
        #expect(plain.output.contains("868.95"))
        #expect(plain.output.contains("20.0"))
        let rules = "Procedures/Radio/etsi-en-300-220.yaml"
        // 10 % of a recording that is told to be representative are more than 0.1 %.
        let failed = try await meterbench(
            "radio", path, "--rules", rules, "--representative", "--full-scale", "20 ± 1 dBm erp")
        #expect(failed.exit == 1)
        #expect(failed.output.contains("FAIL  duty cycle, 868.7 to 869.2 MHz, non-specific: 10.0"))
        #expect(failed.output.contains("Annex B (two-sources, confidence high); bursts 0"))
        let open = try await meterbench("radio", path, "--rules", rules, "--json")
        #expect(open.exit == 2)
        let surveys = try JSONDecoder().decode([RadioSurvey].self, from: Data(open.output.utf8))
        let survey = try #require(surveys.first)
        #expect(survey.bursts.count == 1)
        #expect(abs((survey.bursts.first?.sample ?? 0) - 15_000) < 50)
        #expect(survey.sha256.count == 64)
    }

    @Test("what cannot be read is told in one line")
    func bad() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/x.cs16"
        try Disk.write([1, 2, 3], to: path)
        let cut = try await meterbench("radio", path, "--rate", "250000", "--centre", "868000000")
        #expect(cut.exit == 65)
        #expect(cut.output.contains("at byte 0: ends with 3 bytes of a sample of 4"))
        #expect(try await meterbench("radio", path).exit == 65)
        #expect(try await meterbench("radio", folder.path + "/none.cs16").exit == 66)
        #expect(try await meterbench("radio", path, "--form", "mp3").exit == 64)
        #expect(try await meterbench("radio").exit == 64)
        let check = try await meterbench(
            "check", "Procedures/Radio/etsi-en-300-220.yaml", "Procedures/Radio/fcc-15-247.yaml",
            "Procedures/Radio/fcc-exposure.yaml", "Procedures/Radio/en-13757-4.yaml")
        #expect(check.exit == 0, "\(check.output)")
    }
}
