internal import BenchCore

/// What a digitizer must do: a gap is said, never hidden.
enum DigitizerChecks {
    static let all: [ConformanceCheck] = [
        ConformanceCheck(
            name: "claims-something", sentence: "it names its channels, units, rates and numbers"
        ) { stage in
            try await stage.with((any Digitizer).self) { digitizer, _ in
                let c = digitizer.capability
                let names = c.channels.map(\.name)
                try stage.demand(!names.isEmpty && Set(names).count == names.count, "channels \(names)")
                try stage.demand(
                    c.channels.allSatisfy { !$0.unit.isEmpty && $0.scale.isFinite && $0.scale != 0 },
                    "a channel without unit or step")
                try stage.demand(!c.rates.isEmpty && c.rates.allSatisfy { $0 > 0 && $0.isFinite }, "rates \(c.rates)")
            }
        },
        ConformanceCheck(
            name: "refuses-the-rest", sentence: "a rate that it does not have is refused, and so is a second start",
            needs: .changes
        ) { stage in
            try await stage.with((any Digitizer).self) { digitizer, _ in
                let c = digitizer.capability
                guard let rate = c.rates.first else { return }
                for bad in [0, -rate, (c.rates.max() ?? rate) * 1.5, .nan] {
                    try await stage.demandFault(.refused, from: "a rate of \(bad) per second") {
                        try await digitizer.start(rate: bad)
                    }
                }
                _ = try await stage.succeed("start") { try await digitizer.start(rate: rate) }
                try await stage.demandFault(.refused, from: "a second start") { try await digitizer.start(rate: rate) }
                _ = try await stage.succeed("stop") { try await digitizer.stop() }
            }
        },
        ConformanceCheck(
            name: "samples-without-gap",
            sentence: "at every rate blocks follow each other without a gap, fit the range, and end with the stop",
            needs: .changes
        ) { stage in
            try await stage.with((any Digitizer).self) { digitizer, rig in
                let c = digitizer.capability
                for rate in c.rates {
                    let stream = try await stage.succeed("start at \(rate)") { try await digitizer.start(rate: rate) }
                    try stage.demand(
                        stream.channels.map(\.name) == c.channels.map(\.name) && stream.rate == rate
                            && stream.form == c.form, "the stream is not what the digitizer claims")
                    let reader = StreamReader(stream)
                    var next: Int64 = 0
                    for _ in 0..<5 {
                        let block = try await reader.next(digitizer, rig, stage)
                        try stage.demand(
                            block.header.first == next && block.header.lost == 0,
                            "frame \(block.header.first) where \(next) was due, \(block.header.lost) lost")
                        try stage.demand(
                            block.header.frames > 0
                                && block.samples.count == Int(block.header.frames) * c.channels.count,
                            "\(block.samples.count) samples of \(c.channels.count) channels in \(block.header.frames) frames"
                        )
                        try stage.demand(block.fits(stream.channels), "a sample beyond the range of its channel")
                        next += Int64(block.header.frames)
                    }
                    _ = try await stage.succeed("stop") { try await digitizer.stop() }
                    try stage.demand(reader.drainToEnd(), "the stream has no end after the stop")
                }
            }
        },
        ConformanceCheck(
            name: "gap-is-said",
            sentence: "where frames were lost the next block says how many, and its number leaves them out",
            needs: [.changes, .hooks]
        ) { stage in
            try await stage.with((any Digitizer).self) { digitizer, rig in
                let lose = try stage.hook(rig.hooks.loseSamples, "lose samples")
                guard let rate = digitizer.capability.rates.first else { return }
                let stream = try await stage.succeed("start") { try await digitizer.start(rate: rate) }
                let reader = StreamReader(stream)
                let first = try await reader.next(digitizer, rig, stage)
                lose()
                var next = first.header.first + Int64(first.header.frames)
                for _ in 0..<20 {
                    let block = try await reader.next(digitizer, rig, stage)
                    try stage.demand(
                        block.header.first - next == block.header.lost,
                        "frame \(block.header.first) after \(next - 1), \(block.header.lost) said to be lost")
                    if block.header.lost > 0 {
                        _ = try await stage.succeed("stop") { try await digitizer.stop() }
                        return
                    }
                    next = block.header.first + Int64(block.header.frames)
                }
                throw CheckEnd.failed("samples were lost, and no block says so")
            }
        },
        ConformanceCheck(
            name: "stopped-gives-nothing",
            sentence:
                "a digitizer that does not sample is not waited for, stopping twice is no trouble, and it starts again",
            needs: .changes
        ) { stage in
            try await stage.with((any Digitizer).self) { digitizer, rig in
                _ = try await stage.succeed("stop when fresh") { try await digitizer.stop() }
                guard let rate = digitizer.capability.rates.first else { return }
                try await stage.demandFault(.refused, from: "waiting before the start") { try await digitizer.wait() }
                for _ in 0..<2 {
                    let stream = try await stage.succeed("start") { try await digitizer.start(rate: rate) }
                    let block = try await StreamReader(stream).next(digitizer, rig, stage)
                    try stage.demand(block.header.first == 0, "frames are counted from \(block.header.first)")
                    _ = try await stage.succeed("stop") { try await digitizer.stop() }
                    _ = try await stage.succeed("stop again") { try await digitizer.stop() }
                    try await stage.demandFault(.refused, from: "waiting after the stop") {
                        try await digitizer.wait()
                    }
                }
            }
        },
        ConformanceCheck(
            name: "end-is-said",
            sentence:
                "a digitizer that is cut off ends its stream and says why; a silent one does not hold up the stop",
            needs: [.changes, .hooks]
        ) { stage in
            try await stage.with((any Digitizer).self) { digitizer, rig in
                let cut = try stage.hook(rig.hooks.cutOff, "cut off")
                guard let rate = digitizer.capability.rates.first else { return }
                let stream = try await stage.succeed("start") { try await digitizer.start(rate: rate) }
                let reader = StreamReader(stream)
                _ = try await reader.next(digitizer, rig, stage)
                cut()
                var waits = 0
                while !reader.drainToEnd(), waits < 2000 {
                    rig.hooks.pass?(0.02)
                    try await digitizer.wait()
                    waits += 1
                }
                let end = try await stage.succeed("stop") { try await digitizer.stop() }
                try stage.demand(
                    reader.drainToEnd() && end.reason != nil, "the stream was cut off, and nothing says so")
            }
        },
    ]
}

