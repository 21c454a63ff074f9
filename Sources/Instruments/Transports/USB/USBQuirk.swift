/// What instruments do against the specification, by vendor and product; each row with the public source that says so.
struct USBQuirk: OptionSet, Hashable, Sendable {
    let rawValue: Int

    /// Says that it takes REN_CONTROL, GO_TO_LOCAL and LOCAL_LOCKOUT, and must not be sent them.
    static let noRemote = USBQuirk(rawValue: 1)
    /// Wants a USB reset when it is opened.
    static let resetAtOpen = USBQuirk(rawValue: 2)
    /// Hangs at INITIATE_CLEAR.
    static let noClear = USBQuirk(rawValue: 4)
    /// Only the first transfer of an answer has a header; a second request starts the answer anew; the header's size and
    /// end mark cannot be believed when the answer is a block, whose own length counts.
    static let oneHeader = USBQuirk(rawValue: 8)
    /// Answers with a tag of its own; what belongs together is told by order alone.
    static let anyTag = USBQuirk(rawValue: 16)
    /// Wants 10 ms of rest after a command.
    static let slow = USBQuirk(rawValue: 32)

    /// One row; `product` nil means all of the vendor.
    struct Row: Sendable {
        let vendor: UInt16, product: UInt16?, quirks: USBQuirk, models: String, source: String
    }

    private static let sigrok = "libsigrok src/scpi/scpi_usbtmc_libusb.c, lists of devices"

    /// All rows. Those without a remark were not confirmed in the makers' manuals, which are silent on it.
    static let rows: [Row] = [
        Row(
            vendor: 0x1AB1, product: 0x0588, quirks: [.noRemote, .oneHeader], models: "Rigol DS1000",
            source: sigrok + "; Linux 4.6 drivers/usb/class/usbtmc.c, quirk list; python-usbtmc usbtmc.py"),
        Row(
            vendor: 0x1AB1, product: 0x04B0, quirks: [.noRemote, .oneHeader], models: "Rigol DS2000",
            source: sigrok + "; Linux 4.6 drivers/usb/class/usbtmc.c, quirk list"),
        Row(
            vendor: 0x1AB1, product: 0x04B1, quirks: [.noRemote], models: "Rigol DS4000", source: sigrok),
        Row(
            vendor: 0x1AB1, product: 0x04CE, quirks: [.noRemote, .oneHeader, .noClear], models: "Rigol DS1000Z",
            source: "python-usbtmc usbtmc.py, #18, #62; REN as its sister models (unconfirmed)"),
        Row(
            vendor: 0x1AB1, product: 0x0515, quirks: [.noRemote], models: "Rigol MSO5000", source: sigrok),
        Row(
            vendor: 0x1AB1, product: 0x044D, quirks: [.anyTag], models: "Rigol DHO",
            source: "sigrokproject/libsigrok#246"),
        Row(
            vendor: 0x0957, product: 0x0588, quirks: [.noRemote, .oneHeader], models: "Agilent DSO1000 (Rigol DS1000)",
            source: sigrok + "; one header as the Rigol that it is (unconfirmed)"),
        Row(vendor: 0x0B21, product: nil, quirks: [.noRemote], models: "Yokogawa", source: sigrok),
        Row(
            vendor: 0xF4EC, product: nil, quirks: [.noRemote, .resetAtOpen], models: "Siglent", source: sigrok),
        Row(vendor: 0x0483, product: 0x7540, quirks: [.slow], models: "Siglent SPD3303", source: sigrok),
    ]

    /// What is known of a device: its own row, or else the one of its vendor.
    static func of(vendor: UInt16, product: UInt16) -> USBQuirk {
        let own = rows.first { $0.vendor == vendor && $0.product == product }
        return (own ?? rows.first { $0.vendor == vendor && $0.product == nil })?.quirks ?? []
    }
}
