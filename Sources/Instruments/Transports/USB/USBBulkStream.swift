public import BenchCore
import CLibUSB
import Glibc
import Synchronization

/// What can go wrong with a stream of samples; none of it is ever passed over.
public enum USBStreamTrouble: Sendable, Hashable {
    /// The consumer had no room for so many bytes: they are lost, the stream goes on.
    case overrun(bytes: Int)
    /// A transfer brought fewer bytes than it had room for; they are delivered, the stream goes on.
    case short(bytes: Int)
    /// The device halted the endpoint: the stream ends.
    case stalled
    /// The device was unplugged: the stream ends.
    case lost
    /// Another trouble of the bus: the stream ends.
    case failed(String)

    /// Whether nothing more comes after it.
    public var ends: Bool {
        switch self {
        case .overrun, .short: false
        case .stalled, .lost, .failed: true
        }
    }
}

/// Takes the samples of a stream, as a ring of them does. Called on the stream's own thread only; must not block.
public protocol USBStreamSink: AnyObject, Sendable {
    /// The stream's thread begins.
    func began()
    /// Copies bytes out of the transfer's own memory; returns how many there was room for.
    func take(_ bytes: UnsafeRawBufferPointer) -> Int
    /// Something went wrong after `position` bytes of the device (lost ones counted).
    func trouble(_ trouble: USBStreamTrouble, at position: UInt64)
    /// Nothing more comes: the stream was stopped, or a trouble ended it.
    func ended(at position: UInt64)
}

extension USBStreamSink {
    /// Nothing is to be done.
    public func began() {}
}

/// Samples of a digitizer as they come in on a bulk endpoint, without a gap: a queue of transfers is always in flight.
///
/// The kernel writes into the transfers' memory, the sink copies from there: one copy, no allocation, no lock. The stream
/// has a thread of its own, which does nothing else.
public final class USBBulkStream: Sendable {
    private let worker: Worker
    private let thread = Mutex<pthread_t?>(nil)

    /// Opens a device and claims its interface `interface`. `transfers` of `size` bytes are kept in flight: together they
    /// bridge the longest time that the thread may have to wait for the processor (16 × 64 KiB: 30 ms at 32 MB/s).
    /// Fault `connectionRefused` says why not.
    public init(
        vendor: UInt16, product: UInt16, serial: String?, interface number: Int = 0, transfers: Int = 16,
        size: Int = 64 << 10, into sink: any USBStreamSink, instrument: String
    ) throws(Fault) {
        let handle = try USBHandle(vendor: vendor, product: product, serial: serial, instrument: instrument) { entry in
            USBInterface.find(in: entry.raw) { Int($0.bInterfaceNumber) == number }
        }
        let name = USBDevice.name(vendor, product)
        guard let endpoint = handle.interface.bulkIn else {
            throw Fault(
                .connectionRefused, instrument, "USB device \(name) has no bulk-in endpoint on interface \(number)")
        }
        // Whole packets, or the device could send more than the last one has room for.
        let packet = handle.interface.packet
        guard transfers > 0, size > 0,
            let worker = Worker(
                handle, endpoint, transfers: transfers, size: (size + packet - 1) / packet * packet, sink)
        else { throw Fault(.connectionRefused, instrument, "no memory for a stream from USB device \(name)") }
        self.worker = worker
    }

    deinit { stop() }

    /// Begins to read; a halt that ended an earlier stream is cleared first. Does nothing while it runs; not to be called after `close`.
    public func start() {
        thread.withLock { thread in
            guard thread == nil else { return }
            worker.begin()
            var made: pthread_t = 0
            let status = pthread_create(&made, nil, runStream, Unmanaged.passRetained(worker).toOpaque())
            precondition(status == 0, "no thread for a stream: error \(status)")
            thread = made
        }
    }

    /// Ends the stream and waits until every transfer is back; the sink has heard `ended` then.
    public func stop() {
        thread.withLock { thread in
            guard let running = thread else { return }
            worker.stop()
            pthread_join(running, nil)
            thread = nil
        }
    }

    /// Ends the stream for good, as `stop`, and gives the device back, whoever still knows of this stream.
    public func close() {
        stop()
        thread.withLock { _ in worker.handle.release() }
    }

    /// Makes a request on the control endpoint, as a digitizer is set up with; also while the stream runs. Returns what came
    /// in; faults `refused`, `timeout`, `connectionLost`.
    public func control(
        kind: UInt8, request: UInt8, value: UInt16 = 0, index: UInt16 = 0, out bytes: [UInt8] = [], in size: Int = 0,
        instrument: String
    ) throws(Fault) -> [UInt8] {
        var data = kind & 0x80 != 0 ? [UInt8](repeating: 0, count: size) : bytes
        let count = UInt16(clamping: data.count)
        let passed = data.withUnsafeMutableBufferPointer {
            libusb_control_transfer(
                worker.handle.rawHandle, kind, request, value, index, $0.baseAddress, count, 1000)
        }
        switch passed {
        case 0...: return kind & 0x80 != 0 ? Array(data[..<Int(passed)]) : []
        case LIBUSB_ERROR_TIMEOUT.rawValue:
            throw Fault(.timeout, instrument, "no answer to USB request \(request) in 1 s")
        case LIBUSB_ERROR_NO_DEVICE.rawValue: throw Fault(.connectionLost, instrument, "it was unplugged")
        default: throw Fault(.refused, instrument, "USB request \(request): \(USBContext.words(passed))")
        }
    }
}

