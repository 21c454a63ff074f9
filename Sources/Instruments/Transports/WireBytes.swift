/// Bytes as people read them.
enum WireBytes {
    /// Printable characters as they are, others as `\r`, `\n`, `\x1b`.
    static func shown(_ bytes: some Collection<UInt8>) -> String {
        var text = ""
        for byte in bytes {
            switch byte {
            case 13: text += "\\r"
            case 10: text += "\\n"
            case 9: text += "\\t"
            case 92: text += "\\\\"
            case 32..<127: text.unicodeScalars.append(Unicode.Scalar(byte))
            default: text += "\\x" + WireTap.hex([byte])
            }
        }
        return text
    }
}
