internal import BenchCore
internal import Synchronization

/// One named demand of a contract.
struct ConformanceCheck: Sendable {
    /// What a check needs or does; a real instrument gets only those that are harmless.
    struct Needs: OptionSet, Sendable {
        var rawValue: Int
        /// It energises outputs, closes a contact, or changes what the instrument is doing.
        static let changes = Needs(rawValue: 1)
        /// It makes trouble on the wire.
        static let trouble = Needs(rawValue: 2)
        /// It does something behind the driver's back.
        static let hooks = Needs(rawValue: 4)
    }
    /// Its name, and what it demands, as a sentence.
    var name: String, sentence: String
    var needs: Needs = []
    /// Throws `CheckEnd` where the demand is not met or cannot be asked; any other error is a failure too.
    var run: @Sendable (ConformanceStage) async throws -> Void
}

/// How a check ends early.
enum CheckEnd: Error {
    case failed(String)
    case notApplicable(String)
}

/// What a check works on.
struct ConformanceStage: Sendable {
    let subject: ConformanceSubject
    /// Time-outs of the driver.
    let timeouts: WireTimeouts
    let troubles = TroubleCount()

    /// Counts troubles over all set-ups of a check.
    final class TroubleCount: Sendable {
        private let count = Atomic<Int>(0)
        var value: Int { count.load(ordering: .relaxed) }
        func add(_ n: Int) { count.add(n, ordering: .relaxed) }
    }

    var facts: ConformanceFacts { subject.facts }

    /// Sets the subject up, does something with it, and takes it down again.
    func rig(timeouts: WireTimeouts? = nil, _ body: (ConformanceRig) async throws -> Void) async throws {
        let rig = try await subject.make(timeouts ?? self.timeouts)
        let result: Result<Void, any Error>
        do {
            try await body(rig)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        if let proxy = rig.proxy { troubles.add(proxy.injected) }
        await rig.close()
        try result.get()
    }

    /// Sets it up and takes its driver as what the contract says.
    func with<T>(
        _: T.Type, timeouts: WireTimeouts? = nil, _ body: (T, ConformanceRig) async throws -> Void
    ) async throws {
        try await rig(timeouts: timeouts) { rig in
            guard let driver = rig.driver as? T else {
                throw CheckEnd.notApplicable("the driver is no \(T.self)")
            }
            try await body(driver, rig)
        }
    }

    /// A hook, or the end of the check.
    func hook<T>(_ hook: T?, _ what: String) throws -> T {
        guard let hook else { throw CheckEnd.notApplicable("the simulator cannot \(what)") }
        return hook
    }

    /// Demands something.
    func demand(_ condition: Bool, _ why: @autoclosure () -> String) throws {
        guard condition else { throw CheckEnd.failed(why()) }
    }

    /// Demands that a call throws a fault of one of these codes.
    func demandFault<T: Sendable>(
        _ codes: Fault.Code..., from what: String, _ call: @escaping @Sendable () async throws -> T
    ) async throws {
        switch await outcome(what, call) {
        case .success(let value):
            throw CheckEnd.failed(
                "\(what): \(value) where a fault «\(codes.map(\.rawValue).joined(separator: ", "))» was due")
        case .failure(let error):
            guard let fault = error as? Fault, codes.contains(fault.code) else {
                throw CheckEnd.failed(
                    "\(what): «\(error)» where a fault «\(codes.map(\.rawValue).joined(separator: ", "))» was due")
            }
        }
    }

    /// Demands that a call succeeds, within a time that only a hanging one needs.
    @discardableResult
    func succeed<T: Sendable>(_ what: String, _ call: @escaping @Sendable () async throws -> T) async throws -> T {
        switch await outcome(what, call) {
        case .success(let value): return value
        case .failure(let error): throw CheckEnd.failed("\(what): \(error)")
        }
    }

    /// The result of a call that may not take longer than `seconds` of life.
    func outcome<T: Sendable>(
        _ what: String, within seconds: Double = 30, _ call: @escaping @Sendable () async throws -> T
    ) async -> Result<T, any Error> {
        let hangs = Fault(.internalError, subject.name, "\(what) still hangs after \(Decimal.fixed(seconds, 1)) s")
        do {
            return .success(try await RealTime().within(life: seconds, else: hangs, call))
        } catch {
            return .failure(error)
        }
    }

    /// Seconds of life within which so many exchanges must be over, each asked twice at most.
    func limit(_ exchanges: Int) -> Double {
        let one = timeouts.connect + 2 * timeouts.response + 2 * timeouts.late + 0.5
        // What a busy machine takes on top is not the driver's.
        return 2 * one * Double(max(1, exchanges)) + 5
    }
}