/// The transfers of a stream.
///
/// Unchecked: while the stream's thread runs, only it touches anything but `stopping`; before and after, only the stream
/// does, under its mutex.
private final class Worker: @unchecked Sendable {
    let handle: USBHandle
    private let endpoint: UInt8, size: Int
    private let sink: any USBStreamSink
    private let stopping = Atomic<Bool>(false)
    private var transfers: [UnsafeMutablePointer<libusb_transfer>] = []
    /// Memory that the kernel shares with us, where it can; ordinary memory otherwise.
    private var shared: [UnsafeMutablePointer<UInt8>] = [], ordinary: [UnsafeMutablePointer<UInt8>] = []
    private var inFlight = 0
    private var position: UInt64 = 0
    private var ending = false, halted = false, broken = false

    init?(_ handle: USBHandle, _ endpoint: UInt8, transfers count: Int, size: Int, _ sink: any USBStreamSink) {
        self.handle = handle
        self.endpoint = endpoint
        self.size = size
        self.sink = sink
        for _ in 0..<count {
            guard let transfer = libusb_alloc_transfer(0) else { return nil }
            transfers.append(transfer)
            let memory: UnsafeMutablePointer<UInt8>
            if let mapped = libusb_dev_mem_alloc(handle.rawHandle, size) {
                memory = mapped
                shared.append(mapped)
            } else {
                memory = .allocate(capacity: size)
                ordinary.append(memory)
            }
            libusb_fill_bulk_transfer(
                transfer, handle.rawHandle, endpoint, memory, Int32(size), streamTransferEnded,
                Unmanaged.passUnretained(self).toOpaque(), 0)
        }
    }

    deinit {
        // What the system never gave back must not be freed.
        guard inFlight == 0 else { return }
        transfers.forEach { libusb_free_transfer($0) }
        shared.forEach { _ = libusb_dev_mem_free(handle.rawHandle, $0, size) }
        ordinary.forEach { $0.deallocate() }
    }

    func begin() {
        stopping.store(false, ordering: .releasing)
        ending = false
        broken = false
        position = 0
        if halted { halted = !handle.clearHalt(endpoint) }
    }

    func stop() {
        stopping.store(true, ordering: .releasing)
        libusb_interrupt_event_handler(handle.rawContext)
    }

    func run() {
        sink.began()
        for transfer in transfers where !ending { submit(transfer) }
        var giveUp = Double.infinity
        while inFlight > 0, WireTime.now < giveUp {
            if stopping.load(ordering: .acquiring), !ending { end() }
            // Cancelled transfers come back at once; two seconds are for a bus that does not let go.
            if ending, giveUp == .infinity { giveUp = WireTime.now + 2 }
            handle.handleEvents(only: ending ? 0.05 : 0.5)
        }
        sink.ended(at: position)
    }

    private func submit(_ transfer: UnsafeMutablePointer<libusb_transfer>) {
        let code = libusb_submit_transfer(transfer)
        if code == 0 {
            inFlight += 1
        } else {
            fail(code == LIBUSB_ERROR_NO_DEVICE.rawValue ? .lost : .failed(USBContext.words(code)))
        }
    }

    /// The first trouble that ends the stream; those that follow from it are not told again.
    private func fail(_ trouble: USBStreamTrouble) {
        guard !ending else { return }
        broken = true
        if trouble == .stalled { halted = true }
        sink.trouble(trouble, at: position)
        end()
    }

    private func end() {
        ending = true
        transfers.forEach { _ = libusb_cancel_transfer($0) }
    }

    fileprivate func ended(_ transfer: UnsafeMutablePointer<libusb_transfer>) {
        inFlight -= 1
        let count = Int(transfer.pointee.actual_length)
        // What came before a trouble is good, also when the transfer did not end well; after the end of a stream that had
        // trouble nothing is delivered, because something is missing before it.
        if count > 0, !broken {
            RealTimeMarks.enter()
            let taken = sink.take(UnsafeRawBufferPointer(start: transfer.pointee.buffer, count: count))
            position += UInt64(count)
            RealTimeMarks.leave()
            if taken < count { sink.trouble(.overrun(bytes: count - taken), at: position) }
        }
        switch transfer.pointee.status {
        case LIBUSB_TRANSFER_COMPLETED:
            if count < size, !ending { sink.trouble(.short(bytes: count), at: position) }
            if !ending { submit(transfer) }
        case LIBUSB_TRANSFER_CANCELLED: break
        case LIBUSB_TRANSFER_STALL: fail(.stalled)
        case LIBUSB_TRANSFER_NO_DEVICE: fail(.lost)
        case LIBUSB_TRANSFER_OVERFLOW: fail(.failed("the device sent more than a packet holds"))
        default: fail(.failed("the bus reports an error"))
        }
    }
}

/// libusb calls it from the stream's own thread.
private func streamTransferEnded(_ transfer: UnsafeMutablePointer<libusb_transfer>?) {
    guard let transfer, let owner = transfer.pointee.user_data else { return }
    Unmanaged<Worker>.fromOpaque(owner).takeUnretainedValue().ended(transfer)
}

private func runStream(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    // Signals are for the program's own threads.
    var all = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_BLOCK, &all, nil)
    Unmanaged<Worker>.fromOpaque(argument).takeRetainedValue().run()
    return nil
}
