import BenchCore

/// Turns the trouble of an opening step into a fault that says which step it was.
struct Opening {
    let place: String, instrument: String, seconds: Double

    func run<T>(_ what: String, _ body: () throws(PortTrouble) -> T) throws(Fault) -> T {
        do throws(PortTrouble) { return try body() } catch {
            switch error {
            case .late, .urgent: throw Fault(.timeout, instrument, "\(place): no answer to the \(what) in \(seconds) s")
            case .lost(let why): throw Fault(.connectionLost, instrument, "\(place): \(why), at the \(what)")
            case .broken(let why), .unsupported(let why):
                throw Fault(.badAnswer, instrument, "\(place): \(why), at the \(what)")
            }
        }
    }
}
