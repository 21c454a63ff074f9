public import BenchCore

/// How fast an instrument on USBTMC hands over its answers, for `make bench`.
public enum USBTMCRate {
    /// Asks `query` so many times and reads the whole answer each time; returns bytes and seconds, opening not counted.
    /// Faults as with any exchange.
    public static func read(
        vendor: UInt16, product: UInt16, query: String, times: Int, for instrument: String
    ) throws(Fault) -> (bytes: Int, seconds: Double) {
        let timeouts = WireTimeouts(connect: 1, response: 10, late: 0)
        let port = try USBTMCPort(
            vendor: vendor, product: product, serial: nil, timeouts: timeouts, tap: nil, instrument: instrument)
        var bytes = 0
        var answer: [UInt8] = []
        let begin = WireTime.now
        do throws(PortTrouble) {
            for _ in 0..<times {
                let deadline = WireTime.now + timeouts.response
                try port.send(Array((query + "\n").utf8), until: deadline)
                answer.removeAll(keepingCapacity: true)
                var end = false
                while !end {
                    end = try port.receive(into: &answer, until: deadline, unless: nil)
                }
                bytes += answer.count
            }
        } catch {
            throw Fault(.brokenFrame, instrument, "\(port.place) at «\(query)»: \(error)")
        }
        return (bytes, WireTime.now - begin)
    }
}
