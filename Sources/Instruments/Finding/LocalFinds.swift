import BenchCore

/// What is plugged into this machine; found in the kernel's tables and in USB descriptors, nothing is opened for talking.
enum LocalFinds {
    /// Serial ports and USB instruments that were not asked already.
    static func list(_ request: InstrumentScan.Request, besides asked: [ScanFinding]) -> [ScanFinding] {
        serial(request.root, besides: asked) + usb()
    }

    private static func serial(_ root: String, besides asked: [ScanFinding]) -> [ScanFinding] {
        SerialList.ports(root: root).compactMap { port in
            let names = [port.device, port.stableName, port.socketName]
            let known = asked.contains { finding in
                if case .serial(let device, _) = finding.wire { names.contains(device) } else { false }
            }
            guard !known else { return nil }
            let adapter = [port.maker, port.name, port.serial].compactMap(\.self).joined(separator: " ")
            return ScanFinding(
                wire: .serial(device: port.bestName, SerialFormat(baud: 9600, format: "8N1")), identity: nil,
                note:
                    "serial port \(port.device)\(adapter.isEmpty ? "" : ", adapter \(adapter)"); not asked, settings are a guess"
            )
        }
    }

    /// Test and measurement devices, known by their descriptors.
    private static func usb() -> [ScanFinding] {
        USBList.pluggedIn().filter(\.isUSBTMC).map { device in
            let identity = InstrumentIdentity(
                manufacturer: device.maker ?? "", model: device.model ?? "", serial: device.serial ?? "", firmware: "",
                simulated: false)
            let rights = device.mayBeOpened ? "" : "; this user may not open it, see «USB without root» in the README"
            return ScanFinding(
                wire: .usbtmc(vendor: device.vendor, product: device.product, serial: device.serial),
                identity: identity,
                note: "USB, by its descriptors" + rights)
        }
    }
}
