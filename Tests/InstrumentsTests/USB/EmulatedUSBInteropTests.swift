import Glibc
import TestSupport
import Testing

@testable import Instruments

/// The emulated device is written from the specification by the same people as the port: whether both are right, and not
/// only wrong alike, clients of other people have to say.
@Suite("USB: other people's clients", .serialized, .enabled(if: Umockdev.isPreloaded, "runs in a second process"))
struct EmulatedUSBInteropTests {
    private func lines(_ client: String, _ device: EmulatedDevice) async throws -> [String: String] {
        let result = try await Peer.run(
            Checkout.python!, [Checkout.path("Tests/InstrumentsTests/Peers/usbtmc_client.py"), client],
            environment: ["LD_PRELOAD": Umockdev.library, "UMOCKDEV_DIR": device.bed], mergeErrors: true)
        #expect(result.exit == 0, "\(result.output)")
        var found: [String: String] = [:]
        for line in result.output.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { found[String(parts[0])] = String(parts[1].drop { $0 == " " }) }
        }
        return found
    }

    @Test(
        "python-usbtmc finds it, asks, reads long blocks, sends long messages, clears an answer away",
        .enabled(if: Checkout.hasPython("usbtmc"), "skipped: no python-usbtmc"))
    func pythonUSBTMC() async throws {
        let device = try await EmulatedDevice()
        let said = try await lines("usbtmc", device)
        #expect(said["found"] == "['1209:4d42']")
        #expect(said["idn"] == "MeterBench,Emulated source,MB0001,1.0")
        for size in [1, 500, 100_000, 2_500_000] { #expect(said["block \(size)"] == "True") }
        #expect(said["long message"] == "True")
        #expect(said["status byte"] == "0")
        #expect(said["after clear"] == "77")
        let counts = try await device.counts()
        #expect(counts["broken"] == 0)
        // What it left is no trouble for our port.
        #expect(try USBTMCPort().ask("NUM? 1") == "1\n")
    }

    @Test(
        "pyvisa-py finds it, asks, reads blocks, aborts after a time-out and goes on",
        .enabled(if: Checkout.hasPython("pyvisa_py"), "skipped: no pyvisa-py"))
    func pyvisa() async throws {
        let device = try await EmulatedDevice()
        let said = try await lines("pyvisa", device)
        #expect(said["found"] == "['USB0::4617::19778::MB0001::0::INSTR']")
        #expect(said["idn"] == "MeterBench,Emulated source,MB0001,1.0")
        for size in [1, 500, 100_000] { #expect(said["block \(size)"] == "True") }
        #expect(said["remote"] == "1")
        #expect(said["silence"] == "VI_ERROR_TMO")
        #expect(said["after time-out"] == "78")
        let counts = try await device.counts()
        #expect(counts["broken"] == 0 && counts["aborts-in"] == 1)
        #expect(try USBTMCPort().ask("NUM? 1") == "1\n")
    }
}
