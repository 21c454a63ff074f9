/// How complex samples stand in a radio recording: I before Q, little endian; names as SigMF has them.
///
/// Source: Signal Metadata Format Specification 1.2.0, 5.1 «Dataset format» (datatypes).
public enum RadioForm: String, Sendable, Hashable, Codable, CaseIterable {
    case ci8
    case cu8
    case ci16 = "ci16_le"
    case cf32 = "cf32_le"

    /// By its SigMF name or by what programs for receivers call it: `cs8`, `cu8`, `cs16`, `cf32`; nothing for other words.
    public init?(named name: String) {
        switch name.lowercased() {
        case "ci8", "cs8", "ci8_le": self = .ci8
        case "cu8", "cu8_le": self = .cu8
        case "ci16_le", "cs16", "ci16", "sc16": self = .ci16
        case "cf32_le", "cf32", "fc32", "cfile": self = .cf32
        default: return nil
        }
    }

    /// The names that can be read, for messages.
    static let names = "cf32_le, ci16_le, ci8, cu8 (also written cf32, cs16, cs8)"

    /// Bytes of one complex sample.
    public var width: Int {
        switch self {
        case .ci8, .cu8: 2
        case .ci16: 4
        case .cf32: 8
        }
    }

    /// Writes the samples that bytes hold as pairs of full scale 1; gives the first one that is no finite number.
    ///
    /// Full scale: 128 of `ci8`, 127.5 around 127.5 of `cu8`, 32768 of `ci16_le`, 1.0 of `cf32_le`.
    func decode(_ raw: UnsafeRawBufferPointer, into out: UnsafeMutablePointer<Float>) -> Int? {
        let count = raw.count / width * 2
        var at = 0
        switch self {
        case .ci8:
            while at < count {
                out[at] = Float(Int8(bitPattern: raw[at])) * (1 / 128)
                at &+= 1
            }
        case .cu8:
            while at < count {
                out[at] = (Float(raw[at]) - 127.5) * (1 / 127.5)
                at &+= 1
            }
        case .ci16:
            while at < count {
                let word = raw.loadUnaligned(fromByteOffset: 2 &* at, as: Int16.self)
                out[at] = Float(Int16(littleEndian: word)) * (1 / 32768)
                at &+= 1
            }
        case .cf32:
            var sum: Float = 0
            while at < count {
                let word = raw.loadUnaligned(fromByteOffset: 4 &* at, as: UInt32.self)
                let value = Float(bitPattern: UInt32(littleEndian: word))
                out[at] = value
                sum += value * 0
                at &+= 1
            }
            // 0 times a number that is none, or infinite, is none.
            if sum != 0 {
                for at in 0..<count where !out[at].isFinite { return at / 2 }
            }
        }
        return nil
    }
}
