internal import CLibModbus
internal import CLibUSB

/// Versions of the C libraries behind the wires, for the evidence and for `meterbench version`.
public enum LinkedLibraries {
    /// `libusb 1.0.26` and the like.
    public static var versions: [String] {
        let usb = libusb_get_version().pointee
        return [
            "libusb \(usb.major).\(usb.minor).\(usb.micro)",
            "libmodbus \(libmodbus_version_major).\(libmodbus_version_minor).\(libmodbus_version_micro)",
        ]
    }
}
