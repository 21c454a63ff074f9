import BenchCore
import Glibc

/// A serial port of this machine, as the kernel's tables show it; nothing is opened to find it.
public struct SerialListing: Sendable, Hashable {
    /// `/dev/ttyUSB0`: changes with the order of plugging in.
    public var device: String
    /// `/dev/serial/by-id/usb-FTDI_…`: stays with the adapter; this is what belongs into a bench file. `nil` without one.
    public var stableName: String?
    /// `/dev/serial/by-path/…`: stays with the socket; for adapters without a serial number.
    public var socketName: String?
    /// The driver's name: `ftdi_sio`, `cdc_acm`, `serial8250`.
    public var driver: String
    /// USB vendor and product, and the texts of the adapter; `nil` for what is no USB device.
    public var vendor: UInt16?, product: UInt16?
    /// The adapter's own serial number, maker and name.
    public var serial: String?, maker: String?, name: String?

    /// The name for a bench file: the stable one where there is one.
    public var bestName: String { stableName ?? socketName ?? device }
}

/// Finds the serial ports of this machine in sysfs and under `/dev/serial`.
public enum SerialList {
    /// All ports with hardware behind them, by device name. `root` is `/`, or a folder that imitates one.
    public static func ports(root: String = "/") -> [SerialListing] {
        let base = root.hasSuffix("/") ? root : root + "/"
        let names = ((try? Disk.names(in: base + "sys/class/tty")) ?? []).sorted { ($0.count, $0) < ($1.count, $1) }
        let stable = links(in: "dev/serial/by-id", base)
        let sockets = links(in: "dev/serial/by-path", base)
        return names.compactMap { name in
            guard var found = listing(name, base) else { return nil }
            found.stableName = stable[name]
            found.socketName = sockets[name]
            return found
        }
    }

    private static func listing(_ name: String, _ base: String) -> SerialListing? {
        let folder = base + "sys/class/tty/" + name
        // Consoles and pseudo-terminals have no device behind them.
        guard let device = SerialLock.resolved(folder + "/device"),
            let driver = SerialLock.resolved(folder + "/device/driver")
        else { return nil }
        // The 8250 driver lists ports that are not there as type 0 (PORT_UNKNOWN).
        if let type = text(folder + "/type"), type == "0" { return nil }
        var found = SerialListing(
            device: "/dev/" + name, driver: String(driver.split(separator: "/").last ?? ""))
        var at = device
        while at.utf8.count > base.utf8.count {
            if let vendor = text(at + "/idVendor"), let product = text(at + "/idProduct") {
                found.vendor = UInt16(vendor, radix: 16)
                found.product = UInt16(product, radix: 16)
                found.serial = text(at + "/serial")
                found.maker = text(at + "/manufacturer")
                found.name = text(at + "/product")
                break
            }
            guard let slash = at.lastIndex(of: "/") else { break }
            at = String(at[..<slash])
        }
        return found
    }

    /// Links of a folder, by the last part of what they lead to.
    private static func links(in folder: String, _ base: String) -> [String: String] {
        var found: [String: String] = [:]
        for name in ((try? Disk.names(in: base + folder)) ?? []).sorted().reversed() {
            var target = [CChar](repeating: 0, count: 4096)
            let n = readlink(base + folder + "/" + name, &target, target.count)
            guard n > 0 else { continue }
            let path = String(decoding: target[..<n].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if let last = path.split(separator: "/").last { found[String(last)] = "/\(folder)/\(name)" }
        }
        return found
    }

    private static func text(_ path: String) -> String? {
        guard let bytes = try? Disk.read(path) else { return nil }
        let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first.map(String.init)
        return line?.isEmpty == false ? line : nil
    }
}
