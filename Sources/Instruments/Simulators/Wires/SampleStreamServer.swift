import BenchCore
import Glibc

/// The wire of a simulated stream digitizer: whoever connects gets frames of 24-bit numbers, in step with the bench's clock.
final class SampleStreamServer: LinkProtocol {
    private let signal: WorldSignal, time: any Timekeeper, rate: Double, form: SampleForm
    private struct Client {
        var from: BenchInstant, next: Int64 = 0
    }
    private var clients: [Int: Client] = [:]

    /// The server of a digitizer of a bench file that says what we play: six channels, 24 bits; `nil` for any other instrument.
    convenience init?(_ instrument: InstrumentDescription, _ world: World, _ time: any Timekeeper) {
        guard instrument.role == .digitizer, let sampling = instrument.sampling, let rate = sampling.rates.first,
            let form = sampling.form, form == .int24 || form == .int32, sampling.channels.count == WorldSignal.channels
        else { return nil }
        self.init(world, time, rate: rate, form: form)
    }

    init(_ world: World, _ time: any Timekeeper, rate: Double, form: SampleForm) {
        signal = WorldSignal(world: world)
        self.time = time
        self.rate = rate
        self.form = form
    }

    func connected(_ client: Int, at listener: Int, _ hands: LinkHands) { clients[client] = Client(from: time.now) }
    func received(_ bytes: [UInt8], from client: Int, at listener: Int, _ hands: LinkHands) {}
    func closed(_ client: Int, _ hands: LinkHands) { clients[client] = nil }

    func due(_ now: Double, _ hands: LinkHands) -> Double? {
        guard !clients.isEmpty else { return nil }
        let moment = time.now
        for (number, client) in clients {
            var client = client
            // Pieces of a hundredth of a second of bench time, a second at most at once.
            let piece = max(1, Int(rate / 100))
            let ready = Int64((moment - client.from) * rate) - client.next
            var left = min(ready / Int64(piece), 100)
            while left > 0 {
                var bytes = [UInt8](repeating: 0, count: piece * 6 * form.width)
                bytes.withUnsafeMutableBytes {
                    signal.write(
                        form, from: client.from, rate: rate, first: client.next, frames: piece, now: moment, into: $0)
                }
                hands.send(bytes, to: number)
                client.next += Int64(piece)
                left -= 1
            }
            clients[number] = client
        }
        return now + 0.01 / max(1, time.scale ?? 1)
    }
}
