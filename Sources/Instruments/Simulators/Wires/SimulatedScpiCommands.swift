internal import BenchCore

/// The commands of the source.
extension SimulatedScpiSession {
    func source(_ head: String, _ parameters: String) -> Outcome {
        switch head {
        case "SOUR:FREQ":
            guard let n = numbers(parameters), n.count == 1 else { return .wrong("one frequency in Hz is needed") }
            ask { $0.staged.frequency = n[0] }
            return .done
        case "SOUR:SHAP:CLE":
            ask { $0.staged.shape = nil }
            return .done
        case "SOUR:CHEC?":
            let refusal = ask { state -> String? in
                let refusal = state.refusal(state.staged)
                if refusal == nil { state.prepared = state.staged }
                return refusal
            }
            return .answer(text(refusal.map { "REFUSED,\"\($0)\"" } ?? "OK"))
        case "OUTP:APPL":
            let refusal = ask { state -> String? in
                if let refusal = state.refusal(state.staged) { return refusal }
                state.prepared = state.staged
                return state.apply()
            }
            return refusal.map { .conflict($0) } ?? .done
        case "OUTP:TRIG": return ask { $0.trigger() }.map { .conflict($0) } ?? .done
        case "OUTP:STAT?":
            let s = ask { $0.sourceState }
            return .answer(text("\(s.on ? 1 : 0),\(s.settled ? 1 : 0),\"\(s.fault ?? "")\""))
        case "OUTP:CURR", "OUTP:VOLT":
            // Only off: on is OUTP:APPL.
            guard parameters.uppercased() == "OFF" else { return .wrong("only OFF is possible") }
            let currents = ask { state in
                state.switchOff(voltage: head == "OUTP:VOLT")
                return state.on && state.applied?.phases.contains { $0.current > 0 } == true
            }
            // The language has no question for the currents alone: an instrument that cannot take them off says so itself.
            return head == "OUTP:CURR" && currents ? .conflict("the currents do not switch off") : .done
        default: return phase(head, parameters)
        }
    }

    /// `SOUR:PHAS<1-3>:VOLT <V>,<angle>` and `:CURR <A>,<lag>`; behind either `:HARM <order>,<percent>,<angle>` and
    /// `:FLUC RECT|SIN,<percent>,<Hz>` and `:EVEN <residual percent>,<s>,<angle>`.
    private func phase(_ head: String, _ parameters: String) -> Outcome {
        let parts = head.split(separator: ":")
        guard (3...4).contains(parts.count), parts[0] == "SOUR", parts[1].hasPrefix("PHAS"),
            let number = Int(parts[1].dropFirst(4)),
            parts[2] == "VOLT" || parts[2] == "CURR"
        else { return .unknown }
        guard (1...3).contains(number) else { return .wrong("phases are 1, 2 and 3") }
        if parts.count == 4 {
            return shape(
                LoadShape.Output(phase: number, quantity: parts[2] == "VOLT" ? .voltage : .current), parts[3],
                parameters)
        }
        guard let n = numbers(parameters), n.count == 2, n[0] >= 0 else {
            return .wrong("an effective value and an angle in degrees are needed")
        }
        ask { state in
            if parts[2] == "VOLT" {
                state.staged.phases[number - 1].voltage = n[0]
                state.staged.phases[number - 1].voltageAngle = n[1]
            } else {
                state.staged.phases[number - 1].current = n[0]
                state.staged.phases[number - 1].currentLag = n[1]
            }
        }
        return .done
    }
}

/// Harmonics and modulation of the source.
extension SimulatedScpiSession {
    private func shape(_ output: LoadShape.Output, _ what: Substring, _ parameters: String) -> Outcome {
        var change = LoadShape.Part(output: output)
        switch what {
        case "HARM":
            guard let n = numbers(parameters), n.count == 3, let order = Int(exactly: n[0]), order != 1,
                (0...1000).contains(order), n[1] >= 0
            else { return .wrong("an order, a percentage and an angle in degrees are needed") }
            change.harmonics = [.init(order: order, percent: n[1], angle: n[2])]
        case "FLUC":
            let words = parameters.split(separator: ",", maxSplits: 1)
            guard words.count == 2, let n = numbers(String(words[1])), n.count == 2, n[0] >= 0, n[1] > 0,
                ["RECT", "SIN"].contains(words[0].uppercased())
            else { return .wrong("RECT or SIN, a depth in percent and a frequency in Hz are needed") }
            change.fluctuation = .init(
                form: words[0].uppercased() == "RECT" ? .rectangular : .sinusoidal, depth: n[0], frequency: n[1])
        case "EVEN":
            guard let n = numbers(parameters), n.count == 3, n[0] >= 0, n[1] > 0 else {
                return .wrong("a residual voltage in percent, a duration in s and an angle in degrees are needed")
            }
            change.event = .init(residual: n[0], duration: n[1], startAngle: n[2])
        default: return .unknown
        }
        let added = change
        ask { state in
            var parts = state.staged.shape?.parts ?? []
            if let index = parts.firstIndex(where: { $0.output == output }) {
                parts[index].harmonics += added.harmonics
                parts[index].fluctuation = added.fluctuation ?? parts[index].fluctuation
                parts[index].event = added.event ?? parts[index].event
            } else {
                parts.append(added)
            }
            state.staged.shape = LoadShape(parts: parts)
        }
        return .done
    }
}

