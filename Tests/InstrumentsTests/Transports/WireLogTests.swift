import BenchCore
import TestSupport
import Testing

@testable import Instruments

@Suite("Wire log and transcripts")
struct WireLogTests {
    @Test("every byte of an exchange is written down with direction, instrument and request; pass words are masked")
    func log() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/wire/wire.jsonl"
        let transcript = try TranscriptWire(
            Array(
                "> *IDN?\\n\n< Maker,Model,1,2\\n\n> SYST:PASS:CEN \"abc\"\\nSYST:ERR?\\n\n< 0,\"No error\"\\n\n".utf8),
            file: "t")
        let server = try LoopbackServer(transcript)
        let log = try WireLog(path: path)
        let wire = SCPIConnection(wire: server.address, log: log)
        #expect(try await wire.query("*IDN?", for: "source").count == 4)
        try await wire.command(["SYST:PASS:CEN \"abc\""], for: "source")
        #expect(await transcript.spoken() == nil)
        await wire.close()
        log.close()
        let lines = String(decoding: try Disk.read(path), as: UTF8.self).split(separator: "\n").map(String.init)
        #expect(lines[0].hasPrefix("{\"wires\":1,\"utc\":\"20"))
        #expect(lines[1].contains("\"language\":\"scpi\""))
        func has(_ direction: String, _ text: String, _ request: Int) -> Bool {
            lines.contains {
                $0.contains(
                    "\"d\":\"\(direction)\",\"i\":\"source\",\"r\":\(request),\"x\":\"\(WireTap.hex(Array(text.utf8)))\""
                )
            }
        }
        #expect(has(">", "*IDN?\n", 2))
        #expect(has("<", "Maker,Model,1,2\n", 2))
        #expect(has(">", "SYST:PASS:CEN *****\n", 3))
        #expect(log.isComplete)
    }

    @Test("a transcript complains about the first byte that differs, with its line")
    func transcript() async throws {
        let transcript = try TranscriptWire(Array("# example\n> A?\\n\n< 1\\n\n> B?\\n\n< 2\\n\n".utf8), file: "t")
        let server = try LoopbackServer(transcript)
        let wire = SCPIConnection(wire: server.address, timeouts: WireTimeouts(connect: 5, response: 0.3, late: 0))
        #expect(try await wire.query("A?", for: "x") == [.word("1")])
        #expect(transcript.complaint == "line 4: «B?\\n» was never sent")
        #expect(await faultCode { try await wire.query("C?", for: "x") } == .timeout)
        #expect(transcript.complaint == "line 4: «B?\\n» was expected, «C?\\n» was sent")
        #expect(throws: Diagnostics.self) { try TranscriptWire(Array("? x".utf8), file: "t") }
    }
}
