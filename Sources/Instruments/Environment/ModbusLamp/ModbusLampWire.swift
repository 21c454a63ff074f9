import BenchCore

/// One light of a signal lamp: a coil, and the signals during which it is lit.
struct ModbusLight: Sendable, Hashable {
    /// What it looks like, in words: `red`.
    var name: String
    /// Zero-based address of its coil.
    var coil: Int
    /// When it is lit.
    var signals: Set<LampSignal>
}

/// What a `modbus-lamp` is told: pure.
enum ModbusLampWire {
    /// The lamp of the note on generic instruments: coils 0, 1, 2 are green (ready), red (energised) and yellow (fault).
    static let lights = [
        ModbusLight(name: "green", coil: 0, signals: [.ready]),
        ModbusLight(name: "red", coil: 1, signals: [.energised]),
        ModbusLight(name: "yellow", coil: 2, signals: [.fault]),
    ]

    /// The writes of a signal: first what lights up, then what goes out, so that a live bench is never without its light.
    static func writes(_ signal: LampSignal, _ lights: [ModbusLight]) -> [ModbusRequest] {
        let lit = lights.filter { $0.signals.contains(signal) }
        let dark = lights.filter { !$0.signals.contains(signal) }
        return lit.map { .writeCoil(address: $0.coil, on: true) } + dark.map { .writeCoil(address: $0.coil, on: false) }
    }

    /// Reads `lights` of a data file: `{ name: red, coil: 1, signals: [energised, fault] }`.
    static func read(_ f: Fields) -> [ModbusLight]? {
        var coils: [Int: Int] = [:]
        let lights = f.blocks("lights", "a light") { f -> ModbusLight? in
            let name = f.text("name")
            let coil = f.integer("coil", in: 0...65_535)
            let signals = f.choices("signals", of: LampSignal.self)
            if let coil, let line = coils.updateValue(f.mark.line, forKey: coil) {
                f.complain("coil", "coil \(coil) already stands on line \(line)")
            }
            if signals?.contains(.off) == true { f.complain("signals", "«off» is every light out") }
            guard let name, let coil, let signals else { return nil }
            return ModbusLight(name: name, coil: coil, signals: Set(signals))
        }
        let red = Set(lights.filter { $0.signals.contains(.energised) }.map(\.coil))
        if !lights.isEmpty, red.isEmpty {
            f.complain("lights", "no light shows «energised»: people must see that the bench is live")
        }
        if red == Set(lights.filter { $0.signals.contains(.ready) }.map(\.coil)), !red.isEmpty {
            f.complain("lights", "«ready» and «energised» look the same")
        }
        return lights.isEmpty ? nil : lights
    }
}
