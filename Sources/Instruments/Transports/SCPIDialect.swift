/// How an instrument's SCPI differs from the standard's.
struct SCPIDialect: Sendable, Hashable {
    /// What ends a command; answers end with a line feed, or a carriage return before it.
    var terminator = "\n"
    /// The query that reads the oldest entry of the error queue; `nil` where the instrument has none.
    var errorQuery: String? = "SYST:ERR?"
    /// Whether answers end with a carriage return alone.
    var answersEndWithReturn = false
    /// Whether the commands of one group travel as one message, joined by semicolons.
    var joined = false
    /// Seconds to leave the instrument alone after `*RST`.
    var resetPause = 0.0

    /// SCPI-1999 as it stands.
    static let standard = SCPIDialect()
}