/// Takes blocks out of a stream under check.
private final class StreamReader {
    struct Block {
        var header: BlockHeader, samples: [Double]
        let width: Int

        func fits(_ channels: [RecordedChannel]) -> Bool {
            samples.indices.allSatisfy {
                let channel = channels[$0 % width]
                return samples[$0] >= channel.lowest ?? -.infinity && samples[$0] <= channel.highest ?? .infinity
            }
        }
    }
    private var consumer: SampleConsumer
    private let stream: SampleStream

    init(_ stream: SampleStream) {
        self.stream = stream
        consumer = stream.ring.consumer()
    }

    /// The next block; waits for it, a thousand times at most.
    func next(_ digitizer: any Digitizer, _ rig: ConformanceRig, _ stage: ConformanceStage) async throws -> Block {
        for _ in 0..<1000 {
            if let block = take() { return block }
            rig.hooks.pass?(0.02)
            try await stage.succeed("wait") { try await digitizer.wait() }
        }
        throw CheckEnd.failed("no block came")
    }

    /// Throws everything away that waits; whether the stream is at its end.
    func drainToEnd() -> Bool {
        while take() != nil {}
        return consumer.isAtEnd()
    }

    private func take() -> Block? {
        let form = stream.form
        let taken = consumer.take { header, bytes in (header, form.samples(bytes)) }
        return taken.map { header, samples in
            switch samples {
            case .integer(let values, _):
                Block(header: header, samples: values.map(Double.init), width: stream.channels.count)
            case .float(let values):
                Block(header: header, samples: values.map(Double.init), width: stream.channels.count)
            }
        }
    }
}
