import BenchCore

/// Walks the chain of models of a SunSpec device.
///
/// SunSpec Device Information Model Specification V1.1, clause 6.1: `SunS`, then models, each with number and length, up to
/// number 0xFFFF.
enum SunSpecDiscovery {
    /// Reads holding registers; the fault of an address that is not there is `modbusException`.
    typealias Reader = (_ address: Int, _ count: Int) async throws -> [UInt16]

    /// Finds the chain and lists its models. Throws `Fault(.notFound)` where no map begins, `Fault(.badAnswer)` for a chain
    /// that leaves the address space, does not end, or breaks off.
    static func models(of instrument: String, read: Reader) async throws -> [SunSpecMap.Model] {
        for base in SunSpecMap.bases {
            guard let words = try await there(base, 2, read), words == SunSpecMap.marker else { continue }
            return try await chain(from: base + 2, instrument, read)
        }
        throw Fault(.notFound, instrument, "no «SunS» at 40000, 50000 or 0: this is no SunSpec device")
    }

    private static func chain(from first: Int, _ instrument: String, _ read: Reader) async throws -> [SunSpecMap.Model]
    {
        var models: [SunSpecMap.Model] = []
        var at = first
        while models.count < SunSpecMap.mostModels {
            guard at + 1 <= 0xFFFF else {
                throw Fault(
                    .badAnswer, instrument, "the chain of models leaves the address space behind model \(last(models))")
            }
            guard let head = try await there(at, 2, read) else {
                throw Fault(
                    .badAnswer, instrument,
                    "the chain of models breaks off behind model \(last(models)): nothing at \(at), not even its end 0xFFFF"
                )
            }
            if head[0] == SunSpecMap.end {
                guard models.first?.number == 1 else {
                    throw Fault(.badAnswer, instrument, "the chain does not begin with the common model 1")
                }
                return models
            }
            models.append(SunSpecMap.Model(number: Int(head[0]), address: at, length: Int(head[1])))
            at += 2 + Int(head[1])
        }
        throw Fault(
            .badAnswer, instrument, "the chain of models does not end after \(SunSpecMap.mostModels) models")
    }

    private static func last(_ models: [SunSpecMap.Model]) -> String { models.last.map { String($0.number) } ?? "0" }

    /// Words, or `nil` where the device has no such address.
    private static func there(_ address: Int, _ count: Int, _ read: Reader) async throws -> [UInt16]? {
        do {
            return try await read(address, count)
        } catch let fault as Fault where ModbusUnit.isAbsent(fault) {
            return nil
        }
    }
}
