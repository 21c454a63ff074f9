public import BenchCore
import FoundationEssentials

/// What one look at an instrument found.
public struct CheckFinding: Sendable, Hashable, Codable {
    /// How it is.
    public enum Grade: String, Sendable, Hashable, Codable, CaseIterable {
        case ok, warning, failed
        /// As a table shows it.
        var mark: String {
            switch self {
            case .ok: return "ok  "
            case .warning: return "WARN"
            case .failed: return "FAIL"
            }
        }
    }
    /// The instrument's id, or `position 3`.
    public var id: String
    /// Driver and wire.
    public var driver: String, wire: String
    /// How it is, and why, in sentences.
    public var grade: Grade, reasons: [String]
    /// The first fault; its code decides how the program ends.
    public var fault: Fault?

    /// One line for a table.
    public var line: String { "\(grade.mark)  \(id)  \(driver)  \(wire)  \(reasons.joined(separator: "; "))" }

    mutating func add(_ grade: Grade, _ reason: String, _ fault: Fault? = nil) {
        reasons.append(reason)
        self.fault = self.fault ?? fault
        if Grade.allCases.firstIndex(of: grade) ?? 0 > Grade.allCases.firstIndex(of: self.grade) ?? 0 {
            self.grade = grade
        }
    }
}

/// Looks at every instrument of a bench: is it there, is it the one of the file, does it complain, is its calibration valid.
public enum InstrumentCheck {
    /// Seconds that one instrument may take for all questions.
    static let limit = 20.0

    /// Asks all instruments and meter wires at once; instruments of one wire in turn. Nothing is switched.
    ///
    /// - Parameter day: `YYYY-MM-DD`, for the validity of calibrations.
    public static func run(
        _ bench: BenchDescription, types: [String: InstrumentType], day: String, scpi: WireTimeouts = .scpi,
        modbus: WireTimeouts = .modbus
    ) async -> [CheckFinding] {
        let wires = Wires(scpi: scpi, modbus: modbus)
        let expired = Dictionary(grouping: BenchCheck.expired(bench, on: day)) { message in
            bench.instruments.first { message.contains("«\($0.id)»") }?.id ?? ""
        }
        let findings = await withTaskGroup(of: (Int, CheckFinding).self) { group in
            for (index, instrument) in bench.instruments.enumerated() {
                group.addTask {
                    (index, await look(instrument, types, wires, expired[instrument.id] ?? []))
                }
            }
            for (index, position) in bench.positions.enumerated() {
                guard let wire = position.wire else { continue }
                group.addTask {
                    (bench.instruments.count + index, await look(position.number, wire, wires))
                }
            }
            var all: [(Int, CheckFinding)] = []
            for await one in group { all.append(one) }
            return all.sorted { $0.0 < $1.0 }.map(\.1)
        }
        await wires.close()
        return findings
    }

    private static func look(
        _ instrument: InstrumentDescription, _ types: [String: InstrumentType], _ wires: Wires, _ expired: [String]
    ) async -> CheckFinding {
        var finding = CheckFinding(
            id: instrument.id, driver: instrument.driver, wire: instrument.wire.wireName, grade: .ok, reasons: [])
        do {
            let entry = try DriverRegistry.entry(for: instrument, types: types)
            let driver = try await entry.make(
                DriverContext(description: instrument, wires: wires, time: RealTime()))
            // Asking for the identity may empty the queue.
            let errors = try await within(instrument.id) { try await driver.errors() }
            let identity = try await within(instrument.id) { try await driver.identify() }
            finding.reasons.append(
                [identity.manufacturer, identity.model, identity.serial, identity.firmware].filter { !$0.isEmpty }
                    .joined(separator: " "))
            for (what, answered, expected) in [
                ("maker", identity.manufacturer, instrument.manufacturer), ("model", identity.model, instrument.model),
                ("serial number", identity.serial, instrument.serial),
            ] where !expected.isEmpty && answered != expected {
                let fault = Fault(
                    .wrongDevice, instrument.id, "\(what) is «\(answered)»; the bench file says «\(expected)»")
                finding.add(.failed, fault.detail, fault)
            }
            if !errors.isEmpty { finding.add(.warning, "its error queue held " + errors.joined(separator: ", ")) }
            if identity.simulated { finding.add(.warning, "is a simulator") }
            for row in entry.unconfirmed { finding.add(.warning, "not confirmed by the maker's manual: \(row)") }
        } catch {
            let fault = Fault.from(error, at: instrument.id)
            finding.add(.failed, "\(fault.code.rawValue): \(fault.detail)", fault)
        }
        for message in expired { finding.add(.failed, message, Fault(.expired, instrument.id, message)) }
        if expired.isEmpty, let trace = instrument.traceability {
            finding.reasons.append("calibration \(trace.certificate) valid until \(trace.validUntil)")
        }
        return finding
    }

    /// A meter's wire: does anything answer there.
    private static func look(_ position: Int, _ wire: WireAddress, _ wires: Wires) async -> CheckFinding {
        let id = "position \(position)"
        var finding = CheckFinding(id: id, driver: "meter", wire: WireText.text(wire), grade: .ok, reasons: [])
        do {
            let (line, number) = try await wires.modbus(wire, for: id)
            let unit = ModbusUnit(line: line, unit: number, id: id)
            try await within(id) {
                do {
                    _ = try await unit.words(function: 3, address: 0, count: 1)
                } catch let fault as Fault where fault.code == .modbusException {
                    // A refusal is an answer too.
                }
            }
            finding.reasons.append("a meter answers")
        } catch {
            let fault = Fault.from(error, at: id)
            finding.add(.failed, "\(fault.code.rawValue): \(fault.detail)", fault)
        }
        return finding
    }

    private static func within<T: Sendable>(_ id: String, _ body: @escaping @Sendable () async throws -> T) async throws
        -> T
    {
        let late = Fault(.timeout, id, "no answer within \(Decimal.shortest(limit)) s")
        return try await RealTime().within(life: limit, else: late, body)
    }
}

extension [CheckFinding] {
    /// The findings as JSON.
    public func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}