/// The commands of the standard.
extension SimulatedScpiSession {
    func standard(_ head: String, _ parameters: String) -> Outcome {
        switch head {
        case "CONF:RANG":
            guard let n = numbers(parameters), n.count == 2, n.allSatisfy({ $0 >= 0 }) else {
                return .wrong("a voltage and a current are needed")
            }
            let constant = ask { $0.chooseRange(voltage: n[0], current: n[1]) }
            return constant == nil ? .wrong("no range for these values") : .done
        case "CONF:CONS?": return .answer(text(Decimal.shortest(ask { $0.standard.constant })))
        case "MEAS:ALL?":
            let r = ask { $0.reading }
            let all = r.voltages + r.currents + r.powers + [r.frequency] + r.voltageDistortion
            return .answer(text(all.map { Decimal.shortest($0) }.joined(separator: ",")))
        case "CONF:ENER":
            guard let energy = ["ACT": EnergyKind.active, "REAC": .reactive][parameters.uppercased()] else {
                return .wrong("ACT or REAC is needed")
            }
            return ask { $0.count(energy) } ? .done : .conflict("this standard counts active energy only")
        case "MEAS:REAC?":
            guard let powers = ask({ $0.reading.reactivePowers }) else { return .unknown }
            return .answer(text(powers.map { Decimal.shortest($0) }.joined(separator: ",")))
        case "ENER:STAR":
            ask { $0.startEnergy() }
            return .done
        case "ENER:SPL?":
            guard let split = ask({ $0.splitEnergy }) else { return .unknown }
            let numbers = ([split.total] + split.phases).flatMap { [$0.imported, $0.exported] }
            return .answer(text(numbers.map { Decimal.shortest($0) }.joined(separator: ",")))
        case "ENER?", "ENER:STOP?":
            let energy = ask { head == "ENER?" ? $0.energy : $0.stopEnergy() }
            // 9.91E37 is SCPI's «not a number» (SCPI-99, 7.2.1.5): the integrator was never started.
            return .answer(text(energy.map { Decimal.shortest($0) } ?? "9.91E37"))
        default: return .unknown
        }
    }
}

/// The commands of the counter.
extension SimulatedScpiSession {
    func counter(_ head: String, _ parameters: String) -> Outcome {
        switch head {
        case "PULS:ARM":
            guard let list = Self.channels(parameters) else { return .wrong("a channel list (@1,2,3) is needed") }
            return ask { $0.arm(list) } ? .done : .wrong("there is no such channel")
        case "PULS:DIS":
            ask { $0.disarm() }
            return .done
        case "PULS:DATA?":
            guard let n = numbers(parameters), n.count == 2, let channel = Int(exactly: n[0]),
                let from = Int(exactly: n[1]),
                from >= 0
            else { return .wrong("a channel and a number are needed") }
            return .answer(Self.block(ask { $0.edges(channel: channel, from: from, limit: 1000) }))
        default: return .unknown
        }
    }

    /// `(@1,3:5)` as 1, 3, 4, 5.
    static func channels(_ text: String) -> [Int]? {
        guard text.hasPrefix("(@"), text.hasSuffix(")") else { return nil }
        var list: [Int] = []
        for part in text.dropFirst(2).dropLast().split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
            guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2, first <= last,
                last - first < 1000
            else { return nil }
            list += Array(first...last)
        }
        return list
    }

    /// Clock, next number, overrun, and the edges as a definite block (IEEE 488.2, 8.7.9), 16 bytes each.
    static func block(_ block: EdgeBlock) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(block.edges.count * 16)
        for edge in block.edges {
            for word in [UInt64(bitPattern: edge.tick), edge.referenceCount.bitPattern] {
                for shift in stride(from: 56, through: 0, by: -8) {
                    bytes.append(UInt8(truncatingIfNeeded: word >> shift))
                }
            }
        }
        let length = String(bytes.count)
        let head = "\(block.now),\(block.next),\(block.overrun ? 1 : 0),#\(length.utf8.count)\(length)"
        return Array(head.utf8) + bytes
    }
}
