import Testing

@testable import Instruments

/// termios(3), PARMRK: 377 0 X is a bad character, 377 0 0 a break, 377 377 a good 377.
@Suite("Marks of bad characters")
struct SerialMarksTests {
    @Test("good bytes pass, and a doubled 377 is one")
    func good() {
        var marks = SerialMarks()
        #expect(marks.take([1, 2, 3]) == .good([1, 2, 3]))
        #expect(marks.take([1, 0xFF, 0xFF, 0, 2]) == .good([1, 0xFF, 0, 2]))
    }

    @Test("a mark that two reads cut in two is put together", arguments: 1...3)
    func cut(at: Int) {
        let bytes: [UInt8] = [9, 0xFF, 0, 0x41, 7]
        var marks = SerialMarks()
        guard case .good(let first) = marks.take(Array(bytes[..<at])) else {
            Issue.record("bad before the mark was complete")
            return
        }
        let rest = marks.take(Array(bytes[at...]))
        let before = first == [9] ? [] : [9] as [UInt8]
        #expect(rest == .bad(before: before, "a character with wrong parity or framing"))
    }

    @Test("a break is told from a bad character")
    func broken() {
        var marks = SerialMarks()
        #expect(marks.take([0xFF, 0, 0]) == .bad(before: [], "a break, or a character lost to wrong framing"))
        #expect(marks.take([5, 0xFF, 0, 0x35]) == .bad(before: [5], "a character with wrong parity or framing"))
    }

    @Test("a half mark is forgotten after a flush")
    func reset() {
        var marks = SerialMarks()
        #expect(marks.take([0xFF]) == .good([]))
        marks.reset()
        #expect(marks.take([0, 1]) == .good([0, 1]))
    }
}
