/// Which channels of a recording are the voltage and the current of which phase.
public struct PhaseAssignment: Sendable, Hashable {
    /// One phase: its name (L1, L2, L3) and the numbers of its channels.
    public struct Phase: Sendable, Hashable {
        /// L1, L2 or L3.
        public var name: String
        /// Numbers of its channels; `nil` where it has none.
        public var voltage: Int?, current: Int?
    }
    /// The phases, in order; those without any channel are left out.
    public let phases: [Phase]
    /// Numbers of the voltages and of the currents of all phases, in order.
    public var voltages: [Int] { phases.compactMap(\.voltage) }
    /// Numbers of the currents of all phases, in order.
    public var currents: [Int] { phases.compactMap(\.current) }

    /// Reads names and units: a channel in V or A whose name ends with 1, 2, 3 or A, B, C (or holds the COMTRADE phase) belongs to that
    /// phase; where the names do not tell, channels count in their order. A neutral (N) belongs to none.
    public init(_ channels: [RecordedChannel]) {
        var found: [[Int?]] = [[nil, nil, nil], [nil, nil, nil]]
        var unnamed: [[Int]] = [[], []]
        for (number, channel) in channels.enumerated() {
            guard let kind = Self.kind(channel) else { continue }
            switch Self.phase(channel) {
            case .number(let phase) where found[kind][phase] == nil: found[kind][phase] = number
            case .neutral: break
            default: unnamed[kind].append(number)
            }
        }
        for kind in 0..<2 {
            for number in unnamed[kind] {
                if let free = found[kind].firstIndex(of: nil) { found[kind][free] = number }
            }
        }
        phases = (0..<3).compactMap { p in
            let phase = Phase(name: "L\(p + 1)", voltage: found[0][p], current: found[1][p])
            return phase.voltage == nil && phase.current == nil ? nil : phase
        }
    }

    /// Volts or amperes in one unit of a channel; `nil` for anything else.
    public static func factor(_ channel: RecordedChannel) -> Double? {
        guard kind(channel) != nil else { return nil }
        return ["k": 1e3, "m": 1e-3, "M": 1e6, "µ": 1e-6, "u": 1e-6][channel.unit.dropLast().lowercasedUnlessMega] ?? 1
    }

    private static func kind(_ channel: RecordedChannel) -> Int? {
        guard channel.unit.count <= 2, let last = channel.unit.last else { return nil }
        switch last {
        case "V", "v": return 0
        case "A", "a": return 1
        default: return nil
        }
    }

    private enum Place { case number(Int), neutral, unknown }

    private static func phase(_ channel: RecordedChannel) -> Place {
        for text in [channel.phase, channel.name] {
            // A bare number, as sound files have them, is the channel's place and no phase.
            if text == channel.name, text.utf8.allSatisfy({ 48...57 ~= $0 }) { continue }
            guard let last = text.uppercased().last(where: { $0.isLetter || $0.isNumber }) else { continue }
            switch last {
            case "1", "A", "R": return .number(0)
            case "2", "B", "S": return .number(1)
            case "3", "C", "T": return .number(2)
            case "N", "4", "0": return .neutral
            default: continue
            }
        }
        return .unknown
    }
}

extension Substring {
    /// A unit's prefix, where only mega and milli differ by case.
    fileprivate var lowercasedUnlessMega: String { self == "M" ? "M" : lowercased() }
}
