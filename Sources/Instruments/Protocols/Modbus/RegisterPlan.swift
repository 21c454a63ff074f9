public import BenchCore

/// Which requests read a set of registers: neighbours share one, as far as the meter allows it.
public struct RegisterPlan: Sendable, Hashable {
    /// One request.
    public struct Read: Sendable, Hashable {
        /// Function 3 or 4, first address, number of words.
        public var function: Int, address: Int, count: Int
        /// Which of the registers given lie in it, by index.
        public var registers: [Int]
    }

    /// The requests, in order of function and address; every register at a fixed address lies in exactly one.
    public var reads: [Read] = []

    /// Plans the registers at fixed addresses; SunSpec points are no part of it.
    ///
    /// A register that alone is longer than `rules.most` stands alone, and is read in several requests.
    public init(_ registers: [RegisterDefinition], _ rules: RegisterReading) {
        struct Place {
            var index: Int, function: Int, address: Int, count: Int
        }
        let places = registers.enumerated().compactMap { index, register -> Place? in
            guard case .modbus(let function, let address, let encoding, _) = register.place else { return nil }
            return Place(index: index, function: function, address: address, count: encoding.words)
        }.sorted { ($0.function, $0.address, $0.index) < ($1.function, $1.address, $1.index) }
        for place in places {
            if let last = reads.last, last.function == place.function, rules.together {
                let end = last.address + last.count
                let newEnd = max(end, place.address + place.count)
                let crosses = rules.borders.contains { $0 > last.address && $0 < newEnd }
                if place.address - end <= rules.gap, newEnd - last.address <= rules.most, !crosses {
                    reads[reads.count - 1].count = newEnd - last.address
                    reads[reads.count - 1].registers.append(place.index)
                    continue
                }
            }
            reads.append(
                Read(function: place.function, address: place.address, count: place.count, registers: [place.index]))
        }
    }
}
