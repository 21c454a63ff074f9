/// How a serial line is set: `9600 8N1`.
public struct SerialSettings: Sendable, Hashable {
    /// Bits per second.
    public var baud: Int
    /// `N`, `E` or `O`; 1 or 2 stop bits. Data bits are always 8: a frame of Modbus RTU is bytes
    /// (Modbus over Serial Line V1.02, 2.5.1).
    public var parity: Character, stopBits: Int
    /// Whether the program switches the direction of a half-duplex line.
    public var rs485 = false

    /// Reads a format such as `8N1`, `8E1`, `8N2`; `nil` for what Modbus RTU cannot use, `7E1` among them, and for
    /// speeds outside 50 to 4 000 000 Bd. Whether the adapter makes a speed is seen when the line is opened.
    public init?(baud: Int, format: String, rs485: Bool = false) {
        let marks = Array(format.uppercased())
        guard (50...4_000_000).contains(baud), marks.count == 3, marks[0] == "8",
            "NEO".contains(marks[1]), let stop = marks[2].wholeNumberValue, (1...2).contains(stop)
        else { return nil }
        self.baud = baud
        parity = marks[1]
        stopBits = stop
        self.rs485 = rs485
    }

    /// Seconds one character takes on the line.
    public var characterTime: Double {
        Double(9 + (parity == "N" ? 0 : 1) + stopBits) / Double(baud)
    }

    /// The silence that separates two frames: 3.5 characters, and 1.75 ms above 19 200 baud
    /// (Modbus over Serial Line V1.02, 2.5.1.1).
    public var frameGap: Double { baud > 19200 ? 1.75e-3 : 3.5 * characterTime }
}
