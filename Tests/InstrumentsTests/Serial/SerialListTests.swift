import BenchCore
import Glibc
import TestSupport
import Testing

@testable import Instruments

@Suite("Serial ports of a machine")
struct SerialListTests {
    /// A folder that imitates sysfs as the kernel lays it out for one FTDI adapter, one board port and one empty one.
    private func root() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        func file(_ path: String, _ text: String) throws {
            try Disk.makeFolder(Disk.parent(folder.path + path))
            try Disk.write(Array(text.utf8), to: folder.path + path)
        }
        func link(_ path: String, to target: String) throws {
            try Disk.makeFolder(Disk.parent(folder.path + path))
            #expect(symlink(target, folder.path + path) == 0)
        }
        let usb = "/sys/devices/pci0/usb1/1-2"
        try file(usb + "/idVendor", "0403\n")
        try file(usb + "/idProduct", "6001\n")
        try file(usb + "/manufacturer", "FTDI\n")
        try file(usb + "/product", "FT232R USB UART\n")
        try file(usb + "/serial", "A9X1\n")
        try Disk.makeFolder(folder.path + "/sys/bus/usb-serial/drivers/ftdi_sio")
        try Disk.makeFolder(folder.path + "/sys/bus/platform/drivers/serial8250")
        try file(usb + "/1-2:1.0/ttyUSB0/port_number", "0\n")
        try link(usb + "/1-2:1.0/ttyUSB0/driver", to: folder.path + "/sys/bus/usb-serial/drivers/ftdi_sio")
        try link("/sys/class/tty/ttyUSB0/device", to: folder.path + usb + "/1-2:1.0/ttyUSB0")
        for (name, type) in [("ttyS0", "4"), ("ttyS1", "0")] {
            try file("/sys/devices/platform/\(name)/x", "")
            try link("/sys/devices/platform/\(name)/driver", to: folder.path + "/sys/bus/platform/drivers/serial8250")
            try file("/sys/class/tty/\(name)/type", type + "\n")
            try link("/sys/class/tty/\(name)/device", to: folder.path + "/sys/devices/platform/\(name)")
        }
        try file("/sys/class/tty/tty7/dev", "4:7\n")
        try link("/dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A9X1-if00-port0", to: "../../ttyUSB0")
        try link("/dev/serial/by-path/pci-0-usb-0:2:1.0-port0", to: "../../ttyUSB0")
        return folder
    }

    @Test("an adapter is listed with its stable name, maker and serial number; what has no hardware is left out")
    func list() throws {
        let folder = try root()
        let ports = SerialList.ports(root: folder.path)
        #expect(ports.map(\.device) == ["/dev/ttyS0", "/dev/ttyUSB0"])
        let adapter = try #require(ports.last)
        #expect(adapter.bestName == "/dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A9X1-if00-port0")
        #expect(adapter.socketName == "/dev/serial/by-path/pci-0-usb-0:2:1.0-port0")
        #expect(adapter.vendor == 0x0403 && adapter.product == 0x6001 && adapter.serial == "A9X1")
        #expect(adapter.driver == "ftdi_sio" && adapter.maker == "FTDI" && adapter.name == "FT232R USB UART")
        #expect(ports[0].vendor == nil && ports[0].bestName == "/dev/ttyS0" && ports[0].driver == "serial8250")
    }

    @Test("a machine without any is an empty list")
    func none() throws {
        let folder = try TemporaryFolder()
        #expect(SerialList.ports(root: folder.path).isEmpty)
    }
}
