public import BenchCore

/// A ZERA MT310s2 or COM5003 as reference standard: SCPI on TCP port 6320 or a serial line of 9600 baud.
///
/// Ranges by name from the instrument's own catalogue; values by `MEASURE:…?`, which waits for values newer than the question;
/// energy by the energy counter `EM01`, whose sign is that of the active power at the moment of reading (the
/// counter itself counts pulses, which have none). Every answer is fetched before the next question: the instrument loses an
/// answer that is still waiting then (zera-classes, scpi-doc, scpi-standard).
public struct ZeraMT310s2: ReferenceStandard {
    static let entry = DriverEntry(
        name: "zera-mt310s2", role: .referenceStandard, wires: WireKind.streams, unconfirmed: unconfirmed
    ) { context in
        // Four questions, each answered with the next values: 1 s of integration is the shortest (TINTEGRATION 1 … 100 s).
        ZeraMT310s2(id: context.id, wire: await context.wires.scpi(context.description.wire, response: 5))
    }

    /// What the maker's public sources leave open.
    static let unconfirmed = [
        "that M0CONSTANT of POW1 is in imp/kWh follows from its value (200 kHz at three times full range), no text says so",
        "whether EM01 counts energy of both directions upwards is not said: a load whose direction changes is not summed right",
    ]

    /// The id in the bench file.
    public let id: String
    let wire: SCPIConnection

    /// A standard on a connection; the connection waits at least 5 s for an answer.
    public init(id: String, wire: SCPIConnection) {
        self.id = id
        self.wire = wire
    }

    /// Asks who it is: `ZERA GmbH Koenigswinter, MT310s2, serial, release`.
    public func identify() async throws -> InstrumentIdentity { try await wire.identity(of: id) }

    /// Its error queue, emptied.
    public func errors() async throws -> [String] { try await wire.clearErrors(for: id).map(\.description) }

    /// Fixes the ranges of all six channels for a load and returns the constant of the frequency output, imp/kWh.
    ///
    /// The smallest range whose name is not below the largest voltage (current) of the load; automatic ranging and grouping
    /// are switched off. What no range holds is refused.
    public func range(for load: LoadSetting) async throws -> Double {
        let demand = RangeChoice.demand(load)
        let voltage = try await choose("UL1", demand.voltage, "V")
        let current = try await choose("IL1", demand.current, "A")
        let wanted = (1...3).flatMap { [("UL\($0)", voltage), ("IL\($0)", current)] }
        try await set(
            ["CONFIGURATION:RNG1:RNGAUTO 0", "CONFIGURATION:RNG1:GROUPING 0"]
                + wanted.map { "SENSE:RNG1:\($0.0):RANGE \($0.1.name)" })
        for (channel, range) in wanted {
            let query = "SENSE:RNG1:\(channel):RANGE?"
            let now = try ZeraMT310s2Wire.word(try await wire.query(query, for: id), query, id)
            guard ZeraMT310s2Wire.range(now, unit: channel.hasPrefix("U") ? "V" : "A") != nil else {
                throw Fault(.badAnswer, id, "answers «\(now)» to «\(query)»; a range as \(range.name) expected")
            }
            guard now == range.name else {
                throw Fault(.refused, id, "channel \(channel) stays in range \(now); \(range.name) was asked for")
            }
        }
        // An overload of the time before stays on record until it is taken back (scpi-doc, sense-range-overload).
        try await set(["SENSE:RNG1:OVERLOAD 0"])
        return try await constant()
    }

    /// The constant of the active power output that has a connector, imp/kWh: POW1 of a COM5003, POW4 of an MT310s2.
    private func constant() async throws -> Double {
        for module in ["POW1", "POW4"] {
            let name = try await word("CONFIGURATION:\(module):M0OUT?", empty: true)
            guard !name.isEmpty else { continue }
            let mode = try await word("CONFIGURATION:\(module):MMODE?")
            guard mode == "4LW" else {
                throw Fault(
                    .refused, id,
                    "the frequency output \(name) is set to «\(mode)»; active power of four wires (4LW) is needed")
            }
            let query = "CONFIGURATION:\(module):M0CONSTANT?"
            let value = try ZeraMT310s2Wire.number(try await wire.query(query, for: id), query, id)
            guard value > 0 else {
                throw Fault(.badAnswer, id, "answers \(value) to «\(query)»; imp/kWh above 0 expected")
            }
            return value
        }
        throw Fault(.refused, id, "no power module of the present session has a frequency output")
    }

