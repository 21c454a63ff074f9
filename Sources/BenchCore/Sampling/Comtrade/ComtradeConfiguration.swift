/// What the configuration file of a COMTRADE recording says (IEEE C37.111-2013, clause 7; 1999 and 1991 alike).
public struct ComtradeConfiguration: Sendable, Hashable {
    /// Revision of the standard.
    public enum Revision: String, Sendable, Hashable {
        case of1991 = "1991"
        case of1999 = "1999"
        case of2013 = "2013"
    }

    /// One sampling rate, and the number of the last sample at it (counted from 1).
    public struct Section: Sendable, Hashable {
        /// Frames a second; 0 where the time stamps of the data alone say it.
        public var rate: Double
        /// Number of its last sample.
        public var end: Int
        /// Line of the configuration that says so.
        var line: Int
    }

    /// Station and recording device as written.
    public var station: String, device: String
    /// Revision; 1991 where the file names none.
    public var revision: Revision
    /// The analog channels, with units V and A where the file says kV, mV, kA ….
    public var channels: [RecordedChannel]
    /// Number of digital (status) channels; they are not read.
    public var digital: Int
    /// Nominal line frequency, Hz; `nil` where it is empty or 0.
    public var frequency: Double?
    /// The sampling rates in order; one of rate 0 where the time stamps are all there is.
    public var sections: [Section]
    /// Time of the first sample and of the trigger as written, in whatever time the device keeps; `nil` where empty.
    public var start: String?, trigger: String?
    /// The same in UTC; `nil` where the file does not say how its time stands to UTC (all but 2013, and there `x`).
    public var startUTC: String?, triggerUTC: String?
    /// How samples are written.
    public var form: ComtradeForm
    /// Unit of the data's time stamps, s: 1e-6 or 1e-9, times the multiplier.
    public var stampUnit: Double
}

/// How the data of a COMTRADE recording are written (IEEE C37.111-2013, clause 8).
public enum ComtradeForm: String, Sendable, Hashable, CaseIterable {
    /// Text, one sample a line.
    case ascii = "ASCII"
    /// 16-bit two's complement, little endian.
    case binary = "BINARY"
    /// 32-bit two's complement, little endian.
    case binary32 = "BINARY32"
    /// 32-bit IEEE 754, little endian.
    case float32 = "FLOAT32"

    /// Bytes of one analog sample; `nil` for text.
    var width: Int? {
        switch self {
        case .ascii: nil
        case .binary: 2
        case .binary32, .float32: 4
        }
    }

    /// Bytes of one frame: number, time stamp, analog samples, digital channels in words of 16 (8.6).
    func frameBytes(analog: Int, digital: Int) -> Int {
        8 + analog * (width ?? 0) + (digital / 16 + (digital % 16 == 0 ? 0 : 1)) * 2
    }
}
