import CLibUSB
import Glibc

/// What is known of a plugged-in USB device without asking it anything.
public struct USBDevice: Sendable, Hashable, CustomStringConvertible {
    /// Vendor and product as in the device descriptor, e.g. 0x1AB1 and 0x04B0.
    public let vendor: UInt16, product: UInt16
    /// Serial number, maker and model as the device calls itself; `nil` where it has none.
    public let serial: String?, maker: String?, model: String?
    /// Whether it has an interface of the test and measurement class, and of its USB488 subclass.
    public let isUSBTMC: Bool, isUSB488: Bool
    /// Bus and address; they change at each plugging in.
    public let bus: Int, address: Int
    /// Whether this user may open it (see «USB without root» in the README).
    public let mayBeOpened: Bool

    /// `1AB1:04B0 serial number DS2A123, Rigol Technologies DS2072A`.
    public var description: String {
        var text = Self.name(vendor, product)
        if let serial { text += " serial number \(serial)" }
        let called = [maker, model].compactMap { $0 }.joined(separator: " ")
        return called.isEmpty ? text : text + ", " + called
    }

    /// `1AB1:04B0`.
    static func name(_ vendor: UInt16, _ product: UInt16) -> String { hex(vendor) + ":" + hex(product) }

    private static func hex(_ number: UInt16) -> String {
        let digits = String(number, radix: 16, uppercase: true)
        return String(repeating: "0", count: 4 - digits.count) + digits
    }
}

/// The devices that are plugged in, as `instruments scan` shows them.
public enum USBList {
    /// Lists all devices but hubs. Reads what the kernel knows: nothing is sent to any device, and none is opened.
    ///
    /// Empty also where there is no USB at all.
    public static func pluggedIn() -> [USBDevice] {
        guard let context = USBContext() else { return [] }
        return context.devices().map(\.about).filter { !$0.isHub }.map(\.device)
    }
}

/// A context of libusb; used by one thread.
final class USBContext {
    let raw: OpaquePointer

    /// `nil` where the machine has no USB.
    init?() {
        var made: OpaquePointer?
        guard libusb_init(&made) == 0, let made else { return nil }
        raw = made
    }

    deinit { libusb_exit(raw) }

    /// A device of libusb, held as long as this object lives.
    final class Entry {
        let raw: OpaquePointer
        let about: (device: USBDevice, isHub: Bool)
        /// The interface of the test and measurement class.
        let usbtmc: USBInterface?

        init?(_ device: OpaquePointer) {
            var descriptor = libusb_device_descriptor()
            guard libusb_get_device_descriptor(device, &descriptor) == 0 else { return nil }
            raw = libusb_ref_device(device)
            usbtmc = USBInterface.find(in: device) {
                $0.bInterfaceClass == USBTMC.interfaceClass && $0.bInterfaceSubClass == USBTMC.interfaceSubclass
            }
            let bus = Int(libusb_get_bus_number(device)), address = Int(libusb_get_device_address(device))
            let folder = Self.folder(device, bus: bus)
            let node = "/dev/bus/usb/" + Self.three(bus) + "/" + Self.three(address)
            about = (
                USBDevice(
                    vendor: descriptor.idVendor, product: descriptor.idProduct,
                    serial: folder.flatMap { Self.line($0 + "/serial") },
                    maker: folder.flatMap { Self.line($0 + "/manufacturer") },
                    model: folder.flatMap { Self.line($0 + "/product") },
                    isUSBTMC: usbtmc != nil, isUSB488: usbtmc?.interfaceProtocol == USBTMC.usb488Protocol,
                    bus: bus, address: address, mayBeOpened: access(node, R_OK | W_OK) == 0),
                descriptor.bDeviceClass == LIBUSB_CLASS_HUB.rawValue
            )
        }

        deinit { libusb_unref_device(raw) }

        private static func three(_ number: Int) -> String {
            String(repeating: "0", count: max(0, 3 - String(number).count)) + String(number)
        }

