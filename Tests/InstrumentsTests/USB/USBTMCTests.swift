import Testing

@testable import Instruments

/// Expected bytes: USBTMC 1.00, tables 1 to 9, 15, 16 and clauses 3.2, 3.3, 4.2.1; USB488 1.00, tables 1, 2 and clauses 3.4,
/// 4.2.2, 4.3.
@Suite("USBTMC codec")
struct USBTMCTests {
    @Test("a message out has its tag, the inverse, its size and the end mark")
    func messageOut() {
        // Table 3: MsgID 1, bTag, ~bTag, 0, TransferSize little endian, bmTransferAttributes D0 = EOM, three reserved.
        #expect(USBTMC.messageOut(tag: 1, size: 5, end: true) == [1, 1, 0xFE, 0, 5, 0, 0, 0, 1, 0, 0, 0])
        #expect(
            USBTMC.messageOut(tag: 0xA5, size: 0x0102_0304, end: false)
                == [1, 0xA5, 0x5A, 0, 4, 3, 2, 1, 0, 0, 0, 0])
    }

    @Test("a request has the size that is wanted, and the term character when there is one")
    func request() {
        // Table 4: MsgID 2, bmTransferAttributes D1 = TermCharEnabled, TermChar.
        #expect(USBTMC.request(tag: 2, size: 0x1000, termChar: nil) == [2, 2, 0xFD, 0, 0, 0x10, 0, 0, 0, 0, 0, 0])
        #expect(USBTMC.request(tag: 255, size: 64, termChar: 10) == [2, 255, 0, 0, 64, 0, 0, 0, 2, 10, 0, 0])
    }

    @Test("the trigger is a header of kind 128 with nothing in it")
    func trigger() {
        #expect(USBTMC.trigger(tag: 7) == [128, 7, 0xF8, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    }

    @Test(
        "every transfer is filled up to a multiple of four",
        arguments: [(0, 0), (1, 3), (2, 2), (3, 1), (4, 0), (5, 3)])
    func padding(size: Int, padding: Int) {
        #expect(USBTMC.padding(size) == padding)
    }

    @Test("tags run from 1 to 255 and never are 0; those of the status byte from 2 to 127")
    func tags() {
        var tags = USBTMC.Tags()
        let all = (0..<300).map { _ in tags.next() }
        #expect(all.prefix(3) == [1, 2, 3])
        #expect(all[253...256] == [254, 255, 1, 2])
        #expect(!all.contains(0))
        var status = USBTMC.StatusTags()
        let some = (0..<130).map { _ in status.next() }
        #expect(some.first == 2)
        #expect(some[124...127] == [126, 127, 2, 3])
    }

    private func answer(_ bytes: [UInt8], to tag: UInt8, anyTag: Bool = false) throws -> USBTMC.Answer {
        try bytes.withUnsafeBytes { try USBTMC.answer($0, to: tag, asked: 100, anyTag: anyTag) }
    }

    @Test("the header of an answer is read: tag, size, end, term character")
    func answers() throws {
        let plain = try answer([2, 9, 0xF6, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0x31, 0x0A], to: 9)
        #expect(plain == USBTMC.Answer(tag: 9, size: 3, end: true, stoppedAtTermChar: false))
        let stopped = try answer([2, 9, 0xF6, 0, 3, 0, 0, 0, 2, 0, 0, 0], to: 9)
        #expect(stopped == USBTMC.Answer(tag: 9, size: 3, end: false, stoppedAtTermChar: true))
        let other = try answer([2, 2, 0xFD, 0, 3, 0, 0, 0, 1, 0, 0, 0], to: 4, anyTag: true)
        #expect(other.tag == 2)
    }

    @Test(
        "an answer that is not ours is refused with the reason",
        arguments: [
            ([2, 9, 0xF6, 0], "its header is cut: 4 bytes of 12"),
            ([1, 9, 0xF6, 0, 3, 0, 0, 0, 1, 0, 0, 0], "a message of kind 1 where an answer (2) was due"),
            ([2, 9, 0xF7, 0, 3, 0, 0, 0, 1, 0, 0, 0], "tag 9 and its inverse 247 do not fit"),
            ([2, 8, 0xF7, 0, 3, 0, 0, 0, 1, 0, 0, 0], "it answers request 8, not request 9"),
            ([2, 9, 0xF6, 0, 101, 0, 0, 0, 1, 0, 0, 0], "it states 101 bytes where 100 were asked for"),
            ([2, 9, 0xF6, 0, 0, 0, 0, 0x80, 1, 0, 0, 0], "it states 2147483648 bytes where 100 were asked for"),
        ] as [([UInt8], String)])
    func refused(bytes: [UInt8], reason: String) {
        #expect(throws: USBTMC.Broken(reason: reason)) { try answer(bytes, to: 9) }
    }

    @Test("capabilities are read bit by bit, USB488 only where the interface has it")
    func capabilities() throws {
        var bytes = [UInt8](repeating: 0, count: 24)
        bytes[0] = 1
        bytes[3] = 1
        bytes[4] = 0b100
        bytes[5] = 1
        bytes[13] = 1
        bytes[14] = 0b011
        bytes[15] = 0b1100
        let found = try #require(USBTMC.capabilities(bytes, usb488: true))
        #expect(found.revision == 0x0100)
        #expect(found.indicatorPulse && found.termChar && found.remoteLocal && found.trigger)
        #expect(found.scpi && found.serviceRequest)
        #expect(!found.is488Two && !found.talkOnly && !found.listenOnly)
        let plain = try #require(USBTMC.capabilities(bytes, usb488: false))
        #expect(plain.termChar && !plain.remoteLocal && !plain.trigger && !plain.scpi)
        bytes[0] = 0x80
        #expect(USBTMC.capabilities(bytes, usb488: true) == nil)
        #expect(USBTMC.capabilities([1, 0, 0], usb488: true) == nil)
    }

    @Test("what comes on the interrupt endpoint: a status byte with its tag, or a request for service")
    func notices() {
        #expect(USBTMC.notice([0x81, 0x50]) == .serviceRequest(0x50))
        #expect(USBTMC.notice([0x82, 0x50]) == .statusByte(tag: 2, 0x50))
        #expect(USBTMC.notice([0xFF, 0]) == .statusByte(tag: 127, 0))
        #expect(USBTMC.notice([0x80, 0]) == .unknown([0x80, 0]))
        #expect(USBTMC.notice([0x01, 0]) == .unknown([0x01, 0]))
        #expect(USBTMC.notice([0x81]) == .unknown([0x81]))
    }

    @Test("requests have their numbers, their kind and the size of their answer")
    func requests() {
        // USBTMC table 15, USB488 table 9.
        #expect(USBTMC.Request.initiateAbortBulkOut.rawValue == 1)
        #expect(USBTMC.Request.checkAbortBulkInStatus.rawValue == 4)
        #expect(USBTMC.Request.checkAbortBulkInStatus.kind == 0xA2)
        #expect(USBTMC.Request.initiateClear.rawValue == 5)
        #expect(USBTMC.Request.initiateClear.kind == 0xA1)
        #expect(USBTMC.Request.getCapabilities.rawValue == 7)
        #expect(USBTMC.Request.getCapabilities.answerSize == 0x18)
        #expect(USBTMC.Request.readStatusByte.rawValue == 128)
        #expect(USBTMC.Request.remoteEnable.rawValue == 160)
        #expect(USBTMC.Request.goToLocal.rawValue == 161)
        #expect(USBTMC.Request.localLockout.rawValue == 162)
    }

    @Test("a device's own row counts before its vendor's, and an unknown device has no quirk")
    func quirks() {
        #expect(USBQuirk.of(vendor: 0x1AB1, product: 0x04CE) == [.noRemote, .oneHeader, .noClear])
        #expect(USBQuirk.of(vendor: 0x1AB1, product: 0x0E11) == [])
        #expect(USBQuirk.of(vendor: 0xF4EC, product: 0xEE38) == [.noRemote, .resetAtOpen])
        #expect(USBQuirk.of(vendor: 0x0B21, product: 0x0039) == [.noRemote])
        #expect(USBQuirk.of(vendor: 0x0957, product: 0x0588).contains(.noRemote))
        #expect(USBQuirk.of(vendor: 0x0957, product: 0x1507) == [])
        #expect(USBQuirk.rows.allSatisfy { !$0.source.isEmpty })
        #expect(Set(USBQuirk.rows.map { "\($0.vendor):\($0.product ?? 0)" }).count == USBQuirk.rows.count)
    }
}
