// termios2 stands in the kernel's header, which cannot be read together with <termios.h>.
#include <asm/termbits.h>
#include <asm/ioctls.h>
#include <linux/serial.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include "CBenchSerial.h"

static tcflag_t character_bits(const struct cbench_serial *w) {
    static const tcflag_t sizes[] = {CS5, CS6, CS7, CS8};
    tcflag_t bits = sizes[w->data_bits - 5] | CREAD | CLOCAL;
    if (w->stop_bits == 2) bits |= CSTOPB;
    if (w->parity != 'N') bits |= PARENB;
    if (w->parity == 'O' || w->parity == 'M') bits |= PARODD;
    if (w->parity == 'M' || w->parity == 'S') bits |= CMSPAR;
    return w->rts_cts ? bits | CRTSCTS : bits;
}

int cbench_serial_set(int line, const struct cbench_serial *wanted) {
    struct termios2 t;
    if (ioctl(line, TCGETS2, &t) < 0) return -1;
    t.c_iflag = INPCK | PARMRK;
    t.c_oflag = t.c_lflag = 0;
    t.c_cflag = character_bits(wanted) | BOTHER | (BOTHER << IBSHIFT);
    t.c_ispeed = t.c_ospeed = wanted->speed;
    t.c_cc[VMIN] = 1;
    t.c_cc[VTIME] = 0;
    return ioctl(line, TCSETS2, &t);
}

static int parity_of(tcflag_t bits) {
    if (!(bits & PARENB)) return 'N';
    if (bits & CMSPAR) return bits & PARODD ? 'M' : 'S';
    return bits & PARODD ? 'O' : 'E';
}

int cbench_serial_get(int line, struct cbench_serial *found) {
    struct termios2 t;
    if (ioctl(line, TCGETS2, &t) < 0) return -1;
    found->speed = t.c_ospeed;
    found->data_bits = (t.c_cflag & CSIZE) == CS8 ? 8 : (t.c_cflag & CSIZE) == CS7 ? 7 : (t.c_cflag & CSIZE) == CS6 ? 6 : 5;
    found->parity = parity_of(t.c_cflag);
    found->stop_bits = t.c_cflag & CSTOPB ? 2 : 1;
    found->rts_cts = (t.c_cflag & CRTSCTS) != 0;
    return 0;
}

int cbench_serial_exclusive(int line, int on) { return ioctl(line, on ? TIOCEXCL : TIOCNXCL); }

int cbench_serial_break(int line, int on) { return ioctl(line, on ? TIOCSBRK : TIOCCBRK); }

int cbench_serial_lines(int line) {
    int lines = 0;
    return ioctl(line, TIOCMGET, &lines) < 0 ? -1 : lines;
}

int cbench_serial_set_lines(int line, int raise, int lower) {
    if (raise && ioctl(line, TIOCMBIS, &raise) < 0) return -1;
    return lower ? ioctl(line, TIOCMBIC, &lower) : 0;
}

int cbench_serial_wait_edge(int line, int lines) { return ioctl(line, TIOCMIWAIT, (unsigned long)lines); }

int cbench_serial_edges(int line, unsigned int counts[4]) {
    struct serial_icounter_struct c;
    memset(&c, 0, sizeof c);
    if (ioctl(line, TIOCGICOUNT, &c) < 0) return -1;
    counts[0] = c.cts;
    counts[1] = c.dsr;
    counts[2] = c.rng;
    counts[3] = c.dcd;
    return 0;
}

int cbench_serial_unsent(int line) {
    int bytes = 0;
    return ioctl(line, TIOCOUTQ, &bytes) < 0 ? -1 : bytes;
}

int cbench_serial_rs485(int line, int on) {
    struct serial_rs485 r;
    memset(&r, 0, sizeof r);
    // RTS is up while sending, down otherwise: the wiring of Documentation/driver-api/serial/serial-rs485.rst.
    if (on) r.flags = SER_RS485_ENABLED | SER_RS485_RTS_ON_SEND;
    if (ioctl(line, TIOCSRS485, &r) < 0 || ioctl(line, TIOCGRS485, &r) < 0) return -1;
    return ((r.flags & SER_RS485_ENABLED) != 0) == (on != 0) ? 0 : -1;
}

static void nothing(int signal) { (void)signal; }

int cbench_interruptible(int signal) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = nothing;
    return sigaction(signal, &action, 0);
}
