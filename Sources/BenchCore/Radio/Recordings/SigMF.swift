import CCrypto
import FoundationEssentials

/// Reads recordings with metadata in the Signal Metadata Format.
///
/// Source: Signal Metadata Format Specification 1.2.0: 5.2 global object, 5.3 captures (namespace `core`).
public enum SigMF {
    /// The metadata as the file has them; what we do not need is passed over.
    private struct Meta: Decodable {
        struct Global: Decodable {
            var datatype: String?, rate: Double?, channels: Int?, hash: String?, trailing: Int?
            enum CodingKeys: String, CodingKey {
                case datatype = "core:datatype"
                case rate = "core:sample_rate"
                case channels = "core:num_channels"
                case hash = "core:sha512"
                case trailing = "core:trailing_bytes"
            }
        }
        struct Capture: Decodable {
            var start: Int?, frequency: Double?, moment: String?, header: Int?
            enum CodingKeys: String, CodingKey {
                case start = "core:sample_start"
                case frequency = "core:frequency"
                case moment = "core:datetime"
                case header = "core:header_bytes"
            }
        }
        var global: Global?, captures: [Capture]?
    }

    /// Whether a name is that of a SigMF recording.
    public static func isName(_ path: String) -> Bool { path.hasSuffix(".sigmf-meta") || path.hasSuffix(".sigmf-data") }

    /// Reads the metadata and looks at the file of the samples; either may be named. Throws `RecordingTrouble`.
    /// - Parameter centre: centre frequency for captures that name none, Hz.
    public static func open(_ path: String, centre: Double? = nil) throws(RecordingTrouble) -> RadioRecording {
        let stem = String(path.dropLast(".sigmf-meta".count))
        let (metaPath, data) = (stem + ".sigmf-meta", stem + ".sigmf-data")
        let bytes = try RecordingTrouble.read(metaPath)
        let meta = try decode(metaPath, bytes)
        func trouble(_ message: String) -> RecordingTrouble { RecordingTrouble(metaPath, .whole, message) }
        guard let global = meta.global else {
            throw trouble("has no «global»; a SigMF recording says its datatype there")
        }
        guard let datatype = global.datatype else {
            throw trouble("«global» has no «core:datatype»; one of \(RadioForm.names) belongs there")
        }
        guard let form = RadioForm(named: datatype) else {
            throw trouble("«core:datatype» is «\(datatype)»; \(RadioForm.names) can be read")
        }
        guard let rate = global.rate else {
            throw trouble("«global» has no «core:sample_rate»; without it no time can be told")
        }
        try RadioRecording.check(rate: rate, metaPath, .whole)
        guard global.channels ?? 1 == 1 else {
            throw trouble(
                "«core:num_channels» is \(global.channels ?? 0); one receiver channel a recording can be read")
        }
        guard global.trailing ?? 0 == 0 else { throw trouble("«core:trailing_bytes» cannot be read; cut them off") }
        let length = try FileWindow(data).length
        let captures = try captures(
            meta.captures ?? [], metaPath, data, form: form, rate: rate, length: length, centre: centre)
        if let hash = global.hash {
            let found = try sha512(data)
            guard found == hash.lowercased() else {
                throw RecordingTrouble(
                    data, .whole,
                    "has SHA-512 \(found.prefix(16))…, \(metaPath) says \(hash.prefix(16))…: altered, or another file")
            }
        }
        return RadioRecording(data: data, description: metaPath, form: form, rate: rate, captures: captures)
    }

