import BenchCore
import FoundationEssentials
import Instruments
import Plugins

/// Everything a run is made from, read and checked before anything is energised.
struct RunInputs: Sendable {
    var order: Order
    var bench: BenchDescription
    /// Meter types by identifier, and by position of the order.
    var types: [String: MeterType]
    /// Instrument types that drivers of the bench name.
    var instrumentTypes: [String: InstrumentType]
    var plans: OrderPlans
    /// Corrections of the bench's digitizer; `nil` where it names none.
    var corrections: CorrectionSet?
    /// Every file that a person wrote, byte by byte.
    var frozen: [FrozenFile]
    /// Folder of the bench file: what its paths are relative to.
    var benchFolder: String
    /// Instruments whose calibration is not valid today.
    var expired: [Diagnostic]

    var meterTypes: [Int: MeterType] {
        var result: [Int: MeterType] = [:]
        for meter in order.meters { result[meter.position] = types[meter.type] }
        return result
    }

    /// Reads an order and all it names.
    ///
    /// Throws `Diagnostics` with the complaints of all files that can be read, or a `Fault` for a file that cannot.
    static func load(order orderPath: String, today: String) throws -> RunInputs {
        let orderFile = try FrozenFile(shelf: "order", reading: orderPath)
        let order = try OrderFile.read(orderFile.bytes, file: orderPath)
        let folder = Disk.parent(orderPath)
        let benchPath = Path.join(folder, order.value.bench)
        let procedurePath = Path.join(folder, order.value.procedure)
        var complaints: [Diagnostic] = []
        func collect<T>(_ body: () throws -> T) throws -> T? {
            do { return try body() } catch let trouble as Diagnostics {
                complaints += trouble.all
                return nil
            }
        }
        func named<T>(_ key: String, _ body: () throws -> T) throws -> T? {
            do { return try body() } catch let fault as Fault {
                complaints.append(order.diagnostic(key, "\(fault.instrument): \(fault.detail)"))
                return nil
            }
        }
        var frozen = [orderFile]
        var bench: Loaded<BenchDescription>?
        if let file = try named("bench", { try FrozenFile(shelf: "bench", reading: benchPath) }) {
            frozen.append(file)
            bench = try collect { try BenchFile.read(file.bytes, file: benchPath) }
        }
        var types: [String: MeterType] = [:]
        for type in Set(order.value.meters.map(\.type)).sorted() {
            let path = Path.join(Path.join(folder, order.value.meterTypes), type + ".yaml")
            let index = order.value.meters.firstIndex { $0.type == type } ?? 0
            guard let file = try named("meters[\(index)].type", { try FrozenFile(shelf: "meters", reading: path) })
            else { continue }
            frozen.append(file)
            types[type] = try collect { try MeterTypeFile.load(file.bytes, file: path) }
        }
        var instrumentTypes: [String: InstrumentType] = [:]
        if let bench {
            for (name, file) in InstrumentTypes.files(
                bench.value, folder: Path.join(folder, Disk.parent(order.value.bench)))
            {
                guard let bytes = try FrozenFile.present(shelf: "instruments", file) else { continue }
                frozen.append(bytes)
                instrumentTypes[name] = try collect { try InstrumentTypeFile.load(bytes.bytes, file: file) }
            }
            for (index, instrument) in bench.value.instruments.enumerated() where complaints.isEmpty {
                do { try InstrumentTypes.check(instrument, types: instrumentTypes) } catch {
                    complaints.append(bench.diagnostic("instruments[\(index)].driver", error.detail))
                }
            }
        }
        var corrections: CorrectionSet?
        var outdated: [Diagnostic] = []
        if let bench {
            let found = try BenchCorrections.load(bench, folder: Disk.parent(benchPath), today: today)
            corrections = found.set
            frozen += found.frozen
            complaints += found.complaints
            outdated = found.expired
        }
        var procedure: Procedure?
        procedure =
            try named("procedure") {
                try collect {
                    try ProcedureFile.load(procedurePath, kinds: BuiltIn.stepKinds)
                }
            } ?? nil
        frozen += (procedure?.sources ?? []).map { FrozenFile(name: "procedure/" + $0.path, bytes: $0.bytes) }
        guard let bench, let procedure, complaints.isEmpty else { throw Diagnostics(all: complaints) }
        let limitPath = Path.join(Disk.parent(procedurePath), procedure.limits)
        let limitBytes = procedure.sources.first { $0.path == procedure.limits }?.bytes ?? []
        let limits = try LimitTableFile.load(limitBytes, file: limitPath)
        let plans = try OrderPlans.make(
            order: order, procedure: procedure, limits: limits, types: types, bench: bench.value,
            kinds: BuiltIn.stepKinds)
        if let world = bench.value.world {
            frozen.append(try FrozenFile(shelf: "bench", reading: Path.join(Disk.parent(benchPath), world)))
        }
        return RunInputs(
            order: order.value, bench: bench.value, types: types, instrumentTypes: instrumentTypes, plans: plans,
            corrections: corrections, frozen: frozen, benchFolder: Disk.parent(benchPath),
            expired: BenchCheck.expired(bench, on: today) + outdated)
    }
}

/// Paths as text.
enum Path {
    /// A path relative to a folder, without detours (`a/b/../c` is `a/c`); absolute paths stay as they are.
    static func join(_ folder: String, _ path: String) -> String {
        guard !path.hasPrefix("/") else { return path }
        var parts: [Substring] = []
        for part in (folder + "/" + path).split(separator: "/", omittingEmptySubsequences: true) where part != "." {
            if part == "..", let last = parts.last, last != ".." { parts.removeLast() } else { parts.append(part) }
        }
        return (folder.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
    }
}
