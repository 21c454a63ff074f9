public import BenchCore

/// A bench that can be played: its file, the world it names, and the meter types of that world.
public struct Simulation: Sendable {
    /// The bench.
    public var bench: BenchDescription
    /// The truth behind it.
    public var world: WorldDescription
    /// Meter types by identifier.
    public var types: [String: MeterType]

    /// Reads a bench file and what it names; throws `Diagnostics` for what people wrote, `Fault` for what cannot be read.
    ///
    /// Paths inside a file are taken from the folder that holds it.
    public static func load(bench path: String) throws -> Simulation {
        let bench = try BenchFile.load(try Disk.read(path), file: path)
        guard let name = bench.world else {
            throw Diagnostics(
                path, Mark(line: 1, column: 1),
                "bench \(bench.id) has no «simulation: { world: … }»: there is nothing to play")
        }
        let worldPath = beside(path, name)
        let bytes = try Disk.read(worldPath)
        var types: [String: MeterType] = [:]
        let used = try WorldFile.usedTypes(bytes, file: worldPath)
        for type in used.types {
            let file = beside(worldPath, used.folder) + "/\(type).yaml"
            // A type without file is complained about by the world, with its place.
            guard Disk.exists(file) else { continue }
            types[type] = try MeterTypeFile.load(try Disk.read(file), file: file)
        }
        let world = try WorldFile.load(bytes, file: worldPath, bench: bench, types: types)
        return Simulation(bench: bench, world: world, types: types)
    }

    /// A path as written in a file, from that file's folder.
    private static func beside(_ file: String, _ path: String) -> String {
        path.hasPrefix("/") ? path : Disk.parent(file) + "/" + path
    }
}