        /// The device's folder in sysfs: bus, then the ports on the way to it.
        private static func folder(_ device: OpaquePointer, bus: Int) -> String? {
            // Seven ports at most (USB 3.2, 8.9: route string of five hubs, root port; libusb says 7).
            var ports = [UInt8](repeating: 0, count: 7)
            let count = Int(libusb_get_port_numbers(device, &ports, 7))
            guard count > 0 else { return nil }
            return "/sys/bus/usb/devices/\(bus)-" + ports[..<count].map(String.init).joined(separator: ".")
        }

        /// The text of a small file, without the line feed; the kernel read it when the device was plugged in.
        private static func line(_ path: String) -> String? {
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return nil }
            defer { close(descriptor) }
            var bytes = [UInt8](repeating: 0, count: 512)
            let n = read(descriptor, &bytes, bytes.count)
            guard n > 0 else { return nil }
            let text = String(decoding: bytes[..<n], as: UTF8.self)
            let bare = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
            return bare.isEmpty ? nil : bare
        }
    }

    /// All devices that are plugged in, in the order of bus and address.
    func devices() -> [Entry] {
        var list: UnsafeMutablePointer<OpaquePointer?>?
        let count = libusb_get_device_list(raw, &list)
        guard count >= 0, let list else { return [] }
        defer { libusb_free_device_list(list, 1) }
        return (0..<count).compactMap { list[$0].flatMap(Entry.init) }
            .sorted { ($0.about.device.bus, $0.about.device.address) < ($1.about.device.bus, $1.about.device.address) }
    }

    /// libusb's name of an error, e.g. `LIBUSB_ERROR_PIPE`.
    static func words(_ code: Int32) -> String { String(cString: libusb_error_name(code)) }
}

/// One interface of a device and its endpoints.
struct USBInterface: Sendable {
    let number: Int32, interfaceProtocol: UInt8, configuration: Int32
    let bulkOut: UInt8?, bulkIn: UInt8?, interruptIn: UInt8?
    /// Bytes of a packet of the bulk-in endpoint.
    let packet: Int

    /// The first interface (alternate setting 0) of the active configuration that `wanted` takes.
    static func find(
        in device: OpaquePointer, _ wanted: (libusb_interface_descriptor) -> Bool
    ) -> USBInterface? {
        var found: UnsafeMutablePointer<libusb_config_descriptor>?
        guard
            libusb_get_active_config_descriptor(device, &found) == 0
                || libusb_get_config_descriptor(device, 0, &found) == 0,
            let found
        else { return nil }
        defer { libusb_free_config_descriptor(found) }
        for index in 0..<Int(found.pointee.bNumInterfaces) {
            let interface = found.pointee.interface[index]
            guard interface.num_altsetting > 0 else { continue }
            let setting = interface.altsetting[0]
            guard wanted(setting) else { continue }
            return USBInterface(setting, configuration: Int32(found.pointee.bConfigurationValue))
        }
        return nil
    }

    private init(_ setting: libusb_interface_descriptor, configuration: Int32) {
        number = Int32(setting.bInterfaceNumber)
        interfaceProtocol = setting.bInterfaceProtocol
        self.configuration = configuration
        var bulkOut: UInt8?, bulkIn: UInt8?, interruptIn: UInt8?, packet = 64
        for index in 0..<Int(setting.bNumEndpoints) {
            let endpoint = setting.endpoint[index]
            // Transfer type 2 is bulk, 3 interrupt; the top bit of the address says in (USB 2.0, table 9-13).
            switch (endpoint.bmAttributes & 3, endpoint.bEndpointAddress & 0x80 != 0) {
            case (2, true) where bulkIn == nil:
                bulkIn = endpoint.bEndpointAddress
                packet = max(8, Int(endpoint.wMaxPacketSize & 0x7FF))
            case (2, false) where bulkOut == nil: bulkOut = endpoint.bEndpointAddress
            case (3, true) where interruptIn == nil: interruptIn = endpoint.bEndpointAddress
            default: break
            }
        }
        self.bulkOut = bulkOut
        self.bulkIn = bulkIn
        self.interruptIn = interruptIn
        self.packet = packet
    }
}
