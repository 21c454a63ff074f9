public import BenchCore

extension ModbusMeter {
    /// Reads several registers with as few requests as the type allows; what the meter refuses stands there as its fault.
    ///
    /// Values that share a request are of one moment. A meter that refuses a request for several registers (exceptions 1 to 3) is asked
    /// for each of them, now and from then on. Silence and the like end the reading: they are thrown.
    public func snapshot(_ registers: [RegisterDefinition]) async throws -> [Result<RegisterValue, Fault>] {
        var found: [Int: Result<RegisterValue, Fault>] = [:]
        var rules = type.reading
        if refusesTogether { rules.together = false }
        for read in RegisterPlan(registers, rules).reads {
            if read.registers.count > 1, let words = try await together(read) {
                for index in read.registers {
                    guard case .modbus(_, let address, let encoding, _) = registers[index].place else { continue }
                    let own = Array(words[(address - read.address)...].prefix(encoding.words))
                    found[index] = .success(RegisterWire.value(own, of: registers[index]))
                }
            } else {
                for index in read.registers { found[index] = try await alone(registers[index]) }
            }
        }
        try await points(registers, rules, &found)
        return registers.indices.map { found[$0] ?? .failure(Fault(.internalError, id, "register \($0) was left out")) }
    }

    /// One register; a refusal is its result.
    private func alone(_ register: RegisterDefinition) async throws -> Result<RegisterValue, Fault> {
        do {
            return .success(try await read(register))
        } catch let fault as Fault where fault.code == .modbusException {
            return .failure(fault)
        }
    }

    /// The words of one request for several registers; `nil` where the meter does not give them together.
    private func together(_ read: RegisterPlan.Read) async throws -> [UInt16]? {
        guard !refusesTogether else { return nil }
        do throws(Fault) {
            return try await unit.words(function: read.function, address: read.address, count: read.count)
        } catch {
            guard ModbusUnit.isAbsent(error) else { throw error }
            refusesTogether = true
            return nil
        }
    }

    /// SunSpec points: those of one model come together, each whole with its scale factor.
    private func points(
        _ registers: [RegisterDefinition], _ rules: RegisterReading, _ found: inout [Int: Result<RegisterValue, Fault>]
    ) async throws {
        struct Place {
            var index: Int, span: Range<Int>
        }
        var models: [Int: [Place]] = [:]
        for (index, register) in registers.enumerated() {
            guard case .sunspec(let name) = register.place else { continue }
            let model = try await model(for: name)
            guard rules.together, let point = SunSpecMap.point(name, in: model) else {
                found[index] = try await alone(register)
                continue
            }
            let span = SunSpecWire.span(point)
            models[model.address, default: []].append(
                Place(index: index, span: (model.address + span.lowerBound)..<(model.address + span.upperBound)))
        }
        for (_, places) in models.sorted(by: { $0.key < $1.key }) {
            var groups: [(span: Range<Int>, places: [Place])] = []
            for place in places.sorted(by: { ($0.span.lowerBound, $0.index) < ($1.span.lowerBound, $1.index) }) {
                if let last = groups.last {
                    let union = last.span.lowerBound..<max(last.span.upperBound, place.span.upperBound)
                    if union.count <= rules.most {
                        groups[groups.count - 1] = (union, last.places + [place])
                        continue
                    }
                }
                groups.append((place.span, [place]))
            }
            for group in groups {
                let read = RegisterPlan.Read(
                    function: 3, address: group.span.lowerBound, count: group.span.count,
                    registers: group.places.map(\.index))
                let words = group.places.count > 1 ? try await together(read) : nil
                for place in group.places {
                    let register = registers[place.index]
                    guard let words else {
                        found[place.index] = try await alone(register)
                        continue
                    }
                    let own = Array(words[(place.span.lowerBound - read.address)...].prefix(place.span.count))
                    found[place.index] = .success(try await value(own, register))
                }
            }
        }
    }
}
