import BenchCore

extension SCPIConnection {
    /// Asks who is there (IEEE 488.2-1992, 10.14) after emptying its error queue, so that old entries blame nobody later.
    func identity(of instrument: String) throws(Fault) -> InstrumentIdentity {
        let answer = try query("*IDN?", for: instrument)
        _ = try clearErrors(for: instrument)
        return try SCPIIdentity.read(answer, instrument)
    }

    /// Returns when the instrument has done everything sent before (`*OPC?`, IEEE 488.2-1992, 10.19).
    func complete(for instrument: String) throws(Fault) {
        let reading = SCPIReading(try query("*OPC?", for: instrument), to: "*OPC?", of: instrument)
        guard try reading.number() == 1 else { throw reading.bad("1") }
    }

    /// The standard event register, which is empty then (`*ESR?`, IEEE 488.2-1992, 10.12).
    func standardEvents(for instrument: String) throws(Fault) -> SCPIStandardEvent {
        SCPIStandardEvent(rawValue: try register("*ESR?", instrument))
    }

    /// What the instrument does now (`STAT:OPER:COND?`).
    func operation(for instrument: String) throws(Fault) -> SCPIOperation {
        SCPIOperation(rawValue: try register("STAT:OPER:COND?", instrument))
    }

    /// What of the instrument's signals is doubtful now (`STAT:QUES:COND?`).
    func questionable(for instrument: String) throws(Fault) -> SCPIQuestionable {
        SCPIQuestionable(rawValue: try register("STAT:QUES:COND?", instrument))
    }

    private func register(_ text: String, _ instrument: String) throws(Fault) -> UInt16 {
        let reading = SCPIReading(try query(text, for: instrument), to: text, of: instrument)
        guard let bits = UInt16(exactly: try reading.number()) else { throw reading.bad("a register of 16 bits") }
        return bits
    }
}
