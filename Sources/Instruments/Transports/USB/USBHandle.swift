import BenchCore
import CLibUSB
import Glibc

/// An open USB device with one interface claimed; used from one thread only, given back with its last reference.
///
/// A kernel driver that has the interface is detached, and attached again at the end.
final class USBHandle {
    let device: USBDevice, interface: USBInterface
    private let context: USBContext
    private let raw: OpaquePointer
    private let transfer: UnsafeMutablePointer<libusb_transfer>
    private let done = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
    /// Set when the device is gone.
    private(set) var gone = false
    private var claimed = false
    /// A transfer that the system never gave back: its memory must not be freed.
    private var stuck = false

    /// Opens the device with that vendor, product and serial number (`nil`: whichever is the only one). Fault
    /// `connectionRefused` says why not.
    init(
        vendor: UInt16, product: UInt16, serial: String?, instrument: String, reset: Bool = false,
        interface wanted: (USBContext.Entry) -> USBInterface?
    ) throws(Fault) {
        guard let context = USBContext() else {
            throw Fault(.connectionRefused, instrument, "this machine has no USB")
        }
        let name = USBDevice.name(vendor, product)
        let all = context.devices().filter { $0.about.device.vendor == vendor && $0.about.device.product == product }
        let fitting = all.filter { serial == nil || $0.about.device.serial == serial }
        guard let entry = fitting.first else {
            let others = all.map { $0.about.device.serial ?? "none" }.joined(separator: ", ")
            throw Fault(
                .connectionRefused, instrument,
                "no USB device \(name)" + (serial.map { " with serial number \($0)" } ?? "") + " is plugged in"
                    + (all.isEmpty ? "" : "; there is one with serial number \(others)"))
        }
        guard fitting.count == 1 else {
            let serials = fitting.map { $0.about.device.serial ?? "none" }.joined(separator: ", ")
            throw Fault(
                .connectionRefused, instrument,
                "\(fitting.count) USB devices \(name) are plugged in (serial numbers \(serials)): say which, with serial-number:"
            )
        }
        guard let interface = wanted(entry) else {
            throw Fault(
                .connectionRefused, instrument, "USB device \(name) has no interface that could be used for this")
        }
        var handle: OpaquePointer?
        try Self.check(libusb_open(entry.raw, &handle), "opened", name, instrument)
        guard let handle, let transfer = libusb_alloc_transfer(0) else {
            throw Fault(.connectionRefused, instrument, "USB device \(name): no memory")
        }
        self.context = context
        self.device = entry.about.device
        self.interface = interface
        self.transfer = transfer
        raw = handle
        // From here on `deinit` gives everything back, also when this throws.
        try claim(name, instrument)
        if reset { try Self.check(libusb_reset_device(handle), "reset", name, instrument) }
    }

    private func claim(_ name: String, _ instrument: String) throws(Fault) {
        _ = libusb_set_auto_detach_kernel_driver(raw, 1)
        var active: Int32 = 0
        if libusb_get_configuration(raw, &active) == 0, active != interface.configuration {
            try Self.check(libusb_set_configuration(raw, interface.configuration), "configured", name, instrument)
        }
        try Self.check(libusb_claim_interface(raw, interface.number), "claimed", name, instrument)
        claimed = true
    }

    private static func check(_ code: Int32, _ what: String, _ name: String, _ instrument: String) throws(Fault) {
        guard code != 0 else { return }
        let reason =
            switch code {
            case LIBUSB_ERROR_ACCESS.rawValue: "this user may not; see «USB without root» in the README"
            case LIBUSB_ERROR_BUSY.rawValue: "another program has it"
            case LIBUSB_ERROR_NO_DEVICE.rawValue, LIBUSB_ERROR_NOT_FOUND.rawValue: "it is no longer plugged in"
            default: USBContext.words(code)
            }
        throw Fault(.connectionRefused, instrument, "USB device \(name) cannot be \(what): \(reason)")
    }

    deinit {
        if !stuck {
            libusb_free_transfer(transfer)
            done.deallocate()
        }
        release()
        libusb_close(raw)
    }

    /// Gives the interface back, and to its kernel driver where it had one: somebody else can claim it. Only control requests go on from here.
    func release() {
        guard claimed else { return }
        claimed = false
        _ = libusb_release_interface(raw, interface.number)
    }

    /// The pointers that transfers of other objects need; valid as long as this object.
    var rawHandle: OpaquePointer { raw }
    var rawContext: OpaquePointer { context.raw }

    // MARK: transfers

    /// How a transfer ended, and how many bytes had passed.
    enum Ended: Equatable {
        case done(Int), late(Int), urgent(Int)
        /// The endpoint is halted until ``clearHalt(_:)``.
        case stalled
        /// The device is gone.
        case lost
        /// Another trouble of the bus.
        case failed(String)
    }

