// Serial lines: what needs `ioctl` (variadic) or the kernel's own structures. Each function is at most ten lines; all
// return 0 or more on success and -1 with errno.
#ifndef CBENCH_SERIAL_H
#define CBENCH_SERIAL_H

/// How a line is set: speed in Bd (any number: termios2 with BOTHER), 5…8 data bits, parity `N`, `E`, `O`, `M` (mark) or `S`
/// (space), 1 or 2 stop bits, RTS/CTS flow control.
struct cbench_serial {
    unsigned int speed;
    int data_bits, parity, stop_bits, rts_cts;
};

/// Sets a line raw, with parity and framing errors marked in the input as 377 0 X (termios(3), PARMRK).
int cbench_serial_set(int line, const struct cbench_serial *wanted);
/// Reads back how the driver has set it.
int cbench_serial_get(int line, struct cbench_serial *found);
/// Forbids (1) or allows (0) that anyone else opens it (TIOCEXCL; root may all the same).
int cbench_serial_exclusive(int line, int on);
/// Begins (1) or ends (0) a break.
int cbench_serial_break(int line, int on);
/// The modem lines as TIOCM_ bits.
int cbench_serial_lines(int line);
/// Raises and lowers modem lines (TIOCM_RTS, TIOCM_DTR).
int cbench_serial_set_lines(int line, int raise, int lower);
/// Blocks until one of these modem lines changes (TIOCMIWAIT), or a signal comes (EINTR).
int cbench_serial_wait_edge(int line, int lines);
/// Changes since the driver started, of CTS, DSR, RI, DCD (TIOCGICOUNT).
int cbench_serial_edges(int line, unsigned int counts[4]);
/// Bytes the driver has still to send.
int cbench_serial_unsent(int line);
/// Lets the driver switch the direction of a RS-485 line by RTS (TIOCSRS485); ENOTTY or EINVAL where it cannot.
int cbench_serial_rs485(int line, int on);
/// Gives `signal` a handler that does nothing, so that it ends a blocking call.
int cbench_interruptible(int signal);
#endif
