import BenchCore
import TestSupport
import Testing

@testable import Instruments

/// A driver that nobody runs through the suite of its contract is a promise.
@Suite("Conformance covers the drivers")
struct ConformanceCoverageTests {
    /// A driver in a role.
    private struct Part: Hashable, CustomStringConvertible {
        var driver: String, contract: ConformanceContract
        var description: String { "\(driver) as \(contract.rawValue)" }
    }

    /// Drivers without a subject, and why.
    private static let exceptions: [Part: String] = [
        Part(driver: "usb-digitizer", contract: .digitizer):
            "it has its subject in a process of its own, with an emulated device: EmulatedUSBDigitizerTests"
    ]

    private static var covered: Set<Part> {
        get throws {
            Set(
                try ConformanceSubjects.all.compactMap { subject in
                    subject.driver.map { Part(driver: $0, contract: subject.contract) }
                })
        }
    }

    @Test("every driver of the registry and of the shipped types has a subject, or stands in the list of exceptions")
    func drivers() throws {
        let folder = Checkout.path("Fixtures/Instruments")
        var parts = Set(
            DriverRegistry.all.map { Part(driver: $0.name, contract: ConformanceContract($0.role)) })
        let files = try Disk.names(in: folder).filter { $0.hasSuffix(".yaml") }
        #expect(files.count > 10)
        for file in files {
            let type = try InstrumentTypeFile.load(try Disk.read("\(folder)/\(file)"), file: file)
            for entry in type.entries {
                parts.insert(Part(driver: entry.name, contract: ConformanceContract(entry.role)))
            }
        }
        let covered = try Self.covered
        let missing = parts.filter { !covered.contains($0) && Self.exceptions[$0] == nil }
        #expect(missing.isEmpty, "no conformance subject: \(missing.map(\.description).sorted())")
        // A subject of a driver that is not there any more would prove nothing.
        #expect(covered.isSubset(of: parts), "\(covered.subtracting(parts))")
    }

    @Test("every contract of the issue is kept by a driver over a wire and by a simulator")
    func contracts() throws {
        let subjects = try ConformanceSubjects.all
        // What a digitizer sends is no conversation that trouble could be made in.
        let wired = Set(subjects.filter { $0.language != nil || $0.driver != nil }.map(\.contract))
        #expect(wired == Set(ConformanceContract.allCases))
        #expect(Set(subjects.map(\.contract)) == Set(ConformanceContract.allCases))
        #expect(Set(subjects.map(\.name)).count == subjects.count)
    }
}
