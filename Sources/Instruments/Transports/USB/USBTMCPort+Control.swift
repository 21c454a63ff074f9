import BenchCore

/// The control endpoint of a USBTMC interface, and what is asked there.
extension USBTMCPort {
    /// How a request went.
    enum Answered: Equatable { case bytes([UInt8]), stalled, late, lost, failed }

    /// Makes a class request; to the interface, or to `endpoint`.
    func control(
        _ request: USBTMC.Request, value: UInt16 = 0, endpoint: UInt8? = nil, until deadline: Double? = nil
    ) -> Answered {
        var bytes = [UInt8](repeating: 0, count: 8 + request.answerSize)
        let index = endpoint.map(UInt16.init) ?? UInt16(handle.interface.number)
        let end = min(deadline ?? .infinity, WireTime.now + Self.patience)
        let ended = bytes.withUnsafeMutableBytes {
            handle.control(
                kind: request.kind, request: request.rawValue, value: value, index: index, bytes: $0, until: end)
        }
        switch ended {
        case .done(let count):
            let answer = Array(bytes[8..<(8 + min(count, request.answerSize))])
            tap?.note("\(request.name) \(value) → \(WireTap.hex(answer))")
            return .bytes(answer)
        case .stalled:
            tap?.note("\(request.name) \(value) → refused")
            return .stalled
        case .late, .urgent:
            tap?.note("\(request.name) \(value) → no answer")
            return .late
        case .lost: return .lost
        case .failed(let reason):
            tap?.note("\(request.name) \(value) → \(reason)")
            return .failed
        }
    }

    // MARK: coming back

    /// Aborts the transfer that is open and clears the interface (USBTMC, 4.2.1.2 to 4.2.1.7): true when the next answer
    /// belongs to the next query. Takes 1.5 s at most.
    func recover() -> Bool {
        let deadline = WireTime.now + 1.5
        guard handle.isThere() else { return false }
        var aborted = true
        switch open {
        case .nothing where halted.isEmpty: return true
        case .sending(let tag) where halted.isEmpty: aborted = abortBulkOut(tag, until: deadline)
        case .answering(let tag) where halted.isEmpty: aborted = abortBulkIn(tag, until: deadline)
        default: break
        }
        // The abort ends a transfer; an answer that is still being made would come after it. The clear forgets that, too.
        if quirks.contains(.noClear) {
            guard aborted, halted.allSatisfy({ handle.clearHalt($0) }) else { return false }
            halted = []
            open = .nothing
            return true
        }
        guard clear(until: deadline) else { return false }
        open = .nothing
        return true
    }

    /// INITIATE_CLEAR, CHECK_CLEAR_STATUS until it is done, then the halts are ended (USBTMC, 4.2.1.6 and 4.2.1.7).
    func clear(until deadline: Double = WireTime.now + 1.5) -> Bool {
        guard status(.initiateClear, until: deadline) == .success else { return false }
        var pause = 0.001
        while WireTime.now < deadline {
            guard case .bytes(let answer) = control(.checkClearStatus, until: deadline), answer.count == 2 else {
                return false
            }
            switch USBTMC.Status(rawValue: answer[0]) {
            case .pending:
                // Bit 0: something is in the way that the host has to read (table 35).
                if answer[1] & 1 != 0 {
                    _ = drain(until: min(deadline, WireTime.now + Self.patience))
                } else {
                    WireTime.pause(pause)
                    pause = min(pause * 2, 0.05)
                }
            case .success:
                guard handle.clearHalt(bulkOut) else { return false }
                if halted.contains(bulkIn), !handle.clearHalt(bulkIn) { return false }
                halted = []
                return true
            default: return false
            }
        }
        return false
    }

    private func status(
        _ request: USBTMC.Request, value: UInt16 = 0, endpoint: UInt8? = nil, until deadline: Double
    ) -> USBTMC.Status? {
        guard case .bytes(let answer) = control(request, value: value, endpoint: endpoint, until: deadline),
            let first = answer.first
        else { return nil }
        return USBTMC.Status(rawValue: first)
    }

    private func abortBulkOut(_ tag: UInt8, until deadline: Double) -> Bool {
        switch status(.initiateAbortBulkOut, value: UInt16(tag), endpoint: bulkOut, until: deadline) {
        case .failed: return true  // nothing is in progress (table 20)
        case .success: break
        default: return false
        }
        var pause = 0.001
        while WireTime.now < deadline {
            switch status(.checkAbortBulkOutStatus, endpoint: bulkOut, until: deadline) {
            case .success: return handle.clearHalt(bulkOut)
            case .pending:
                WireTime.pause(pause)
                pause = min(pause * 2, 0.05)
            default: return false
            }
        }
        return false
    }

