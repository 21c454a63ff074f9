/// A moment of a recording in whole nanoseconds: COMTRADE states up to nine decimals, evidence shows six.
struct RecordingTime: Sendable, Hashable {
    /// Whole seconds since 1970-01-01T00:00:00Z.
    var seconds: Int64
    /// 0 … 999 999 999.
    var nanoseconds: Int64

    init(seconds: Int64, nanoseconds: Int64) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// Reads a text as `UTCText` writes it, with up to nine decimals; `nil` where it is none.
    init?(_ text: String) {
        guard let seconds = UTCText.seconds(text) else { return nil }
        self.seconds = seconds
        nanoseconds = 0
        let rest = text.utf8.dropFirst(19).dropLast()
        guard !rest.isEmpty else { return }
        let digits = rest.dropFirst()
        guard rest.first == UInt8(ascii: "."), (1...9).contains(digits.count),
            let fraction = Int64(String(decoding: digits, as: UTF8.self)), fraction >= 0
        else { return nil }
        nanoseconds = (digits.count..<9).reduce(fraction) { value, _ in value * 10 }
    }

    /// The moment so many seconds later; `nil` for what no calendar holds.
    func adding(_ seconds: Double) -> RecordingTime? {
        guard abs(seconds) < 1e11 else { return nil }
        let whole = seconds.rounded(.down)
        let nanoseconds = self.nanoseconds + Int64(((seconds - whole) * 1e9).rounded())
        return RecordingTime(
            seconds: self.seconds + Int64(whole) + nanoseconds / 1_000_000_000,
            nanoseconds: nanoseconds % 1_000_000_000)
    }

    /// UTC with six decimals, or nine where the sixth is not the last.
    var text: String {
        let whole = UTCText.text(microseconds: seconds * 1_000_000).dropLast(7)
        let digits = String(1_000_000_000 + nanoseconds).dropFirst()
        return whole + (nanoseconds % 1000 == 0 ? digits.dropLast(3) : digits) + "Z"
    }
}