    private static func decode(_ path: String, _ bytes: [UInt8]) throws(RecordingTrouble) -> Meta {
        do {
            return try JSONDecoder().decode(Meta.self, from: Data(bytes))
        } catch {
            var message = "is no SigMF metadata"
            if let error = error as? DecodingError {
                switch error {
                case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context):
                    let place = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? "«\($0.stringValue)»" }
                    message = "at \(place.joined(separator: " ")): \(context.debugDescription)"
                case .dataCorrupted(let context):
                    let why = context.underlyingError.map { "\($0)" } ?? context.debugDescription
                    message = "is no JSON, as SigMF metadata are: \(why)"
                @unknown default: break
                }
            }
            throw RecordingTrouble(path, .whole, message)
        }
    }

    private static func captures(
        _ stated: [Meta.Capture], _ path: String, _ data: String, form: RadioForm, rate: Double, length: Int,
        centre: Double?
    ) throws(RecordingTrouble) -> [RadioRecording.Capture] {
        let stated = stated.isEmpty ? [Meta.Capture(start: 0)] : stated
        func trouble(_ index: Int, _ message: String) -> RecordingTrouble {
            RecordingTrouble(path, .whole, "captures[\(index)]: \(message)")
        }
        let headers = stated.reduce(0) { $0 + max(0, $1.header ?? 0) }
        try RadioRecording.checkLength(data, length - headers, form)
        let total = (length - headers) / form.width
        var result: [RadioRecording.Capture] = []
        var header = 0
        for (index, capture) in stated.enumerated() {
            guard let first = capture.start, first >= 0 else {
                throw trouble(
                    index, "«core:sample_start» is missing or negative; the number of its first sample belongs there")
            }
            guard first < total else {
                throw trouble(
                    index,
                    "begins with sample \(first), and \(data) holds \(total) samples of \(form.rawValue): truncated")
            }
            if let before = result.last, first <= before.first {
                throw trouble(index, "begins with sample \(first), not behind the capture before it")
            }
            guard index > 0 || first == 0 else {
                throw trouble(
                    0,
                    "begins with sample \(first); those before it belong to no capture, so nobody knows their frequency"
                )
            }
            guard let frequency = capture.frequency ?? centre, frequency.isFinite else {
                throw trouble(index, "has no «core:frequency»; tell the centre frequency (--centre)")
            }
            let end = index + 1 < stated.count ? max(first, stated[index + 1].start ?? total) : total
            header += max(0, capture.header ?? 0)
            result.append(
                RadioRecording.Capture(
                    first: first, count: min(end, total) - first, centre: frequency, start: Double(first) / rate,
                    moment: capture.moment, offset: first * form.width + header))
        }
        return dated(result, rate)
    }

    /// Captures with the gaps between them, where all say when they began and none begins before the last has ended.
    private static func dated(_ captures: [RadioRecording.Capture], _ rate: Double) -> [RadioRecording.Capture] {
        let moments = captures.map { $0.moment.flatMap(seconds) }
        guard captures.count > 1, let zero = moments[0], !moments.contains(where: { $0 == nil }) else {
            return captures
        }
        var result = captures
        for (index, moment) in moments.enumerated().dropFirst() {
            guard let moment else { return captures }
            let before = result[index - 1]
            // A clock is read to the microsecond at best: half a millisecond early is no contradiction.
            let start = moment - zero, end = before.start + Double(before.count) / rate
            guard start >= end - 0.5e-3 else { return captures }
            result[index].start = max(start, end)
        }
        return result
    }

    /// Seconds since 1970 of `2026-03-02T10:00:00.25Z`.
    static func seconds(_ text: String) -> Double? {
        guard let whole = UTCText.seconds(text), text.utf8.count >= 20 else { return nil }
        let rest = text.dropFirst(19).dropLast()
        guard !rest.isEmpty else { return Double(whole) }
        guard rest.first == ".", let part = Decimal.parse("0" + rest) else { return nil }
        return Double(whole) + part
    }

    private static func sha512(_ path: String) throws(RecordingTrouble) -> String {
        guard let context = EVP_MD_CTX_new() else {
            throw RecordingTrouble(path, .whole, "cannot be hashed: no memory")
        }
        defer { EVP_MD_CTX_free(context) }
        EVP_DigestInit_ex(context, EVP_sha512(), nil)
        do {
            try Disk.read(path) { EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
        } catch {
            throw RecordingTrouble(path, .whole, (error as? Fault)?.detail ?? "\(error)")
        }
        var digest = [UInt8](repeating: 0, count: 64)
        EVP_DigestFinal_ex(context, &digest, nil)
        return Hash.hex(digest)
    }
}
