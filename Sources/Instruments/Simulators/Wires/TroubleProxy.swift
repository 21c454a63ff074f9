internal import BenchCore
internal import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// What a proxy does to one exchange of a driver.
enum WireTrouble: Sendable {
    /// The answer never comes.
    case silence
    /// The answer comes so many seconds of life later.
    case delay(Double)
    /// The answer is kept until the next request has been sent, and comes just before the answer to that one.
    case held
    /// The answer comes in two pieces with a pause of so many seconds between them.
    case pieces(Double)
    /// The first half of the answer, then nothing.
    case half
    /// The first half of the answer, then the line is gone.
    case halfThenClose
    /// The instrument heard the request, and the line is gone before it could answer.
    case closeBeforeAnswer
    /// The line is gone before the instrument could hear the request.
    case closeAtRequest
    /// These bytes come right before the answer.
    case before([UInt8])
    /// These bytes come in place of the answer.
    case instead([UInt8])
    /// These bytes come right behind the answer.
    case after([UInt8])
    /// The answer comes twice.
    case duplicated
    /// The answer is changed; `nil` leaves it alone.
    case rewritten(@Sendable ([UInt8]) -> [UInt8]?)
}

/// Stands between a driver and a simulator, passes all bytes on, and makes trouble at the exchange it is told to.
///
/// An exchange is counted at its answer: the first bytes from the simulator after bytes of the driver. So commands that
/// nothing answers belong to the exchange of the query that follows them. Counting goes on over reconnections.
final class TroubleProxy: Sendable {
    /// The side of the driver.
    enum Front: Sendable {
        case tcp
        /// A pseudo-terminal linked to a path.
        case serial(path: String)
    }
    /// Host and port, or the path, that the driver is to be given.
    let place: String
    /// The TCP port of the driver's side; 0 for a serial line.
    let port: Int
    private let loop: TroubleLoop
    private let thread: pthread_t

    /// Begins to pass bytes on to a simulator at a TCP port of this machine.
    init(to port: Int, front: Front) throws {
        var listener: Int32?
        switch front {
        case .tcp:
            let socket = try Listener.open(host: "127.0.0.1", port: 0, id: "proxy")
            self.port = Self.port(of: socket)
            place = "127.0.0.1:\(self.port)"
            listener = socket
        case .serial(let path):
            self.port = 0
            place = path
        }
        loop = try TroubleLoop(listener: listener, serial: listener == nil ? place : nil, simulator: port)
        var thread = pthread_t()
        let box = Unmanaged.passRetained(loop)
        let code = pthread_create(&thread, nil, Self.main, box.toOpaque())
        guard code == 0 else {
            box.release()
            throw Fault(.internalError, "proxy", SystemError.text(code))
        }
        self.thread = thread
    }

    deinit {
        loop.stop()
        pthread_join(thread, nil)
    }

    /// Makes trouble at the `n`-th exchange from now on, 1 being the next; earlier plans are forgotten.
    func plan(_ trouble: WireTrouble, at n: Int = 1) { loop.plan([n: trouble], always: nil) }
    /// Makes trouble at every exchange from the `n`-th on.
    func plan(always trouble: WireTrouble, from n: Int = 1) { loop.plan([:], always: (n, trouble)) }
    /// Makes no trouble any more, and counts from 0 again.
    func rest() { loop.plan([:], always: nil) }
    /// Exchanges since the last plan or rest.
    var exchanges: Int { loop.counts.exchanges }
    /// Troubles made since the proxy began.
    var injected: Int { loop.counts.injected }
    /// Says something to the driver that it did not ask for; it lies in the driver's line when this returns.
    func say(_ bytes: [UInt8]) { loop.say(bytes) }
    /// Cuts the line while nothing is asked: TCP connections close, a serial device vanishes and returns.
    func cut() { loop.cut() }
    /// Takes the place off the net: nobody listens there, the serial device is gone.
    func vanish() { loop.vanish() }

    private static let main: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { raw in
        guard let raw else { return nil }
        Unmanaged<TroubleLoop>.fromOpaque(raw).takeRetainedValue().run()
        return nil
    }

    private static func port(of socket: Int32) -> Int {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &length) }
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
