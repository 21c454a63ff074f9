/// A recording of a radio receiver: complex samples around a centre frequency, read piece by piece.
///
/// SigMF (`.sigmf-meta` with `.sigmf-data`), or bare samples whose form, rate and centre frequency are told.
public struct RadioRecording: Sendable, Hashable {
    /// A stretch of samples at one centre frequency.
    public struct Capture: Sendable, Hashable, Codable {
        /// Number of its first sample in the recording, from 0.
        public var first: Int
        /// Samples in it.
        public var count: Int
        /// Centre frequency, Hz.
        public var centre: Double
        /// Seconds between the start of the recording and its first sample: by the dates where every capture has one, otherwise as if there
        /// were no gaps.
        public var start: Double
        /// When it began, UTC, where the recording says so.
        public var moment: String?
        /// Where its first sample stands in the file, bytes.
        var offset: Int
    }

    /// The file with the samples.
    public var data: String
    /// The file that describes them; `nil` for bare samples.
    public var description: String?
    /// How samples stand in the file.
    public var form: RadioForm
    /// Samples a second.
    public var rate: Double
    /// Its captures, one after the other.
    public var captures: [Capture]

    /// Complex samples altogether.
    public var count: Int { captures.reduce(0) { $0 + $1.count } }

    /// Seconds from the first sample to the end of the last.
    public var duration: Double { captures.last.map { $0.start + Double($0.count) / rate } ?? 0 }

    /// Bare samples. Throws `RecordingTrouble` where the file does not hold whole samples, or what was told cannot be.
    public static func bare(
        _ path: String, form: RadioForm, rate: Double, centre: Double, moment: String? = nil
    ) throws(RecordingTrouble) -> RadioRecording {
        try check(rate: rate, path, .whole)
        let length = try FileWindow(path).length
        try checkLength(path, length, form)
        let capture = Capture(
            first: 0, count: length / form.width, centre: centre, start: 0, moment: moment, offset: 0)
        return RadioRecording(data: path, description: nil, form: form, rate: rate, captures: [capture])
    }

    static func check(rate: Double, _ path: String, _ place: RecordingTrouble.Place) throws(RecordingTrouble) {
        guard rate.isFinite, rate >= 1000, rate <= 1e10 else {
            throw RecordingTrouble(
                path, place, "has a sample rate of \(Decimal.shortest(rate)) a second; 1000 to 10000000000 belong here")
        }
    }

    static func checkLength(_ path: String, _ length: Int, _ form: RadioForm) throws(RecordingTrouble) {
        guard length > 0 else { throw RecordingTrouble(path, .whole, "is empty") }
        guard length % form.width == 0 else {
            throw RecordingTrouble(
                path, .byte(length / form.width * form.width),
                "ends with \(length % form.width) bytes of a sample of \(form.width) (\(form.rawValue)): truncated, or another datatype"
            )
        }
    }

    /// Samples handed over at a time.
    static let piece = 1 << 15

    /// Hands over the samples of a capture in order: I and Q by turns, full scale 1. Throws `RecordingTrouble` where the file ends early or a
    /// sample is no number.
    public func pieces(
        of capture: Capture, _ take: (UnsafeBufferPointer<Float>) -> Void
    ) throws(RecordingTrouble) {
        let file = try FileWindow(data)
        var floats = [Float](repeating: 0, count: 2 * Self.piece)
        for first in stride(from: 0, to: capture.count, by: Self.piece) {
            let count = min(capture.count - first, Self.piece)
            let at = capture.offset + first * form.width
            let bytes = try file.read(at, count * form.width)
            let bad = bytes.withUnsafeBytes { raw in
                floats.withUnsafeMutableBufferPointer { room -> Int? in
                    guard let base = room.baseAddress else { return nil }
                    let bad = form.decode(raw, into: base)
                    if bad == nil { take(UnsafeBufferPointer(start: base, count: 2 * count)) }
                    return bad
                }
            }
            if let bad {
                throw RecordingTrouble(
                    data, .byte(at + bad * form.width),
                    "sample \(capture.first + first + bad) is not a finite number; an overload has to be cut out, not stored so"
                )
            }
        }
    }
}
