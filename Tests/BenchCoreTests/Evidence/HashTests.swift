import TestSupport
import Testing

@testable import BenchCore

@Suite struct HashTests {
    // FIPS 180-4 examples (NIST CSRC, SHA256.pdf): "abc" and the two-block message.
    @Test("SHA-256 gives the published values")
    func published() {
        #expect(Hash.sha256Hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            Hash.sha256Hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")
                == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
    }

    @Test("a file's hash is that of its bytes, also when it is longer than one piece")
    func file() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/long.bin"
        let bytes = (0..<200_001).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try Disk.write(bytes, to: path)
        #expect(try Hash.sha256Hex(file: path) == Hash.sha256Hex(bytes))
        #expect(try Disk.read(path) == bytes)
    }

    @Test("a missing file is a fault that names it")
    func missing() {
        #expect {
            try Hash.sha256Hex(file: "/nowhere/at/all")
        } throws: {
            ($0 as? Fault)?.code == .storage && ($0 as? Fault)?.instrument == "/nowhere/at/all"
        }
    }
}