    /// Reads effective values, active powers, frequency and distortion (THD of the fundamental), all newer than the call.
    public func read() async throws -> StandardReading {
        let u = try await measure("RMS1", ["UL1", "UL2", "UL3", "IL1", "IL2", "IL3"], ["V", "V", "V", "A", "A", "A"])
        let p = try await measure("POW1", ["P1", "P2", "P3"], ["W", "W", "W"])
        let f = try await measure("RNG1:F", ["F"], ["Hz"])
        let d = try await measure("THD1", ["UL1", "UL2", "UL3"], ["%", "%", "%"])
        let overload = try await word("SENSE:RNG1:OVERLOAD?")
        guard overload == "0" else {
            throw Fault(.badAnswer, id, "a channel is or was above its range (overload); choose the ranges again")
        }
        return try AnalyzerReading.reading(u + p + f + d, id)
    }

    private func measure(_ node: String, _ channels: [String], _ units: [String]) async throws -> [Double] {
        let query = "MEASURE:\(node)?"
        let module = String(node.prefix { $0 != ":" })
        let answer = try await wire.query(query, for: id)
        var numbers: [Double] = []
        for (channel, unit) in zip(channels, units) {
            numbers += try ZeraMT310s2Wire.channels([channel], module: module, unit: unit, in: answer, query, id)
        }
        return numbers
    }

    // MARK: energy

    /// Sets the energy counter to zero and starts it: active energy, kWh, until it is stopped.
    public func startEnergy() async throws {
        let status = try await status()
        if status.contains(.started), !status.contains(.ready) { try await set(["CALCULATE:EM01:0001:START 0"]) }
        try await set([
            "CALCULATE:EM01:0001:REFSOURCE P", "CALCULATE:EM01:0001:TXUNIT kWh", "CALCULATE:EM01:0001:MODE 0",
            "CALCULATE:EM01:0001:START 1",
        ])
    }

    /// The energy since the start, W·s, while the counter runs.
    public func energy() async throws -> Double {
        let status = try await status()
        guard status.contains(.started), !status.contains(.aborted) else {
            throw Fault(.badAnswer, id, "the energy counter does not run (status \(status.rawValue))")
        }
        return try await signedEnergy()
    }

    /// Stops the counter and returns the energy, W·s.
    public func stopEnergy() async throws -> Double {
        // The sign is asked for while the power may still be there.
        let sign = try await sign()
        try await set(["CALCULATE:EM01:0001:START 0"])
        // The last count is fetched from the hardware after the stop: ready comes a moment later.
        var status = try await status()
        for _ in 0..<50 where !status.contains(.ready) && !status.contains(.aborted) {
            status = try await self.status()
        }
        guard status.contains(.ready), !status.contains(.aborted) else {
            throw Fault(.badAnswer, id, "the energy counter did not end as it should (status \(status.rawValue))")
        }
        return sign * (try await counted())
    }

    private func signedEnergy() async throws -> Double { try await sign() * (try await counted()) }

    private func sign() async throws -> Double {
        try await measure("POW1:PS", ["PS"], ["W"])[0] < 0 ? -1 : 1
    }

    private func counted() async throws -> Double {
        let query = "CALCULATE:EM01:0001:ENERGY?"
        return try ZeraMT310s2Wire.number(try await wire.query(query, for: id), query, id) * 3.6e6
    }

    private func status() async throws -> ZeraMT310s2Wire.Status {
        let query = "CALCULATE:EM01:0001:STATUS?"
        return try ZeraMT310s2Wire.status(try await wire.query(query, for: id), query, id)
    }

    // MARK: parameters

    private func choose(_ channel: String, _ value: Double, _ unit: Character) async throws -> ZeraMT310s2Wire.Range {
        let query = "SENSE:RNG1:\(channel):RANGE:CATALOG?"
        let ranges = try ZeraMT310s2Wire.ranges(try await wire.query(query, for: id), unit: unit, query, id)
        return try ZeraMT310s2Wire.choose(value, of: ranges, what: "\(channel) in \(unit)", id)
    }

    private func set(_ parameters: [String]) async throws { try await wire.zeraSet(parameters, for: id) }

    private func word(_ query: String, empty: Bool = false) async throws -> String {
        let answer = try await wire.query(query, for: id)
        if empty, answer.isEmpty { return "" }
        return try ZeraMT310s2Wire.word(answer, query, id)
    }
}

extension SCPIConnection {
    /// Sets parameters, waits until they are in force, and asks the error queue whether all were taken.
    func zeraSet(_ parameters: [String], for instrument: String) async throws {
        let line = ZeraMT310s2Wire.set(parameters)
        try ZeraMT310s2Wire.done(try query(line, for: instrument), line, instrument)
        let entries = try clearErrors(for: instrument)
        guard entries.isEmpty else {
            throw Fault(
                .refused, instrument,
                "answers \(entries.map(\.description).joined(separator: ", ")) to «\(parameters.joined(separator: "; "))»"
            )
        }
    }
}
