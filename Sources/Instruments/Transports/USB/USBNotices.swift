import CLibUSB

/// Listens on the interrupt endpoint of a USB488 interface all the time; used from the port's thread only.
///
/// A device sends its status byte there, and asks for service (USB488, 3.4). The transfer in flight ends whenever the port
/// lets libusb work.
final class USBNotices {
    private let handle: USBHandle
    private let transfer: UnsafeMutablePointer<libusb_transfer>
    private let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: 64)
    private var inFlight = false
    private var arrived: [USBTMC.Notice] = []
    /// Why nothing more comes; `nil` while it listens.
    private(set) var trouble: String?

    /// Begins to listen; `nil` where there is no memory.
    init?(_ handle: USBHandle, endpoint: UInt8) {
        guard let made = libusb_alloc_transfer(0) else { return nil }
        self.handle = handle
        transfer = made
        libusb_fill_interrupt_transfer(
            made, handle.rawHandle, endpoint, bytes, 64, usbNoticeArrived, Unmanaged.passUnretained(self).toOpaque(), 0)
        submit()
    }

    deinit {
        if inFlight {
            libusb_cancel_transfer(transfer)
            let end = WireTime.now + 1
            while inFlight, WireTime.now < end { handle.handleEvents(only: 0.05) }
        }
        // What the system never gave back must not be freed.
        guard !inFlight else { return }
        libusb_free_transfer(transfer)
        bytes.deallocate()
    }

    /// Takes the first notice that fits.
    func take(_ fits: (USBTMC.Notice) -> Bool) -> USBTMC.Notice? {
        guard let index = arrived.firstIndex(where: fits) else { return nil }
        return arrived.remove(at: index)
    }

    /// Listens again after the endpoint was halted and cleared.
    func restart() { if !inFlight { submit() } }

    private func submit() {
        trouble = nil
        let code = libusb_submit_transfer(transfer)
        inFlight = code == 0
        if code != 0 { trouble = USBContext.words(code) }
    }

    fileprivate func ended() {
        inFlight = false
        switch transfer.pointee.status {
        case LIBUSB_TRANSFER_COMPLETED:
            let size = Int(transfer.pointee.actual_length)
            // More than a few hundred notices that nobody asks for: keep the newest.
            if arrived.count >= 256 { arrived.removeFirst() }
            arrived.append(USBTMC.notice(Array(UnsafeBufferPointer(start: bytes, count: size))))
            submit()
        case LIBUSB_TRANSFER_CANCELLED: break
        case LIBUSB_TRANSFER_NO_DEVICE: trouble = "it was unplugged"
        case LIBUSB_TRANSFER_STALL: trouble = "the interrupt endpoint is halted"
        default: trouble = "the bus reports an error on the interrupt endpoint"
        }
    }
}

/// libusb calls it from the port's own thread, while that thread lets it work.
private func usbNoticeArrived(_ transfer: UnsafeMutablePointer<libusb_transfer>?) {
    guard let owner = transfer?.pointee.user_data else { return }
    Unmanaged<USBNotices>.fromOpaque(owner).takeUnretainedValue().ended()
}
