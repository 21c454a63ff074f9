import Glibc

/// The character format of a serial line and its handshake: `8N1`, `7E1-rts`, `8N1-xon`.
struct LineFormat {
    /// Bits of c_cflag and c_iflag, as in the kernel's asm-generic/termbits.h (the same on x86-64 and arm64).
    var control: UInt32, input: UInt32

    init?(_ text: Substring) {
        let parts = text.split(separator: "-")
        guard (1...2).contains(parts.count) else { return nil }
        let marks = Array(parts[0])
        let sizes: [Character: UInt32] = ["5": 0x00, "6": 0x10, "7": 0x20, "8": 0x30]
        let parities: [Character: UInt32] = [
            "N": 0, "E": 0x100, "O": 0x300, "S": 0x4000_0100, "M": 0x4000_0300,
        ]
        let stops: [Character: UInt32] = ["1": 0, "2": 0x40]
        guard marks.count == 3, let size = sizes[marks[0]], let parity = parities[marks[1]], let stop = stops[marks[2]]
        else { return nil }
        // CREAD, CLOCAL; CRTSCTS and IXON | IXOFF where asked.
        control = 0x80 | 0x800 | size | parity | stop
        input = 0
        switch parts.last {
        case "rts": control |= 0x8000_0000
        case "xon": input = 0x1400
        default: if parts.count == 2 { return nil }
        }
    }
}

/// The process whose child the guard is.
let host = getppid()

/// Opens and sets a serial line within the limit; -1 on failure.
///
/// The host holds it locked (flock, TIOCEXCL), which ends when it dies. A host that lives but is silent is ended first: it can neither switch
/// off nor let go of the line, and must not wake up and switch on again. A lock that somebody else holds is respected for half of the time.
func line(_ device: String, _ speed: UInt32, _ format: LineFormat, until deadline: Int64, hostIsSilent: Bool) -> Int32 {
    let begin = milliseconds()
    let half = begin + (deadline - begin) / 2
    var fd: Int32 = -1
    var ended = false
    while milliseconds() < deadline {
        if fd < 0 { fd = open(device, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC) }
        if fd >= 0, flock(fd, LOCK_EX | LOCK_NB) == 0 || milliseconds() > half { break }
        if hostIsSilent, !ended, host > 1, getppid() == host {
            ended = true
            say("host ended: it held \(device)")
            kill(host, SIGKILL)
        }
        usleep(5000)
    }
    guard fd >= 0 else { return -1 }
    set(fd, speed, format)
    // What is left of a cut frame passes by, and a silence says that a new one begins: 40 characters of 11 bits.
    usleep(useconds_t(min(440_000_000 / UInt64(speed), 500_000)))
    tcflush(fd, TCIFLUSH)
    return fd
}

/// Sets a line raw. A device that cannot be set is used as it is.
private func set(_ fd: Int32, _ speed: UInt32, _ format: LineFormat) {
    var settings = termios()
    guard tcgetattr(fd, &settings) == 0 else { return }
    cfmakeraw(&settings)
    settings.c_iflag = format.input
    settings.c_cflag = format.control
    cfsetspeed(&settings, speeds[speed] ?? speed_t(B9600))
    tcsetattr(fd, TCSANOW, &settings)
}

/// Speeds that termios knows.
let speeds: [UInt32: speed_t] = [
    300: speed_t(B300), 600: speed_t(B600), 1200: speed_t(B1200), 2400: speed_t(B2400), 4800: speed_t(B4800),
    9600: speed_t(B9600), 19_200: speed_t(B19200), 38_400: speed_t(B38400), 57_600: speed_t(B57600),
    115_200: speed_t(B115200), 230_400: speed_t(B230400), 460_800: speed_t(B460800), 921_600: speed_t(B921600),
]