    /// Moves bytes by one bulk transfer and waits for its end, until `deadline`, or until somebody is in a hurry.
    func bulk(
        _ endpoint: UInt8, _ bytes: UnsafeMutableRawBufferPointer, until deadline: Double,
        unless urgency: Urgency? = nil
    ) -> Ended {
        libusb_fill_bulk_transfer(
            transfer, raw, endpoint, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32(bytes.count),
            usbTransferEnded, done, 0)
        return run(until: deadline, unless: urgency)
    }

    /// Makes a control request; `bytes` begins with room for the eight bytes of the set-up packet (USB 2.0, table 9-2).
    func control(
        kind: UInt8, request: UInt8, value: UInt16, index: UInt16, bytes: UnsafeMutableRawBufferPointer,
        until deadline: Double
    ) -> Ended {
        guard let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return .failed("no room") }
        libusb_fill_control_setup(start, kind, request, value, index, UInt16(bytes.count - 8))
        libusb_fill_control_transfer(transfer, raw, start, usbTransferEnded, done, 0)
        return run(until: deadline, unless: nil)
    }

    private func run(until deadline: Double, unless urgency: Urgency?) -> Ended {
        guard !stuck else { return .failed("an earlier transfer never ended") }
        guard !gone else { return .lost }
        done.pointee = 0
        let code = libusb_submit_transfer(transfer)
        guard code == 0 else { return trouble(code) }
        var late = false, urgent = false
        while done.pointee == 0 {
            let now = WireTime.now
            late = now >= deadline
            urgent = urgency?.raised == true
            if late || urgent { break }
            // With a hurry to watch for, the wait is cut into slices of 10 ms.
            let slice = urgency == nil ? deadline - now : min(deadline - now, 0.01)
            handleEvents(slice)
        }
        if done.pointee == 0 {
            _ = libusb_cancel_transfer(transfer)
            let end = WireTime.now + 1
            while done.pointee == 0, WireTime.now < end { handleEvents(end - WireTime.now) }
            guard done.pointee != 0 else {
                stuck = true
                return .failed("a cancelled transfer never ended")
            }
        }
        let passed = Int(transfer.pointee.actual_length)
        switch transfer.pointee.status {
        case LIBUSB_TRANSFER_COMPLETED: return .done(passed)
        case LIBUSB_TRANSFER_CANCELLED, LIBUSB_TRANSFER_TIMED_OUT:
            return urgent && !late ? .urgent(passed) : .late(passed)
        case LIBUSB_TRANSFER_STALL: return .stalled
        case LIBUSB_TRANSFER_NO_DEVICE: return trouble(LIBUSB_ERROR_NO_DEVICE.rawValue)
        case LIBUSB_TRANSFER_OVERFLOW: return .failed("the device sent more than a packet holds")
        default: return .failed("the bus reports an error")
        }
    }

    private func trouble(_ code: Int32) -> Ended {
        guard code == LIBUSB_ERROR_NO_DEVICE.rawValue else { return .failed(USBContext.words(code)) }
        gone = true
        return .lost
    }

    /// Lets libusb work for up to `seconds`, or until the present transfer has ended.
    func handleEvents(_ seconds: Double) {
        var time = timeval()
        let whole = max(0, seconds).rounded(.down)
        time.tv_sec = Int(min(whole, 3600))
        time.tv_usec = Int((max(0, seconds) - whole) * 1e6)
        libusb_handle_events_timeout_completed(context.raw, &time, done)
    }

    /// Lets libusb work for up to `seconds`, or until something has happened.
    func handleEvents(only seconds: Double) {
        var time = timeval()
        time.tv_sec = Int(seconds)
        time.tv_usec = Int((seconds - seconds.rounded(.down)) * 1e6)
        libusb_handle_events_timeout_completed(context.raw, &time, nil)
    }

    /// Ends a halt of an endpoint and starts its data toggle anew; blocks for a moment.
    func clearHalt(_ endpoint: UInt8) -> Bool {
        let code = libusb_clear_halt(raw, endpoint)
        if code == LIBUSB_ERROR_NO_DEVICE.rawValue { gone = true }
        return code == 0
    }

    /// Whether the device is still plugged in; asks the kernel, not the device.
    func isThere() -> Bool {
        if !gone, libusb_kernel_driver_active(raw, interface.number) == LIBUSB_ERROR_NO_DEVICE.rawValue { gone = true }
        return !gone
    }
}

/// Marks a transfer as ended; libusb calls it from the thread that handles its events.
private func usbTransferEnded(_ transfer: UnsafeMutablePointer<libusb_transfer>?) {
    transfer?.pointee.user_data?.assumingMemoryBound(to: Int32.self).pointee = 1
}
