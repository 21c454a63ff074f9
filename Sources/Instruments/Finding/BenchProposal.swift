public import BenchCore

/// A bench file as far as it can be known from outside; the rest is marked `FILL IN`.
public enum BenchProposal {
    /// The text of the file. `types` are the instrument types at hand, `folder` where they are as the bench file would name it, `day` today.
    public static func text(
        _ findings: [ScanFinding], types: [InstrumentType], folder: String, day: String
    ) -> String {
        var lines = [
            "# Proposed by «meterbench instruments scan» on \(day). What says FILL IN cannot be found out from outside;",
            "# «meterbench check» names everything that is missing.",
            "bench: fill-in",
            "title: FILL IN",
            "laboratory:",
            "  name: FILL IN",
            "  address: [FILL IN]",
            "instrument-types: \(folder)",
            "",
            "instruments:",
        ]
        for (index, finding) in findings.enumerated() {
            let identity = finding.identity
            let type = identity.flatMap { match($0, types) }
            lines.append("  - id: instrument-\(index + 1)")
            if let type {
                let roles = type.roles
                lines.append(
                    "    role: \(roles.first?.rawValue ?? "FILL IN")"
                        + (roles.count > 1
                            ? "    # or \(roles.dropFirst().map(\.rawValue).joined(separator: ", "))" : ""))
                lines.append("    driver: \(type.name)")
            } else {
                lines.append(
                    "    role: FILL IN    # \(InstrumentRole.allCases.map(\.rawValue).joined(separator: ", "))")
                lines.append("    driver: FILL IN")
            }
            lines.append("    wire: \(yaml(finding.wire))")
            lines.append("    manufacturer: \(scalar(identity?.manufacturer))")
            lines.append("    model: \(scalar(identity?.model))")
            lines.append("    serial: \(scalar(identity?.serial))")
            if !finding.note.isEmpty { lines.append("    # \(finding.note)") }
            lines.append("    # FILL IN: what belongs to the role (range, accuracy, traceability …)")
        }
        lines += [
            "", "positions:",
            "  - { position: 1, channel: 1 }    # FILL IN: one line for each place, with the wire of its meter",
            "", "safe:    # FILL IN: what switches the bench off, in order",
            "  - { instrument: FILL IN, action: current-off, within: 500 ms }", "",
        ]
        return lines.joined(separator: "\n")
    }

    /// The instrument type that an identity fits: maker begins alike, model begins as one of the type's.
    static func match(_ identity: InstrumentIdentity, _ types: [InstrumentType]) -> InstrumentType? {
        types.first { type in
            let maker = identity.manufacturer.lowercased()
            let known = type.manufacturer.lowercased()
            guard maker.hasPrefix(known.prefix { $0 != " " }) else { return false }
            return type.models.contains { identity.model.uppercased().hasPrefix($0.uppercased()) }
        }
    }

    /// A wire as bench files write it.
    public static func yaml(_ wire: WireAddress) -> String {
        func host(_ name: String) -> String { name.contains(":") ? "[\(name)]" : name }
        switch wire {
        case .tcp(let name, let port): return "{ tcp: \(host(name)):\(port) }"
        case .modbusTCP(let name, let port, let unit): return "{ modbus-tcp: \(host(name)):\(port), unit: \(unit) }"
        case .modbusRTU(let device, let baud, let format, let unit, let rs485):
            return
                "{ modbus-rtu: \(device), settings: \(baud) \(format), unit: \(unit)\(rs485 == true ? ", rs485: yes" : "") }"
        case .serial(let device, let format):
            let flow = format.flow == .none ? "" : ", flow: \(format.flow.rawValue)"
            return
                "{ serial: \(device), settings: \(format.baud) \(format.format)\(flow)\(format.rs485 ? ", rs485: yes" : "") }"
        case .usbtmc(let vendor, let product, let serial):
            return "{ usbtmc: \(WireAddress.hex(vendor)):\(WireAddress.hex(product))"
                + (serial.map { ", serial-number: \($0)" } ?? "")
                + " }"
        case .vxi11(let name, let device, let port):
            let place = port.map { "\(host(name)):\($0)" } ?? name
            return "{ vxi-11: \(place), device: \(device.contains(",") ? "\"\(device)\"" : device) }"
        case .hislip(let name, let port, let device): return "{ hislip: \(host(name)):\(port), device: \(device) }"
        case .usb(let vendor, let product, let serial, let interface):
            return "{ usb: \(WireAddress.hex(vendor)):\(WireAddress.hex(product)), interface: \(interface)"
                + (serial.map { ", serial-number: \($0)" } ?? "") + " }"
        case .alsa(let device): return "{ alsa: \"\(device)\" }"
        case .file(let path): return "{ file: \"\(path)\" }"
        }
    }

    private static func scalar(_ text: String?) -> String {
        guard let text, !text.isEmpty else { return "FILL IN" }
        let plain =
            text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || " -_./()".contains($0)) }
            && text.first != "-"
        return plain && text.first != " " && text.last != " "
            ? text : "\"" + text.filter { $0 != "\"" && $0 != "\\" } + "\""
    }
}
