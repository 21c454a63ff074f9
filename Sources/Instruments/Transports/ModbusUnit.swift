import BenchCore

/// One unit of a Modbus line, with the retry policy of reads.
///
/// A read is asked once more after silence, a late answer or a broken frame, and the fault says so. Writes and exceptions
/// are never repeated.
struct ModbusUnit: Sendable {
    let line: ModbusLine, unit: Int, id: String

    /// Reads words by function 3 or 4; more than 125 come in several requests (Modbus Application Protocol, 6.3).
    func words(function: Int, address: Int, count: Int) async throws -> [UInt16] {
        var words: [UInt16] = []
        while words.count < count {
            let part = min(125, count - words.count)
            let from = address + words.count
            let request: ModbusRequest =
                function == 3
                ? .readHoldingRegisters(address: from, count: part) : .readInputRegisters(address: from, count: part)
            guard case .words(let more) = try await read(request) else {
                throw Fault(.internalError, id, "words were asked, something else came")
            }
            words += more
        }
        return words
    }

    /// Reads one discrete input.
    func discreteInput(_ address: Int, urgent: Bool) async throws -> Bool {
        let request = ModbusRequest.readDiscreteInputs(address: address, count: 1)
        let answer =
            urgent ? try await line.urgentExchange(request, unit: unit, for: id) : try await read(request)
        guard case .bits(let bits) = answer, bits.count == 1 else {
            throw Fault(.internalError, id, "one bit was asked, something else came")
        }
        return bits[0]
    }

    /// Asks for something that may be asked twice.
    func read(_ request: ModbusRequest) async throws -> ModbusAnswer {
        do {
            return try await line.exchange(request, unit: unit, for: id)
        } catch {
            guard [.timeout, .lateAnswer, .brokenFrame].contains(error.code) else { throw error }
            let first = error.code
            do {
                return try await line.exchange(request, unit: unit, for: id)
            } catch {
                throw Fault(
                    error.code, id, error.detail + " (asked twice; the first time: \(first.rawValue))")
            }
        }
    }

    /// Whether input register 2 holds the mark of a simulator, 0x4D42; exception 1, 2 or 3 is hardware's answer
    /// (design note 0001).
    func isSimulator() async throws -> Bool {
        do {
            return try await words(function: 4, address: 2, count: 1) == [0x4D42]
        } catch let fault as Fault where Self.isAbsent(fault) {
            return false
        }
    }

    /// Whether a fault says that the unit has no such function or address (exceptions 1, 2, 3), rather than that it is in
    /// trouble or busy.
    static func isAbsent(_ fault: Fault) -> Bool {
        fault.code == .modbusException && (1...3).contains { fault.detail.contains("exception \($0),") }
    }
}
