/// Takes the kernel's marks of bad characters out of what a serial line received.
///
/// With INPCK and PARMRK a character with wrong parity or framing arrives as 377 0 X, a break as 377 0 0, and a good 377 as
/// 377 377 (termios(3), c_iflag): a digit that was hit by a disturbance is never read as another digit.
struct SerialMarks {
    /// Bytes of a mark that is not complete.
    private var open: [UInt8] = []

    /// What the characters came to.
    enum Taken: Equatable {
        case good([UInt8])
        /// Good characters up to a bad one or a break; what follows it is thrown away.
        case bad(before: [UInt8], String)
    }

    /// Takes the next bytes from the kernel; a mark may be cut in two by a read.
    mutating func take(_ bytes: [UInt8]) -> Taken {
        // Nearly always there is no mark at all.
        if open.isEmpty, !bytes.contains(Self.mark) { return .good(bytes) }
        let all = open + bytes
        open = []
        var good: [UInt8] = []
        var at = 0
        while at < all.count {
            guard all[at] == Self.mark else {
                good.append(all[at])
                at += 1
                continue
            }
            if at + 1 < all.count, all[at + 1] == Self.mark {
                good.append(Self.mark)
                at += 2
            } else if at + 2 < all.count, all[at + 1] == 0 {
                return .bad(
                    before: good,
                    all[at + 2] == 0
                        ? "a break, or a character lost to wrong framing" : "a character with wrong parity or framing")
            } else if at + 1 < all.count, all[at + 1] != 0 {
                // The kernel makes no such mark; a line discipline without PARMRK passes 377 as it is.
                good.append(Self.mark)
                at += 1
            } else {
                open = Array(all[at...])
                return .good(good)
            }
        }
        return .good(good)
    }

    /// Forgets a mark that was begun.
    mutating func reset() { open = [] }

    private static let mark: UInt8 = 0xFF
}
