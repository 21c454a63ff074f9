import BenchCore

/// One unit of a Modbus line, with the policy of its driver: how often a read is repeated, and after what.
struct ModbusUnit: Sendable {
    let line: ModbusLine, unit: Int, id: String
    var retries = ModbusRetries.reads

    /// Sends one request; reads are repeated by policy, what changes something never is.
    func read(_ request: ModbusRequest) async throws(Fault) -> ModbusAnswer {
        try await line.exchange(request, unit: unit, for: id, retries: retries)
    }

    /// Reads words by function 3 or 4; more than 125 come in several requests (Modbus Application Protocol, 6.3).
    func words(function: Int, address: Int, count: Int) async throws(Fault) -> [UInt16] {
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
        let answer = urgent ? try await line.urgentExchange(request, unit: unit, for: id) : try await read(request)
        guard case .bits(let bits) = answer, bits.count == 1 else {
            throw Fault(.internalError, id, "one bit was asked, something else came")
        }
        return bits[0]
    }

    /// Whether input register 2 holds the mark of a simulator, 0x4D42; exception 1, 2 or 3 is hardware's answer
    /// (design note 0001).
    func isSimulator() async throws -> Bool {
        do {
            return try await words(function: 4, address: 2, count: 1) == [0x4D42]
        } catch  where Self.isAbsent(error) {
            return false
        }
    }

    /// What the unit says of itself by function 43/14; `nil` where it has no such thing, which is an answer and no fault.
    ///
    /// Devices that do not know the function refuse it (exceptions 1 to 3, as a rule 1), or keep silent against the standard; a silent
    /// one is asked once only.
    func identification(_ access: ModbusIdentification.Access = .regular) async throws(Fault) -> ModbusIdentification? {
        var identification = ModbusIdentification()
        var next: UInt8 = 0
        while true {
            let answer: ModbusAnswer
            do throws(Fault) {
                var patience = retries
                patience.after.remove(.timeout)
                answer = try await line.exchange(
                    .readDeviceIdentification(access, object: next), unit: unit, for: id, retries: patience)
            } catch {
                if Self.isAbsent(error) || error.code == .timeout, identification.objects.isEmpty { return nil }
                throw error
            }
            guard case .identification(let part) = answer else {
                throw Fault(.internalError, id, "an identification was asked, something else came")
            }
            guard identification.take(part) else {
                throw Fault(.badAnswer, id, "promises more of its identification and repeats object \(next)")
            }
            guard let following = part.next else { return identification }
            next = following
        }
    }

    /// Server ID, run indicator and what follows, by function 17; `nil` where the unit has no such thing. Their meaning is the device's own.
    func serverID() async throws(Fault) -> [UInt8]? {
        do throws(Fault) {
            guard case .serverID(let bytes) = try await read(.reportServerID) else { return nil }
            return bytes
        } catch {
            if Self.isAbsent(error) { return nil }
            throw error
        }
    }

    /// Whether a fault says that the unit has no such function or address (exceptions 1, 2, 3), rather than that it is in
    /// trouble or busy.
    static func isAbsent(_ fault: Fault) -> Bool {
        fault.code == .modbusException && (1...3).contains { fault.detail.contains("exception \($0),") }
    }
}