    private func abortBulkIn(_ tag: UInt8, until deadline: Double) -> Bool {
        switch status(.initiateAbortBulkIn, value: UInt16(tag), endpoint: bulkIn, until: deadline) {
        case .failed: return true  // nothing is in progress (table 26)
        case .success: break
        default: return false
        }
        // The device ends the transfer with a short packet, which has to be read (4.2.1.4): leaving that out is what
        // makes instruments mute after a time-out (python-usbtmc #49, pyvisa-py #177).
        guard drain(until: min(deadline, WireTime.now + Self.patience)) else { return false }
        var pause = 0.001
        while WireTime.now < deadline {
            guard case .bytes(let answer) = control(.checkAbortBulkInStatus, endpoint: bulkIn, until: deadline),
                answer.count >= 2
            else { return false }
            switch USBTMC.Status(rawValue: answer[0]) {
            case .success: return true
            case .pending where answer[1] & 1 != 0:
                guard drain(until: min(deadline, WireTime.now + Self.patience)) else { return false }
            case .pending:
                WireTime.pause(pause)
                pause = min(pause * 2, 0.05)
            default: return false
            }
        }
        return false
    }

    // MARK: USB488

    /// Reads the status byte (USB488, 4.3.1): from the answer, or from the interrupt endpoint where there is one.
    func statusByte(until deadline: Double) throws(PortTrouble) -> UInt8 {
        guard handle.interface.interfaceProtocol == USBTMC.usb488Protocol else {
            throw .unsupported("its interface has no status byte (no USB488)")
        }
        while true {
            let tag = statusTags.next()
            switch control(.readStatusByte, value: UInt16(tag), until: deadline) {
            case .bytes(let answer):
                guard answer.count == 3 else {
                    throw .broken("the answer to READ_STATUS_BYTE has \(answer.count) bytes")
                }
                switch USBTMC.Status(rawValue: answer[0]) {
                case .success:
                    guard answer[1] == tag else {
                        throw .broken("the status byte answers request \(answer[1]), not \(tag)")
                    }
                    guard let notices else { return answer[2] }
                    return try statusNotice(tag, notices, until: deadline)
                case .interruptInBusy:
                    // An earlier notice is not read yet.
                    handle.handleEvents(only: 0.01)
                    guard WireTime.now < deadline else { throw .late }
                default: throw .broken("READ_STATUS_BYTE fails with \(answer[0])")
                }
            case .stalled: throw .unsupported("it refuses READ_STATUS_BYTE")
            case .late: throw .late
            case .lost: throw .lost("it was unplugged")
            case .failed: throw .broken("the bus reports an error")
            }
        }
    }

    private func statusNotice(_ tag: UInt8, _ notices: USBNotices, until deadline: Double) throws(PortTrouble) -> UInt8
    {
        while true {
            let found = notices.take {
                if case .statusByte(tag, _) = $0 { return true }
                return false
            }
            if case .statusByte(_, let byte) = found { return byte }
            try wait(notices, until: deadline)
        }
    }

    private func wait(_ notices: USBNotices, until deadline: Double) throws(PortTrouble) {
        if let trouble = notices.trouble {
            guard handle.isThere() else { throw .lost("it was unplugged") }
            throw .broken(trouble)
        }
        let left = deadline - WireTime.now
        guard left > 0 else { throw .late }
        handle.handleEvents(only: min(left, 0.1))
    }

    /// Waits until the device asks for service (USB488, 3.4.1); returns its status byte as sent with the request.
    func serviceRequest(until deadline: Double) throws(PortTrouble) -> UInt8 {
        guard let notices else { throw .unsupported("it has no interrupt endpoint to ask for service") }
        while true {
            let found = notices.take {
                if case .serviceRequest = $0 { return true }
                return false
            }
            if case .serviceRequest(let byte) = found {
                tap?.note("asks for service, status byte \(byte)")
                return byte
            }
            try wait(notices, until: deadline)
        }
    }

    /// Remote control on (REN_CONTROL 1), or back to the front panel (GO_TO_LOCAL, REN_CONTROL 0) (USB488, 4.3.2, 4.3.3).
    func remote(_ on: Bool, until deadline: Double) throws(PortTrouble) {
        try allowRemote()
        if !on { try order(.goToLocal, 0, until: deadline) }
        try order(.remoteEnable, on ? 1 : 0, until: deadline)
    }

    /// Locks the front panel (USB488, 4.3.4); ``remote(_:until:)`` with `false` unlocks it.
    func lockOut(until deadline: Double) throws(PortTrouble) {
        try allowRemote()
        try order(.localLockout, 0, until: deadline)
    }

    private func allowRemote() throws(PortTrouble) {
        guard capabilities.remoteLocal else { throw .unsupported("it has no remote control line") }
        guard !quirks.contains(.noRemote) else {
            throw .unsupported("it says that it has a remote control line, and must not be sent it")
        }
    }

    private func order(_ request: USBTMC.Request, _ value: UInt16, until deadline: Double) throws(PortTrouble) {
        switch control(request, value: value, until: deadline) {
        case .bytes(let answer):
            guard answer.first == USBTMC.Status.success.rawValue else {
                throw .broken("\(request.name) fails with \(answer.first.map(String.init) ?? "no answer")")
            }
        case .stalled: throw .unsupported("it refuses \(request.name)")
        case .late: throw .late
        case .lost: throw .lost("it was unplugged")
        case .failed: throw .broken("the bus reports an error")
        }
    }
}
