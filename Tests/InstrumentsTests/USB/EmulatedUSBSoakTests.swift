import BenchCore
import Glibc
import TestSupport
import Testing

@testable import Instruments

@Suite("USB: hundreds of faults", .serialized, .enabled(if: Umockdev.isPreloaded, "runs in a second process"))
struct EmulatedUSBSoakTests {
    /// Faults and what becomes of them: `true` when the exchange must fail, `false` when the port must hide nothing and
    /// still answer right.
    private static let faults: [(name: String, value: Int, fails: Bool)] = [
        ("silence", 0, true), ("stall-in", 0, true), ("stall-out", 0, true), ("wrong-tag", 0, true),
        ("wrong-inverse", 0, true), ("wrong-kind", 0, true), ("too-long", 0, true), ("short-header", 7, true),
        ("cut", 14, true), ("error-in", 0, true), ("error-in", 2, true), ("error-out", 0, true),
        ("silence-out", 0, true), ("unplug-in", 5, true), ("unplug-out", 3, true), ("chop", 2, false),
    ]

    @Test("three hundred random faults are all noticed, and all recovered from; no answer is ever another query's")
    func soak() async throws {
        let device = try await EmulatedDevice()
        var random = SeededGenerator(seed: 20_261_121, label: "usb faults")
        var port: USBTMCPort! = try USBTMCPort()
        var injected = 0, recovered = 0, byPort = 0, byNewPort = 0, absorbed = 0
        for round in 0..<300 {
            let fault = Self.faults.randomElement(using: &random)!
            // Every third fault meets a device that takes its time to abort and to clear.
            if round % 3 == 0 {
                try await device.order("disarm", answer: "disarmed")
                try await device.arm("pending", value: 2)
                try await device.arm("pending-clear", value: 1)
            }
            try await device.arm(fault.name, value: fault.value)
            injected += 1
            let number = Int.random(in: 100_000...999_999, using: &random)
            // Only silence has to be waited for.
            let patience = fault.name.hasPrefix("silence") ? 0.25 : 10
            do throws(PortTrouble) {
                let answer = try port.ask("NUM? \(number)", within: patience, sending: patience)
                #expect(answer == "\(number)\n" && !fault.fails, "round \(round): \(fault.name) was answered \(answer)")
                absorbed += 1
            } catch {
                #expect(fault.fails, "round \(round): \(fault.name) gives \(error)")
                if case .lost = error { try await device.plug() }
                if port.recover() {
                    byPort += 1
                } else {
                    // Given back before it is asked for again.
                    port = nil
                    port = try USBTMCPort()
                    byNewPort += 1
                }
            }
            let next = Int.random(in: 100_000...999_999, using: &random)
            let answer = try? port.ask("NUM? \(next)")
            #expect(answer == "\(next)\n", "round \(round): after \(fault.name) the answer is \(answer ?? "none")")
            if answer == "\(next)\n" { recovered += 1 }
        }
        let counts = try await device.counts()
        print(
            "figure: \(injected) faults injected, \(recovered) recovered (\(byPort) by abort and clear, "
                + "\(byNewPort) by a new port after an unplugging, \(absorbed) without loss), \(injected - recovered) lost"
        )
        #expect(recovered == injected)
        #expect(counts["broken"] == 0, "the port broke a rule itself")
        #expect(byPort > 150 && byNewPort > 10 && absorbed > 5)
    }
}
