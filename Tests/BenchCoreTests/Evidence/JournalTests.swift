import TestSupport
import Testing

@testable import BenchCore

#if canImport(Glibc)
    import Glibc
#endif

@Suite struct JournalTests {
    static func event(_ n: Int) -> JournalEvent {
        .pointComplete(PointComplete(point: "\(n) accuracy import PF=0.5 ind I=5 % In «ö/\n»", attempt: n))
    }

    static func sample(_ n: Int) async throws -> [UInt8] {
        let journal = MemoryJournal(time: StepTime())
        for i in 1...n { try await journal.append(event(i)) }
        return journal.bytes
    }

    @Test("what was appended is read back, chained and numbered", arguments: [nil, 1.0, 300.0])
    func roundTrip(scale: Double?) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/journal.jsonl"
        let journal = try Journal.create(path, time: StepTime(scale: scale))
        for i in 1...5 { try await journal.append(Self.event(i)) }
        journal.close()
        let content = try JournalReader.read(path)
        #expect(content.entries.map(\.seq) == [1, 2, 3, 4, 5])
        #expect(content.entries.map(\.what) == (1...5).map(Self.event))
        #expect(content.torn.isEmpty)
        #expect(content.entries[0].prev == Hash.none)
        #expect(try Disk.read(path) == (try await Self.sample(5)))
    }

    @Test("events of many tasks share flushes and keep one order")
    func concurrent() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/journal.jsonl"
        let journal = try Journal.create(path, time: StepTime(scale: 1))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for i in 1...200 { group.addTask { try await journal.append(Self.event(i)) } }
            try await group.waitForAll()
        }
        journal.close()
        let content = try JournalReader.read(path)
        #expect(content.entries.count == 200)
        #expect(Set(content.entries.map(\.what)) == Set((1...200).map(Self.event)))
        #expect(content.entries.map(\.at) == content.entries.map(\.at).sorted())
    }

    @Test("no byte of a journal can change unseen, and the message names the line")
    func everyByte() async throws {
        let good = try await Self.sample(4)
        var line = 1
        for i in good.indices {
            for mask: UInt8 in [0x01, 0x20, 0x80] {
                var bad = good
                bad[i] ^= mask
                let content: JournalReader.Content
                do {
                    content = try JournalReader.parse(bad, name: "j")
                } catch let fault as Fault {
                    // The line itself, or the next one whose link no longer fits.
                    let named = ["line \(line) ", "line \(line + 1) "].contains { fault.detail.hasPrefix($0) }
                    #expect(named, "byte \(i) of line \(line): \(fault.detail)")
                    continue
                }
                // The last line has no successor: the seal holds its hash. The last newline leaves a torn line.
                let seen = line == 4 && (content.lastHash != Hash.sha256Hex(good.dropLast().split(separator: 10)[3]))
                #expect(seen, "byte \(i) with \(mask)")
            }
            if good[i] == UInt8(ascii: "\n") { line += 1 }
        }
    }

    @Test("lines taken out, doubled or swapped are found")
    func lines() async throws {
        let lines = try await Self.sample(4).split(separator: UInt8(ascii: "\n")).map { Array($0) + [10] }
        func parse(_ order: [Int]) throws { _ = try JournalReader.parse(order.flatMap { lines[$0] }, name: "j") }
        try parse([0, 1, 2, 3])
        for (order, line) in [([0, 2, 3], 2), ([1, 2, 3], 1), ([0, 1, 1, 2], 3), ([0, 2, 1, 3], 2)] {
            #expect {
                try parse(order)
            } throws: {
                ($0 as? Fault)?.detail.hasPrefix("line \(line) ") == true
            }
        }
    }

    @Test("a journal cut at any byte is resumed after its last whole line, and the torn bytes are kept")
    func torn() async throws {
        let good = try await Self.sample(3)
        for cut in stride(from: 0, through: good.count, by: 7) {
            let folder = try TemporaryFolder()
            let path = folder.path + "/journal.jsonl"
            try Disk.write(Array(good[..<cut]), to: path)
            let resumed = try Journal.resume(path, time: StepTime())
            let whole = good[..<cut].filter { $0 == 10 }.count
            #expect(resumed.entries.count == whole)
            let torn = Array(good[..<cut].split(separator: 10, omittingEmptySubsequences: false).last ?? [])
            #expect(resumed.tornBytes == (torn.isEmpty ? nil : torn.count))
            if !torn.isEmpty {
                #expect(try Disk.read(folder.path + "/torn-1.bin") == torn)
                #expect(resumed.tornHash == Hash.sha256Hex(torn))
            }
            try await resumed.journal.append(Self.event(9))
            resumed.journal.close()
            #expect(try JournalReader.read(path).entries.count == whole + 1)
        }
    }

    @Test("two programs never write one journal, and a new one never overwrites")
    func lock() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/journal.jsonl"
        let journal = try Journal.create(path, time: StepTime())
        try await journal.append(Self.event(1))
        #expect(throws: Fault.self) { try Journal.resume(path, time: StepTime()) }
        #expect(throws: Fault.self) { try Journal.create(path, time: StepTime()) }
        journal.close()
        #expect(try Journal.resume(path, time: StepTime()).entries.count == 1)
    }

    @Test("a sealed run takes no further line")
    func sealed() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/journal.jsonl"
        try Disk.write(try await Self.sample(1), to: path)
        try Disk.write([], to: folder.path + "/seal.json")
        #expect {
            try Journal.resume(path, time: StepTime())
        } throws: {
            ($0 as? Fault)?.code == .refused
        }
    }

    @Test("a full disk is a fault, and stays one", arguments: [nil, 1.0])
    func full(scale: Double?) async throws {
        let descriptor = open("/dev/full", O_WRONLY)
        let journal = try Journal(
            path: "journal.jsonl", descriptor: descriptor, length: 0, chain: Chain(), time: StepTime(scale: scale))
        for _ in 1...2 {
            await #expect {
                try await journal.append(Self.event(1))
            } throws: {
                ($0 as? Fault)?.code == .diskFull
            }
        }
    }

    @Test("an event that JSON cannot say is refused and leaves no line")
    func unspeakable() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/journal.jsonl"
        let journal = try Journal.create(path, time: StepTime())
        try await journal.append(Self.event(1))
        await #expect(throws: Fault.self) {
            try await journal.append(.efficiency(Efficiency(bound: .nan, actual: 1, losses: [:])))
        }
        try await journal.append(Self.event(2))
        journal.close()
        #expect(try JournalReader.read(path).entries.map(\.what) == [Self.event(1), Self.event(2)])
        await #expect(throws: Fault.self) { try await journal.append(Self.event(3)) }
    }

    @Test("numbers of every size come back to the same bytes")
    func numbers() async throws {
        var seed: UInt64 = 7
        let journal = MemoryJournal(time: StepTime())
        for _ in 0..<300 {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let value = Double(bitPattern: seed)
            guard value.isFinite else { continue }
            let losses = [
                "a": value, "b": Double(seed >> 40) / 1000, "c": -0.0, "d": 230, "e": 1e300,
                "f": .leastNonzeroMagnitude,
            ]
            try await journal.append(.efficiency(Efficiency(bound: value, actual: 1, losses: losses)))
        }
        #expect(try JournalReader.parse(journal.bytes, name: "j").entries == journal.entries)
    }
}
